"""One mail's trip: what becomes of good mail, of bad mail, and of good mail beside bad mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from classifier.assess import Mail
from classifier.verdict import Verdict
from intake.cursor import Cursor
from mailtriage import pipeline
from mailtriage.office import Office
from mailtriage.pipeline import Counter, Incoming, process
from mailtriage.stopwatch import Stopwatch
from tickets.recording import Recorded
from tickets.store import StoreError

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def raw(
    subject: str, body: str = "Nobody can log in since nine.", sender: str = "ann@river.example", **more: str
) -> bytes:
    headers = {"From": sender, "Subject": subject, "Date": "Fri, 20 Nov 2026 10:00:00 +0000", **more}
    headers.setdefault("Message-ID", f"<{subject.replace(' ', '-')}@river.example>")
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"{lines}\r\n{body}\r\n".encode()


def run(office: Office, mails: Sequence[bytes | Incoming], cursor: Cursor | None = None) -> list[Recorded]:
    batch = [mail if isinstance(mail, Incoming) else Incoming(mail, NOW) for mail in mails]
    counter = Counter(office.policy("penelope"), office.models.of("penelope"), ("support@vendor.example",))
    return process(batch, cursor, counter, office.store, Stopwatch())


def test_a_mail_becomes_a_ticket_with_verdict_terms_and_facts(office: Office) -> None:
    [done] = run(office, [raw("server")])
    assert done.disposition == "ticket"
    ticket = office.store.ticket(done.ticket or 0)
    assert ticket is not None
    assert ticket.verdict.versions.model == office.registry.current("penelope")
    assert set(ticket.terms.clauses) >= set(ticket.clauses)
    assert ticket.facts.received_at == NOW


def test_an_answer_in_the_same_batch_joins_its_conversation(office: Office) -> None:
    first, second = run(office, [raw("Ports"), raw("Re: Ports", In_Reply_To="<Ports@river.example>")])
    assert (first.disposition, second.disposition) == ("ticket", "reply")
    assert first.ticket == second.ticket


def test_a_stranger_who_names_a_message_id_does_not_join(office: Office) -> None:
    first, second = run(
        office, [raw("Ports"), raw("Re: Ports", sender="eve@elsewhere.example", In_Reply_To="<Ports@river.example>")]
    )
    assert second.disposition == "ticket"
    assert first.ticket != second.ticket


def test_what_no_person_asks_is_set_aside_with_the_reason(office: Office) -> None:
    done = run(
        office,
        [raw("Out of office", Auto_Submitted="auto-replied"), raw("our own", sender="support@vendor.example")],
    )
    assert [recorded.disposition for recorded in done] == ["set_aside", "set_aside"]
    stored = office.store.message(done[0].message)
    assert stored is not None
    assert "RFC 3834" in stored.reason


def test_binary_noise_is_quarantined_with_its_raw_bytes(office: Office) -> None:
    noise = bytes(range(256)) * 40
    noise_done, good = run(office, [noise, raw("good")])
    assert (noise_done.disposition, good.disposition) == ("quarantined", "ticket")
    stored = office.store.message(noise_done.message)
    assert stored is not None
    assert "not a mail" in stored.reason
    assert office.store.raw(noise_done.message) == noise


def test_a_mail_that_is_too_large_is_quarantined_by_its_header(office: Office) -> None:
    [done] = run(office, [Incoming(raw("huge"), NOW, oversize=60 * 1024 * 1024)])
    assert done.disposition == "quarantined"
    stored = office.store.message(done.message)
    assert stored is not None
    assert "60 MB" in stored.reason
    assert stored.subject == "huge"


def test_a_mail_that_a_step_fails_on_is_quarantined_and_the_others_go_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = pipeline.assess

    def failing(model: object, policy: object, mails: Sequence[Mail]) -> list[Verdict]:
        if any(mail.subject == "poison" for mail in mails):
            raise ZeroDivisionError("as no real mail is known to cause")
        return real(model, policy, mails)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "assess", failing)
    done = run(office, [raw("before"), raw("poison"), raw("after")])
    assert [recorded.disposition for recorded in done] == ["ticket", "quarantined", "ticket"]
    stored = office.store.message(done[1].message)
    assert stored is not None
    assert "assessing failed: ZeroDivisionError" in stored.reason


def test_a_fault_of_the_store_is_raised_and_quarantines_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> None:
        raise StoreError("the database does not answer")

    monkeypatch.setattr(pipeline.desk, "place", down)
    with pytest.raises(StoreError):
        run(office, [raw("one")], Cursor("team", "INBOX", 1, 1))
    assert office.store.counts().get("quarantined", 0) == 0
    assert office.store.cursor("team", "INBOX") is None


def test_the_cursor_is_stored_with_the_batch(office: Office) -> None:
    cursor = Cursor("team", "INBOX", 7, 42)
    run(office, [raw("one")], cursor)
    assert office.store.cursor("team", "INBOX") == cursor
