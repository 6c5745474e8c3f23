"""A recorded mail looked at once more: its one record becomes what the second look says."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from intake.message import Message
from intake.screening import Screening
from tests.tickets.making import NOON, delivered, mail, recording
from tickets.reconsidering import again
from tickets.recording import Fault, Placement, Recording
from tickets.rows import Customer, StoredMessage
from tickets.store import NoSuchMessage, Recorded, SomebodyDecided, Store

BULK = Screening("bulk", "The header List-Id marks list mail (RFC 2369, RFC 2919).")
UNREADABLE = Fault("parsing", "parsing failed: an old fault", "0.0.1")


def quarantined(store: Store, message: Message, **more: object) -> Recorded:
    [done] = store.record([recording(message, quarantine=UNREADABLE, **{"uid": 1, **more})])  # type: ignore[arg-type]
    assert done.disposition == "quarantined"
    return done


def aside(store: Store, message: Message, **more: object) -> Recorded:
    [done] = store.record([recording(message, screening=BULK, **{"uid": 1, **more})])  # type: ignore[arg-type]
    assert done.disposition == "set_aside"
    return done


def look(store: Store, done: Recorded, fate: Recording, actor: str = "anna") -> Recorded:
    held = store.held(done.message, done.disposition)
    return store.reconsider(held, fate, actor=actor)


def now(store: Store, message_id: int) -> StoredMessage:
    stored = store.message(message_id)
    assert stored is not None
    return stored


def records(store: Store) -> int:
    counts = store.counts()
    return sum(counts[kind] for kind in ("ticket", "reply", "set_aside", "duplicate", "quarantined"))


def test_a_quarantined_mail_becomes_a_ticket_in_its_own_record(store: Store) -> None:
    message = mail("The server is down.", subject="Down")
    first = quarantined(store, message)
    done = look(store, first, recording(message, uid=1))
    assert (done.message, done.disposition, done.known) == (first.message, "ticket", False)
    ticket = store.ticket(done.ticket or 0)
    assert ticket is not None
    assert (ticket.subject, ticket.created_at) == ("Down", NOON)
    stored = now(store, first.message)
    assert (stored.reason, stored.step, stored.program_version) == ("", None, None)
    assert [each.id for each in store.messages_of(done.ticket or 0)] == [first.message]
    assert records(store) == 1
    assert store.counts()["review"] + store.counts()["decided"] == 1


def test_what_happened_and_who_did_it_is_an_event(store: Store) -> None:
    message = mail()
    done = look(store, quarantined(store, message), recording(message, uid=1), actor="bram")
    kinds = [event.kind for event in reversed(store.events(done.ticket))]
    assert kinds == ["message_reconsidered", "ticket_opened"]
    [event] = [event for event in store.events() if event.kind == "message_reconsidered"]
    assert (event.actor, event.details["from"], event.details["to"]) == ("bram", "quarantined", "ticket")
    assert event.details["before"] == UNREADABLE.says


def test_its_words_are_found_and_its_sender_takes_part(store: Store) -> None:
    message = mail("xylophone trouble")
    first = quarantined(store, message)
    assert store.search("xylophone") == []
    done = look(store, first, recording(message, uid=1, conversation="c1"))
    assert [item.number for item in store.search("xylophone")] == [done.ticket]
    assert "anna@river.example" in store.participants("c1")


def test_its_delivery_stays_and_the_mail_is_recognised(store: Store) -> None:
    message = mail()
    first = quarantined(store, message)
    look(store, first, recording(message, uid=1))
    [again] = store.record([recording(message, uid=1)])
    assert (again.message, again.known) == (first.message, True)
    assert store.raw(first.message) == message.raw


def test_an_answer_that_was_quarantined_joins_its_ticket(store: Store) -> None:
    [opened] = store.record([recording(uid=7, conversation="c1")])
    message = mail()
    done = look(store, quarantined(store, message), recording(message, uid=1, conversation="c1", ticket=opened.ticket))
    assert (done.disposition, done.ticket) == ("reply", opened.ticket)
    ticket = store.ticket(opened.ticket or 0)
    assert ticket is not None
    assert "customer replied" in ticket.review_reasons


def test_what_turns_out_to_be_no_request_is_set_aside_with_the_reason(store: Store) -> None:
    message = mail("weekly zeppelin news")
    first = quarantined(store, message)
    done = look(store, first, recording(message, uid=1, screening=BULK))
    stored = now(store, first.message)
    assert (done.disposition, stored.kind, stored.reason) == ("set_aside", "bulk", BULK.reason)
    assert [each.id for each in store.set_aside("zeppelin")] == [first.message]


def test_what_fails_again_stays_with_its_new_fault(store: Store) -> None:
    message = mail()
    first = quarantined(store, message)
    fault = Fault("assessing", "assessing failed: a new fault", "0.0.2")
    done = look(store, first, recording(message, uid=1, quarantine=fault))
    stored = now(store, first.message)
    assert (done.disposition, stored.step, stored.reason) == ("quarantined", "assessing", fault.says)
    assert stored.program_version == "0.0.2"
    assert store.quarantined_ids(not_by="0.0.2") == []
    assert store.quarantined_ids(not_by="0.0.3") == [first.message]


def test_a_second_look_at_what_the_database_refuses_leaves_it_in_quarantine(store: Store) -> None:
    message = mail()
    first = quarantined(store, message)
    refused = recording(message, uid=1, customer=Customer(4711, "penelope", "Gone", (), {}))
    done = look(store, first, refused)
    stored = now(store, first.message)
    assert (done.disposition, stored.step) == ("quarantined", "recording")
    assert stored.program_version == Fault("recording", "").program
    assert records(store) == 1


def test_what_was_read_by_then_is_kept_though_a_later_step_fails(store: Store) -> None:
    unread = replace(mail(), subject="", sender=None, text="")
    first = quarantined(store, unread)
    readable = replace(unread, subject="Readable now")
    look(store, first, recording(readable, uid=1, quarantine=Fault("terms", "terms failed")))
    assert now(store, first.message).subject == "Readable now"


def test_a_mail_whose_readable_copy_stands_becomes_its_duplicate(store: Store) -> None:
    message = mail("narwhal sighted")
    first = quarantined(store, message)
    [copy] = store.record([recording(message, delivery=delivered(1, mailbox="sales"))])
    assert copy.disposition == "ticket"
    done = look(store, first, recording(message, uid=1, duplicate_of=copy.message))
    assert (done.disposition, done.ticket) == ("duplicate", None)
    assert now(store, first.message).reason == f"same mail as message {copy.message}"
    assert [item.number for item in store.search("narwhal")] == [copy.ticket]
    assert store.set_aside("narwhal") == []


def test_a_duplicate_of_a_mail_that_became_readable_stays_a_duplicate(store: Store) -> None:
    message = mail()
    first = quarantined(store, message)
    copy = quarantined_copy(store, message)
    look(store, first, recording(message, uid=1))
    assert now(store, copy.message).disposition == "duplicate"
    assert records(store) == 2


def quarantined_copy(store: Store, message: Message) -> Recorded:
    [copy] = store.record([recording(message, delivery=delivered(2), quarantine=UNREADABLE)])
    assert copy.disposition == "duplicate"
    return copy


def test_a_mail_set_aside_becomes_a_ticket_and_is_set_aside_no_more(store: Store) -> None:
    message = mail("Please call")
    first = aside(store, message)
    done = look(store, first, recording(message, uid=1))
    assert (done.message, done.disposition) == (first.message, "ticket")
    assert store.set_aside() == []
    assert now(store, first.message).reason == ""
    assert [item.number for item in store.search("call")] == [done.ticket]
    assert records(store) == 1


def test_a_mail_imported_without_delivery_becomes_a_ticket_too(store: Store) -> None:
    message = mail()
    [first] = store.record([recording(message, screening=BULK)])
    done = look(store, first, recording(message))
    assert done.disposition == "ticket"
    [known] = store.record([recording(message)])
    assert (known.message, known.known) == (first.message, True)


def test_an_answer_to_a_closed_ticket_opens_the_next(store: Store) -> None:
    [opened] = store.record([recording(uid=7, conversation="c1")])
    message = mail()
    first = aside(store, message, conversation="c1", ticket=opened.ticket)
    store.set_state(opened.ticket or 0, "closed", actor="anna")
    done = look(store, first, recording(message, uid=1, conversation="c1"))
    ticket = store.ticket(done.ticket or 0)
    assert ticket is not None
    assert (done.disposition, ticket.previous) == ("ticket", opened.ticket)


def test_a_mail_fetched_whole_replaces_its_header_and_is_marked_at_the_next_poll(store: Store) -> None:
    header = mail(raw=b"Subject: huge\r\n\r\n")
    too_large = replace(recording(header, uid=1, quarantine=Fault("fetching", "too large")), leave_unmarked=True)
    [first] = store.record([too_large])
    assert store.unacknowledged("support", "INBOX") == []
    whole = mail(raw=b"Subject: huge\r\n\r\nall of it")
    done = look(store, first, recording(whole, uid=1))
    assert done.disposition == "ticket"
    assert store.raw(first.message) == whole.raw
    assert now(store, first.message).digest == whole.digest
    assert [d.uid for d in store.unacknowledged("support", "INBOX")] == [1]
    [moved] = store.record([recording(whole, delivery=delivered(9, uidvalidity=2))])
    assert (moved.message, moved.known) == (first.message, True)


def test_a_whole_mail_that_the_database_refuses_leaves_the_header_to_be_fetched_again(store: Store) -> None:
    [first] = store.record([recording(uid=1, quarantine=Fault("fetching", "too large"))])
    look(store, first, recording(uid=1, customer=Customer(4711, "penelope", "Gone", (), {})))
    stored = now(store, first.message)
    assert stored.step == "fetching"
    assert stored.reason.startswith("recording failed")


def test_the_mailbox_and_the_moment_it_came_are_kept(store: Store) -> None:
    message = mail()
    first = quarantined(store, message)
    later = replace(recording(message, received_at=NOON.replace(year=2027)), delivery=None)
    look(store, first, later)
    stored = now(store, first.message)
    assert (stored.received_at, stored.mailbox) == (NOON, "support")


def test_what_somebody_decided_already_is_not_decided_again(store: Store) -> None:
    message = mail()
    first = quarantined(store, message)
    held = store.held(first.message, "quarantined")
    store.reconsider(held, recording(message, uid=1), actor="anna")
    with pytest.raises(SomebodyDecided, match="somebody decided already"):
        store.reconsider(held, recording(message, uid=1), actor="bram")
    with pytest.raises(SomebodyDecided):
        store.held(first.message, "quarantined")
    assert store.counts()["ticket"] == 1


def test_of_agents_who_click_at_once_one_decides(url: str) -> None:
    store = Store.open(url)
    message = mail()
    first = aside(store, message)
    outcomes: list[str] = []
    start = threading.Barrier(4)

    def click() -> None:
        held = store.held(first.message, "set_aside")
        start.wait()
        try:
            outcomes.append(store.reconsider(held, recording(message, uid=1), actor="anna").disposition)
        except SomebodyDecided:
            outcomes.append("somebody decided")

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["somebody decided"] * 3 + ["ticket"]
    counts = store.counts()
    assert (counts["ticket"], counts["set_aside"], counts["review"] + counts["decided"]) == (1, 0, 1)
    store.close()


@pytest.mark.parametrize("number", [0, 99, 2**40])
def test_an_unknown_mail_is_named(store: Store, number: int) -> None:
    with pytest.raises(NoSuchMessage):
        store.held(number, "quarantined")


def test_a_mail_that_is_held_otherwise_is_not_the_one_asked_for(store: Store) -> None:
    first = aside(store, mail())
    with pytest.raises(SomebodyDecided, match="is not in quarantine but set aside"):
        store.held(first.message, "quarantined")


def placement(**more: object) -> Placement:
    made = recording().placement
    assert made is not None
    return replace(made, **more)  # type: ignore[arg-type]


def test_a_mail_does_not_repeat_itself_and_keeps_its_conversation(store: Store) -> None:
    message = mail()
    first = aside(store, message, conversation="c1")
    held = store.held(first.message, "set_aside")
    assert again(placement(duplicate_of=first.message), held).duplicate_of is None
    assert again(placement(duplicate_of=4711), held).duplicate_of == 4711
    assert again(placement(), held).conversation == "c1"
    assert again(placement(ticket=3, conversation="c2"), held).conversation == "c2"
    assert again(placement(conversation="c3"), None).conversation == "c3"


def test_ids_in_quarantine_come_rising_and_in_portions(store: Store) -> None:
    whole = [quarantined(store, mail(), uid=uid).message for uid in range(1, 6)]
    [header] = store.record([recording(uid=6, quarantine=Fault("fetching", "too large", "0.0.1"))])
    assert store.quarantined_ids(limit=2) == whole[:2]
    assert store.quarantined_ids(after=whole[1], limit=2) == whole[2:4]
    assert store.quarantined_ids(not_by="0.0.1") == []
    assert store.quarantined_ids(not_by="0.0.2", whole=True) == whole
    assert store.quarantined_ids(not_by="0.0.2") == [*whole, header.message]


WORDS: list[tuple[str, Callable[[Message], str]]] = [
    ("sender", lambda m: m.sender.address if m.sender else ""),
    ("subject", lambda m: m.subject),
    ("text", lambda m: m.text),
]


@pytest.mark.parametrize(("where", "words"), WORDS, ids=[where for where, _ in WORDS])
def test_what_was_set_aside_is_found_by_its_words(store: Store, where: str, words: Callable[[Message], str]) -> None:
    wanted = mail("quokka pictures", subject="holiday", sender="zoe@zebra.example")
    aside(store, wanted, uid=1)
    aside(store, mail("something else"), uid=2)
    assert [each.subject for each in store.set_aside(words(wanted))] == ["holiday"]
    assert store.set_aside("quokka nothing") == []
    assert store.set_aside('-- "') == []


def test_what_was_set_aside_is_listed_by_kind(store: Store) -> None:
    message = mail()
    [bounce] = store.record([recording(uid=1, screening=Screening("bounce", "RFC 3464"))])
    bulk = aside(store, message, uid=2)
    [copy] = store.record([recording(message, uid=3)])
    assert [each.id for each in store.set_aside(kind="bounce")] == [bounce.message]
    assert [each.id for each in store.set_aside(kind="bulk")] == [bulk.message]
    assert [each.id for each in store.set_aside(kind="duplicate")] == [copy.message]
    assert store.kinds_set_aside() == {"bounce": 1, "bulk": 1}
