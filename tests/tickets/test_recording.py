"""What becomes of a mail when it is recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from intake.cursor import Cursor
from intake.message import Attachment
from intake.screening import Screening
from tests.tickets.making import NOON, delivered, mail, recording, terms, verdict
from tickets import recorder
from tickets.store import Store, StoreUnavailable


def kinds(store: Store, ticket: int | None = None) -> list[str]:
    """The kinds of the events, oldest first."""
    return [event.kind for event in reversed(store.events(ticket))]


def test_an_accepted_mail_becomes_a_ticket_with_its_labels(store: Store) -> None:
    message = mail("The server is down.", subject="Down")
    customer = store.upsert_customer("penelope", "River", ["river.example"], {"hosting": "saas"}, "anna")
    [done] = store.record([recording(message, uid=1, customer=customer)])
    assert (done.disposition, done.known) == ("ticket", False)
    assert done.ticket is not None
    ticket = store.ticket(done.ticket)
    assert ticket is not None
    assert ticket.subject == "Down"
    assert (ticket.severity, ticket.scope, ticket.issue_type, ticket.topic) == (
        "SEV3",
        "included",
        "bug",
        "technical_issue",
    )
    assert (ticket.customer_id, ticket.customer_name) == (customer.id, "River")
    assert ticket.created_at == NOON
    assert ticket.due_at == NOON + timedelta(hours=2)
    assert ticket.corrected == {}
    assert kinds(store, ticket.number) == ["ticket_opened"]


def test_verdict_facts_and_terms_come_back_as_they_were_written(store: Store) -> None:
    said, promised = verdict(unsure={"severity": 0.54}, ask=["the clause needs a person"]), terms()
    written = recording(uid=1, said=said, promised=promised)
    [done] = store.record([written])
    ticket = store.ticket(done.ticket or 0)
    assert ticket is not None and written.placement is not None
    assert ticket.verdict == said
    assert ticket.terms == promised
    assert ticket.facts == written.placement.facts


def test_a_message_comes_back_with_all_its_parts_and_raw_bytes(store: Store) -> None:
    part = Attachment("log.txt", "text/plain", 3, "ab" * 32, False, None, b"log")
    raw = bytes(range(256)) * 20
    message = mail("Hallo, ça va?\n-- ", quoted="> earlier", html="<p>Hallo</p>", attachments=[part], raw=raw)
    [done] = store.record([recording(message, uid=1)])
    stored = store.message(done.message)
    assert stored is not None
    assert store.raw(done.message) == raw
    assert (stored.text, stored.new_text, stored.quoted, stored.html) == (
        message.text,
        message.new_text,
        message.quoted,
        message.html,
    )
    assert stored.attachments == (
        {
            "name": "log.txt",
            "content_type": "text/plain",
            "size": 3,
            "sha256": "ab" * 32,
            "inline": False,
            "content_id": None,
            "real_type": None,
            "summary": None,
        },
    )
    assert (stored.message_id, stored.identity, stored.digest) == (message.message_id, message.identity, message.digest)
    assert (stored.mailbox, stored.kind, stored.reason) == ("support", "accept", "")
    assert store.messages_of(done.ticket or 0) == [stored]


def test_times_come_back_aware_and_in_utc(store: Store) -> None:
    sent = datetime(2026, 3, 2, 13, 30, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    [done] = store.record([recording(mail(date=sent), uid=1, received_at=sent)])
    stored = store.message(done.message)
    assert stored is not None and stored.sent_at is not None
    assert stored.sent_at == sent
    assert stored.sent_at.tzinfo == stored.received_at.tzinfo == UTC


def test_received_at_is_now_when_nobody_says_when(store: Store) -> None:
    before = datetime.now(UTC)
    [done] = store.record([recording(uid=1, received_at=None)])
    stored = store.message(done.message)
    assert stored is not None
    assert before <= stored.received_at <= datetime.now(UTC)


def test_a_ticket_that_needs_nobody_is_decided_without_reasons(store: Store) -> None:
    [done] = store.record([recording(uid=1)])
    ticket = store.ticket(done.ticket or 0)
    assert ticket is not None
    assert (ticket.state, ticket.review_reasons) == ("decided", ())


def test_an_unsure_label_puts_the_ticket_in_review_and_says_so(store: Store) -> None:
    said = verdict(unsure={"severity": 0.54, "issue_type": 0.4}, ask=["Is this a second reset?"])
    [done] = store.record([recording(uid=1, said=said)])
    ticket = store.ticket(done.ticket or 0)
    assert ticket is not None
    assert ticket.state == "review"
    assert ticket.review_reasons == (
        "severity unsure (0.54)",
        "issue type unsure (0.40)",
        "Is this a second reset?",
        "new sender: no customer record",
    )


def test_a_known_customer_is_no_reason_for_review(store: Store) -> None:
    customer = store.upsert_customer("penelope", "River", [], {}, "anna")
    [done] = store.record([recording(uid=1, customer=customer, said=verdict(ask=["Look."]))])
    ticket = store.ticket(done.ticket or 0)
    assert ticket is not None
    assert ticket.review_reasons == ("Look.",)


def test_a_reply_joins_its_ticket_and_brings_it_back_to_review(store: Store) -> None:
    [opened] = store.record([recording(uid=1, conversation="c1")])
    assert opened.ticket is not None
    answer = recording(
        uid=2, conversation="c1", ticket=opened.ticket, said=verdict(severity="SEV1", topic="server_down")
    )
    [joined] = store.record([answer])
    assert (joined.disposition, joined.ticket) == ("reply", opened.ticket)
    ticket = store.ticket(opened.ticket)
    assert ticket is not None
    assert (ticket.severity, ticket.topic) == ("SEV3", "technical_issue")
    assert ticket.state == "review"
    assert ticket.review_reasons == ("customer replied", "the reply reads as SEV1, more severe than SEV3")
    assert [m.id for m in store.messages_of(opened.ticket)] == [opened.message, joined.message]
    assert kinds(store, opened.ticket) == ["ticket_opened", "reply_joined"]


def test_a_reply_that_is_no_more_severe_gives_one_reason(store: Store) -> None:
    [opened] = store.record([recording(uid=1, conversation="c1")])
    replies = [
        recording(uid=uid, conversation="c1", ticket=opened.ticket, said=verdict(severity="SEV4")) for uid in (2, 3)
    ]
    store.record(replies)
    ticket = store.ticket(opened.ticket or 0)
    assert ticket is not None
    assert ticket.review_reasons == ("customer replied",)


def test_a_reply_adds_to_the_reasons_of_a_ticket_in_review(store: Store) -> None:
    [opened] = store.record([recording(uid=1, conversation="c1", said=verdict(ask=["Look."]))])
    store.record([recording(uid=2, conversation="c1", ticket=opened.ticket)])
    ticket = store.ticket(opened.ticket or 0)
    assert ticket is not None
    assert ticket.review_reasons == ("Look.", "new sender: no customer record", "customer replied")


def test_a_reply_joins_a_ticket_that_the_same_batch_opens(store: Store) -> None:
    done = store.record([recording(uid=1, conversation="c1"), recording(uid=2, conversation="c1"), recording(uid=3)])
    assert [d.disposition for d in done] == ["ticket", "reply", "ticket"]
    assert done[0].ticket == done[1].ticket != done[2].ticket


def test_a_reply_placed_before_its_ticket_was_written_still_joins_it(store: Store) -> None:
    """The desk saw no ticket in the conversation, but another poller has opened one meanwhile."""
    [opened] = store.record([recording(uid=1, conversation="c1")])
    [joined] = store.record([recording(uid=2, conversation="c1", ticket=None)])
    assert (joined.disposition, joined.ticket) == ("reply", opened.ticket)


def test_a_screened_mail_is_set_aside_with_kind_and_reason(store: Store) -> None:
    screening = Screening("bounce", "multipart/report with a delivery status (RFC 3464)", ("bob@x.example",), True)
    [done] = store.record([recording(uid=1, screening=screening)])
    assert (done.disposition, done.ticket) == ("set_aside", None)
    stored = store.message(done.message)
    assert stored is not None
    assert (stored.kind, stored.reason) == ("bounce", screening.reason)
    [event] = store.events()
    assert event.kind == "message_set_aside"
    assert event.details["screening"]["recipients"] == ["bob@x.example"]


def test_a_screened_mail_of_a_ticket_is_kept_with_it_and_changes_nothing(store: Store) -> None:
    [opened] = store.record([recording(uid=1, conversation="c1")])
    screening = Screening("auto_reply", "Auto-Submitted: auto-replied (RFC 3834)")
    [aside] = store.record([recording(uid=2, conversation="c1", ticket=opened.ticket, screening=screening)])
    assert (aside.disposition, aside.ticket) == ("set_aside", opened.ticket)
    ticket = store.ticket(opened.ticket or 0)
    assert ticket is not None
    assert ticket.state == "decided"


def test_a_mail_to_a_conversation_without_ticket_opens_one(store: Store) -> None:
    """Our own mail was set aside; the customer's answer to it is a request."""
    store.record([recording(uid=1, conversation="c1", screening=Screening("own_mail", "sent by us"))])
    [done] = store.record([recording(uid=2, conversation="c1")])
    assert done.disposition == "ticket"


def test_a_quarantined_mail_keeps_its_bytes_and_the_sentence(store: Store) -> None:
    message = mail()
    [done] = store.record([recording(message, uid=1, quarantine="Classifying failed: no model.")])
    stored = store.message(done.message)
    assert stored is not None
    assert (done.disposition, stored.reason) == ("quarantined", "Classifying failed: no model.")
    assert store.raw(done.message) == message.raw


def test_an_accepted_mail_without_verdict_becomes_no_ticket(store: Store) -> None:
    [done] = store.record([replace(recording(uid=1), verdict=None)])
    stored = store.message(done.message)
    assert stored is not None
    assert (done.disposition, stored.step) == ("quarantined", "recording")
    assert store.counts()["ticket"] == 0


def test_a_delivery_recorded_before_is_known_and_nothing_is_written(store: Store) -> None:
    batch = [recording(uid=1), recording(uid=2, screening=Screening("bulk", "List-Id"))]
    first = store.record(batch)
    counts, events = store.counts(), store.events()
    again = store.record(batch)
    assert again == [replace(done, known=True) for done in first]
    assert (store.counts(), store.events()) == (counts, events)


def test_a_delivery_twice_in_one_batch_is_recorded_once(store: Store) -> None:
    message = mail()
    done = store.record([recording(message, uid=1), recording(message, uid=1)])
    assert [d.known for d in done] == [False, True]
    assert done[0].message == done[1].message


def test_after_a_change_of_uidvalidity_a_mail_is_recognised_by_its_bytes(store: Store) -> None:
    message = mail()
    [first] = store.record([recording(message, delivery=delivered(7, uidvalidity=1))])
    [moved] = store.record([recording(message, delivery=delivered(1, uidvalidity=2))])
    assert moved == replace(first, known=True)
    assert kinds(store)[-1] == "deliveries_moved"
    [again] = store.record([recording(mail(), delivery=delivered(7, uidvalidity=1))])
    assert again.known is False, "the old UID is free"
    [still] = store.record([recording(message, delivery=delivered(1, uidvalidity=2))])
    assert still.known is True


def test_two_copies_in_a_folder_are_both_recognised_after_a_change_of_uidvalidity(store: Store) -> None:
    message = mail()
    first = store.record([recording(message, delivery=delivered(uid, 1)) for uid in (1, 2)])
    assert [d.disposition for d in first] == ["ticket", "duplicate"]
    second = store.record([recording(message, delivery=delivered(uid, 2)) for uid in (1, 2)])
    assert [(d.known, d.message) for d in second] == [(True, d.message) for d in first]


def test_the_same_bytes_in_another_folder_are_a_duplicate_not_a_move(store: Store) -> None:
    message = mail()
    store.record([recording(message, delivery=delivered(1, 1, folder="INBOX"))])
    [copy] = store.record([recording(message, delivery=delivered(1, 9, folder="Archive"))])
    assert (copy.known, copy.disposition) == (False, "duplicate")


def test_a_second_copy_under_the_same_uidvalidity_is_a_duplicate_that_names_the_first(store: Store) -> None:
    message = mail()
    [first] = store.record([recording(message, uid=1)])
    [second] = store.record([recording(message, uid=2)])
    assert (second.known, second.disposition, second.ticket) == (False, "duplicate", None)
    stored = store.message(second.message)
    assert stored is not None
    assert stored.reason == f"same mail as message {first.message}"
    assert len(store.messages_of(first.ticket or 0)) == 1


def test_one_mail_in_two_mailboxes_is_one_ticket_and_one_duplicate(store: Store) -> None:
    message = mail()
    other_bytes = mail(message_id=message.message_id, raw=b"Delivered-To: sales\n")
    assert other_bytes.identity == message.identity
    done = store.record(
        [
            recording(message, delivery=delivered(1, mailbox="support")),
            recording(other_bytes, delivery=delivered(1, mailbox="sales"), same_as=message.identity),
        ]
    )
    assert [d.disposition for d in done] == ["ticket", "duplicate"]


def test_what_the_desk_calls_a_duplicate_is_recorded_as_one(store: Store) -> None:
    [first] = store.record([recording(uid=1)])
    [second] = store.record([recording(uid=2, duplicate_of=first.message)])
    stored = store.message(second.message)
    assert stored is not None
    assert (second.disposition, stored.reason) == ("duplicate", f"same mail as message {first.message}")


def test_a_reused_message_id_with_other_content_is_no_duplicate(store: Store) -> None:
    done = store.record([recording(mail(f"Text {n}", message_id="same@x"), uid=n) for n in (1, 2)])
    assert [d.disposition for d in done] == ["ticket", "ticket"]


def test_two_equal_mails_without_message_id_and_date_are_two_requests(store: Store) -> None:
    done = store.record([recording(mail("Help!", message_id=None, date=None), uid=n) for n in (1, 2)])
    assert [d.disposition for d in done] == ["ticket", "ticket"]


def test_a_uid_that_names_another_mail_than_before_does_not_hide_it(store: Store) -> None:
    """A folder made anew under the same UIDVALIDITY counts its UIDs from one again."""
    [first] = store.record([recording(mail("one"), uid=1)])
    other = mail("two")
    [second] = store.record([recording(other, uid=1)])
    assert (second.known, second.disposition) == (False, "ticket")
    assert second.message != first.message
    [again] = store.record([recording(other, uid=1)])
    assert again == replace(second, known=True)


def test_an_import_of_a_known_mail_writes_nothing(store: Store) -> None:
    message = mail()
    [first] = store.record([recording(message)])
    events = store.events()
    [again] = store.record([recording(message)])
    assert again == replace(first, known=True)
    assert store.events() == events


def test_an_import_that_repeats_itself_is_recorded_once(store: Store) -> None:
    message = mail()
    done = store.record([recording(message), recording(message)])
    assert [d.known for d in done] == [False, True]
    assert done[0].message == done[1].message


def test_a_mail_in_quarantine_does_not_keep_its_readable_copy_out(store: Store) -> None:
    message = mail()
    store.record([recording(message, delivery=delivered(1), quarantine="Parsing failed.")])
    [copy] = store.record([recording(message, delivery=delivered(1, mailbox="sales"))])
    assert copy.disposition == "ticket"
    [imported] = store.record([recording(message)])
    assert imported == replace(copy, known=True)


def test_a_quarantined_mail_is_quarantined_once(store: Store) -> None:
    message = mail()
    store.record([recording(message, uid=1, quarantine="Parsing failed.")])
    [copy] = store.record([recording(message, uid=2, quarantine="Parsing failed.")])
    assert copy.disposition == "duplicate"


def test_the_cursor_is_written_with_the_batch(store: Store) -> None:
    assert store.cursor("support", "INBOX") is None
    store.record([recording(uid=5)], Cursor("support", "INBOX", 1, 5))
    assert store.cursor("support", "INBOX") == Cursor("support", "INBOX", 1, 5)
    assert store.cursor("support", "Archive") is None
    assert kinds(store) == ["ticket_opened", "cursor_moved"]


def test_a_slower_poller_does_not_take_the_cursor_back(store: Store) -> None:
    store.record([], Cursor("support", "INBOX", 1, 9))
    store.record([], Cursor("support", "INBOX", 1, 5))
    assert store.cursor("support", "INBOX") == Cursor("support", "INBOX", 1, 9)
    store.record([], Cursor("support", "INBOX", 2, 3))
    assert store.cursor("support", "INBOX") == Cursor("support", "INBOX", 2, 3)


def test_a_uidvalidity_of_32_bits_is_kept(store: Store) -> None:
    largest = Cursor("support", "INBOX", 2**32 - 1, 2**32 - 1)
    store.record([recording(delivery=delivered(2**32 - 1, 2**32 - 1))], largest)
    assert store.cursor("support", "INBOX") == largest


def test_a_batch_that_fails_leaves_nothing_and_does_not_move_the_cursor(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> bool:
        raise StoreUnavailable("the server has gone away")

    monkeypatch.setattr(recorder, "advance", gone)
    with pytest.raises(StoreUnavailable):
        store.record([recording(uid=1), recording(uid=2)], Cursor("support", "INBOX", 1, 2))
    assert set(store.counts().values()) == {0}
    assert store.cursor("support", "INBOX") is None
    assert store.events() == []


def test_an_empty_batch_is_no_error(store: Store) -> None:
    assert store.record([]) == []


def test_ticket_numbers_rise_in_the_order_of_the_batch(store: Store) -> None:
    done = store.record([recording(uid=uid) for uid in range(1, 251)])
    numbers = [d.ticket for d in done if d.ticket is not None]
    assert numbers == sorted(numbers)
    for d, uid in zip(done, range(1, 251), strict=True):
        assert [m.id for m in store.messages_of(d.ticket or 0)] == [d.message], uid


def test_two_open_tickets_never_share_a_conversation(store: Store) -> None:
    [opened] = store.record([recording(uid=1, conversation="c1")])
    done = store.record([recording(uid=2, conversation="c1"), recording(uid=3, conversation="c1")])
    assert {d.ticket for d in done} == {opened.ticket}


def test_what_is_recorded_stays_to_be_acknowledged_until_it_is(store: Store) -> None:
    """A crash between the commit and the mark in the mailbox leaves work that the next poll finds."""
    kept = replace(recording(uid=3), leave_unmarked=True)
    written = [recording(uid=1), recording(uid=2), kept]
    store.record(written)
    first, second = [r.delivery for r in written[:2] if r.delivery]
    assert store.unacknowledged(first.mailbox, first.folder) == [first, second]
    store.acknowledged([first])
    assert store.unacknowledged(first.mailbox, first.folder) == [second]
    assert store.unacknowledged(first.mailbox, "Elsewhere") == []
