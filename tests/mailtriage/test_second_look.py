"""Recorded mails taken through the trip again: from quarantine, from what was set aside, and after an upgrade."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from classifier.verdict import Verdict
from intake import message as messages
from intake.cursor import Delivery
from mailtriage import pipeline, second_look
from mailtriage.office import Office
from mailtriage.pipeline import Counter, Incoming, process
from mailtriage.polling import poll
from mailtriage.second_look import CannotLookAgain, UpgradeRetry, accept, retry, retry_after_upgrade
from mailtriage.stopwatch import Stopwatch
from tests.mailtriage.test_pipeline import raw, run
from tests.mailtriage.test_polling import table
from tests.servers.dovecot import Dovecot
from tickets.recording import Fault, Recorded
from tickets.rows import StoredMessage
from tickets.store import SomebodyDecided, StoreUnavailable

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
VACATION = {"Auto_Submitted": "auto-replied"}


def failing(*_: object) -> list[Verdict]:
    raise ZeroDivisionError("as an earlier version did")


def quarantined(office: Office, mails: Sequence[bytes], monkeypatch: pytest.MonkeyPatch) -> list[Recorded]:
    """Records mails with a step that fails, as a program with a fault in it would."""
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "assess", failing)
        done = run(office, mails)
    assert {recorded.disposition for recorded in done} == {"quarantined"}
    return done


def upgraded(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if another version of the program was running."""
    monkeypatch.setattr(second_look, "program_version", lambda: version)


def stored(office: Office, number: int) -> StoredMessage:
    found = office.store.message(number)
    assert found is not None
    return found


def test_a_mail_that_can_be_decided_by_now_becomes_a_ticket(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    [first] = quarantined(office, [raw("server")], monkeypatch)
    assert stored(office, first.message).step == "assessing"
    done = retry(first.message, office, actor="ann")
    assert (done.message, done.disposition) == (first.message, "ticket")
    ticket = office.store.ticket(done.ticket or 0)
    assert ticket is not None
    assert (ticket.subject, ticket.created_at, ticket.facts.received_at) == ("server", NOW, NOW)
    assert ticket.verdict.versions.model == office.registry.current("penelope")
    assert office.store.counts()["quarantined"] == 0


def test_an_answer_joins_its_conversation(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    [opened] = run(office, [raw("Ports")])
    [first] = quarantined(office, [raw("Re: Ports", In_Reply_To="<Ports@river.example>")], monkeypatch)
    done = retry(first.message, office, actor="ann")
    assert (done.disposition, done.ticket) == ("reply", opened.ticket)


def test_what_could_not_be_parsed_is_read_from_its_raw_bytes(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(raw: bytes) -> messages.Message:
        raise RecursionError("maximum recursion depth exceeded")

    with monkeypatch.context() as patch:
        patch.setattr(messages, "parse", unreadable)
        [first] = run(office, [raw("server")])
    before = stored(office, first.message)
    assert (before.step, before.subject) == ("parsing", "")
    assert retry(first.message, office, actor="ann").disposition == "ticket"
    assert stored(office, first.message).subject == "server"


def test_what_no_person_asks_is_set_aside_then(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "screen", failing)
        [first] = run(office, [raw("Out of office", **VACATION)])
    assert stored(office, first.message).step == "screening"
    done = retry(first.message, office, actor="ann")
    assert done.disposition == "set_aside"
    assert "RFC 3834" in stored(office, first.message).reason


def test_noise_stays_in_quarantine(office: Office) -> None:
    noise = bytes(range(256)) * 40
    [first] = run(office, [noise])
    done = retry(first.message, office, actor="ann")
    assert done.disposition == "quarantined"
    assert stored(office, first.message).step == "parsing"
    assert office.store.raw(first.message) == noise


def test_a_mail_set_aside_becomes_a_ticket_when_an_agent_says_so(office: Office) -> None:
    [first] = run(office, [raw("Printer on fire", **VACATION)])
    assert first.disposition == "set_aside"
    done = accept(first.message, office, agent="maria")
    assert (done.message, done.disposition) == (first.message, "ticket")
    [event] = [event for event in office.store.events(done.ticket) if event.kind == "message_reconsidered"]
    assert event.actor == "maria"
    assert office.store.counts()["set_aside"] == 0


def test_an_answer_set_aside_joins_its_ticket_when_an_agent_says_so(office: Office) -> None:
    [opened] = run(office, [raw("Ports")])
    [aside] = run(office, [raw("Re: Ports", In_Reply_To="<Ports@river.example>", Precedence="bulk")])
    assert aside.disposition == "set_aside"
    done = accept(aside.message, office, agent="maria")
    assert (done.disposition, done.ticket) == ("reply", opened.ticket)


def test_a_mail_goes_on_with_the_conversation_that_began_with_it_meanwhile(office: Office) -> None:
    [aside] = run(office, [raw("Server down", **VACATION)])
    [answer] = run(office, [raw("Re: Server down", In_Reply_To="<Server-down@river.example>")])
    assert answer.disposition == "ticket"
    done = accept(aside.message, office, agent="maria")
    assert (done.disposition, done.ticket) == ("reply", answer.ticket)


def test_a_mail_that_cannot_be_made_a_ticket_stays_set_aside(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    [first] = run(office, [raw("Printer on fire", **VACATION)])
    before = stored(office, first.message)
    monkeypatch.setattr(pipeline, "assess", failing)
    with pytest.raises(CannotLookAgain, match=r"stays set aside.*ZeroDivisionError"):
        accept(first.message, office, agent="maria")
    assert stored(office, first.message) == before


def test_what_is_a_ticket_is_neither_retried_nor_accepted(office: Office) -> None:
    [done] = run(office, [raw("server")])
    for again in (lambda: retry(done.message, office, actor="ann"), lambda: accept(done.message, office, agent="ann")):
        with pytest.raises(SomebodyDecided):
            again()


def test_a_mailbox_that_is_gone_from_the_settings_does_not_keep_its_mail_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = Counter(office.policy("atollon"), office.models.of("atollon"))
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "assess", failing)
        incoming = Incoming(raw("server"), NOW, Delivery("gone", "INBOX", 1, 1))
        [first] = process([incoming], None, counter, office.store, Stopwatch())
    done = retry(first.message, office, actor="ann")
    ticket = office.store.ticket(done.ticket or 0)
    assert ticket is not None
    assert ticket.policy == "atollon"


def test_on_the_page_a_click_takes_a_mail_through_the_whole_trip(office: Office) -> None:
    [aside, noise] = run(office, [raw("Printer on fire", **VACATION), b"\x00\x01\x02" * 50])
    again = second_look.for_pages(office)
    done = again.accept(aside.message, "maria")
    ticket = office.store.ticket(done.ticket or 0)
    assert ticket is not None
    assert ticket.verdict.versions.model == office.registry.current("penelope")
    assert again.retry(noise.message, "maria").disposition == "quarantined"
    assert {event.actor for event in office.store.events() if event.kind == "message_reconsidered"} == {"maria"}


def test_after_an_upgrade_the_quarantine_is_tried_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    quarantined(office, [raw("one"), raw("two")], monkeypatch)
    noise = run(office, [b"\x00\x01\x02" * 50])
    assert retry_after_upgrade(office) == {}
    upgraded("99.0", monkeypatch)
    assert retry_after_upgrade(office) == {"ticket": 2, "quarantined": 1}
    [event] = [event for event in office.store.events() if event.kind == "quarantine_retried"]
    assert event.details["ticket"] == 2
    assert stored(office, noise[0].message).disposition == "quarantined"


def test_what_fails_under_the_new_version_is_not_tried_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(step: object, error: Exception) -> Fault:
        return Fault("assessing", f"assessing failed: {error}", "99.0")

    quarantined(office, [raw("one")], monkeypatch)
    upgraded("99.0", monkeypatch)
    monkeypatch.setattr(pipeline, "assess", failing)
    monkeypatch.setattr(Fault, "raised", fault)
    assert retry_after_upgrade(office) == {"quarantined": 1}
    assert retry_after_upgrade(office) == {}


def test_more_mails_than_one_portion_are_all_tried(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_look, "BATCH", 2)
    quarantined(office, [raw(f"number {n}") for n in range(5)], monkeypatch)
    upgraded("99.0", monkeypatch)
    assert retry_after_upgrade(office) == {"ticket": 5}


def test_a_policy_that_is_gone_costs_only_its_own_mails(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    done = quarantined(office, [raw("one"), raw("two")], monkeypatch)
    real = second_look.retry

    def without_policy(message: int, office: Office, *, actor: str) -> Recorded:
        if message == done[0].message:
            office.policy("gone")
        return real(message, office, actor=actor)

    monkeypatch.setattr(second_look, "retry", without_policy)
    upgraded("99.0", monkeypatch)
    assert retry_after_upgrade(office) == {"quarantined": 1, "ticket": 1}


def test_an_outage_leaves_the_rest_to_the_next_start(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    quarantined(office, [raw("one"), raw("two")], monkeypatch)
    upgraded("99.0", monkeypatch)

    def down(*_: object, **__: object) -> None:
        raise StoreUnavailable("the database does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(pipeline.desk, "place", down)
        with pytest.raises(StoreUnavailable):
            retry_after_upgrade(office)
    assert office.store.counts()["quarantined"] == 2
    assert retry_after_upgrade(office) == {"ticket": 2}


def test_it_stops_between_two_mails_when_the_program_does(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    quarantined(office, [raw("one")], monkeypatch)
    upgraded("99.0", monkeypatch)
    stop = threading.Event()
    stop.set()
    thread = UpgradeRetry(office, stop)
    thread.start()
    thread.join()
    assert office.store.counts()["quarantined"] == 1


def test_in_the_background_it_is_done_beside_the_rest(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    quarantined(office, [raw("one")], monkeypatch)
    upgraded("99.0", monkeypatch)
    thread = UpgradeRetry(office, threading.Event())
    thread.start()
    thread.join()
    assert office.store.counts()["ticket"] == 1


HUGE = (
    b"From: a@b.example\r\nSubject: huge\r\nMessage-ID: <h@b.example>\r\n\r\nThe server is down.\r\n"
    + b"x\r\n" * 500_000
)


@pytest.mark.dovecot
def test_a_mail_that_was_too_large_is_fetched_again_once_it_may_be(
    make_office: Callable[..., Office], dovecot: Dovecot
) -> None:
    dovecot.seed("grown", [HUGE])
    small, large = (table(dovecot, "grown", max_message_mb=size) for size in (1, 5))
    office = make_office(mailboxes=(small,))
    assert poll(small, office).recorded == {"quarantined": 1}
    [mail] = office.store.quarantined()
    assert mail.step == "fetching"
    with pytest.raises(CannotLookAgain, match=r"max_message_mb of mailbox grown \(now 1\)"):
        retry(mail.id, office, actor="ann")
    office = make_office(mailboxes=(large,))
    done = retry(mail.id, office, actor="ann")
    assert (done.message, done.disposition) == (mail.id, "ticket")
    assert len(office.store.raw(mail.id) or b"") > 1_000_000
    assert not any("\\Seen" in flags for flags in dovecot.flags("grown").values())
    poll(large, office)
    assert all("\\Seen" in flags for flags in dovecot.flags("grown").values())
    assert office.store.counts()["ticket"] == 1


@pytest.mark.dovecot
def test_a_mail_that_is_gone_from_its_mailbox_is_said_to_be(
    make_office: Callable[..., Office], dovecot: Dovecot
) -> None:
    dovecot.seed("emptied", [HUGE])
    small = table(dovecot, "emptied", max_message_mb=1)
    office = make_office(mailboxes=(small,))
    poll(small, office)
    [mail] = office.store.quarantined()
    dovecot.set_uidvalidity("emptied", 4_000_000)
    with pytest.raises(CannotLookAgain, match="its header alone is kept"):
        retry(mail.id, office, actor="ann")
    assert retry_after_upgrade(office) == {}


def test_a_mail_of_a_removed_mailbox_that_was_too_large_is_said_to_be_gone(office: Office) -> None:
    incoming = Incoming(raw("huge"), NOW, Delivery("gone", "INBOX", 1, 7), oversize=60 * 1024 * 1024)
    [done] = run(office, [incoming])
    with pytest.raises(CannotLookAgain, match="INBOX of gone, UID 7"):
        retry(done.message, office, actor="ann")
