"""Mail that names an enterprise customer's address: proven it gets what was promised, unproven it gets nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailtriage.office import Office
from mailtriage.pipeline import Counter, Incoming, process
from mailtriage.stopwatch import Stopwatch
from tickets import desk
from tickets.rows import Ticket

OUR_SERVER = "mx.perfana.example"
SATURDAY_NIGHT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
RECEIVED = f"Received: from mail.evil.example by {OUR_SERVER}; Sat, 21 Nov 2026 03:00:00 +0100"
PASSED = f"Authentication-Results: {OUR_SERVER}; dmarc=pass header.from=bank.example"
FAILED = f"Authentication-Results: {OUR_SERVER}; dmarc=fail header.from=bank.example"
PASSED_ELSEWHERE = "Authentication-Results: mx.evil.example; dmarc=pass header.from=bank.example"
PASSED_FOR_ANOTHER = f"Authentication-Results: {OUR_SERVER}; dmarc=pass header.from=evil.example"

UNPROVEN = {
    "no results at all": (RECEIVED,),
    "dmarc failed": (FAILED, RECEIVED),
    "a forged result below the one of our server": (FAILED, RECEIVED, PASSED),
    "a forged result below a hop, none of ours": (RECEIVED, PASSED_ELSEWHERE),
    "a result of a server that is not ours": (PASSED_ELSEWHERE, RECEIVED),
    "another domain was proven": (PASSED_FOR_ANOTHER, RECEIVED),
}
PROMISED = {"perfana/target.enterprise", "perfana/hours.weekday", "perfana/hours.weekend", "perfana/phone.1"}
BODY = """Hello,

Perfana is completely down in production since 01:40. None of our 300 engineers can log in, all release gates are
blocked and we are losing revenue by the hour. There is no way around it.

Ann
"""


def ticket_of(office: Office, headers: tuple[str, ...], message_id: str = "night") -> Ticket:
    """The ticket of a mail from an enterprise customer's address with these header fields on top."""
    office.store.upsert_customer(
        "perfana", "The Bank", ["bank.example"], {"plan": "enterprise", "maintenance_until": "2027-12-31"}, "test"
    )
    lines = (
        *headers,
        "From: Ann <ann@bank.example>",
        "Subject: production down",
        "Date: Sat, 21 Nov 2026 02:00:00 +0000",
        f"Message-ID: <{message_id}@bank.example>",
    )
    raw = ("\r\n".join(lines) + "\r\n\r\n" + BODY.replace("\n", "\r\n")).encode()
    counter = Counter(
        office.policy("perfana"),
        office.models.of("perfana"),
        ("support@perfana.example",),
        trusted_authserv=(OUR_SERVER,),
    )
    [done] = process([Incoming(raw, SATURDAY_NIGHT)], None, counter, office.store, Stopwatch())
    ticket = office.store.ticket(done.ticket or 0)
    assert ticket is not None
    return ticket


def test_the_proven_customer_gets_the_enterprise_target_the_phone_and_the_weekend(office: Office) -> None:
    ticket = ticket_of(office, (PASSED, RECEIVED))
    assert ticket.facts.sender_proven is True
    assert (ticket.severity, ticket.scope) == ("SEV1", "included")
    assert ticket.terms.response_target is not None
    assert ticket.terms.response_target.due == datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
    assert set(ticket.terms.clauses) >= PROMISED


@pytest.mark.parametrize("headers", UNPROVEN.values(), ids=UNPROVEN)
def test_whoever_only_writes_the_customers_address_gets_none_of_it_and_the_ticket_says_so(
    office: Office, headers: tuple[str, ...]
) -> None:
    ticket = ticket_of(office, headers)
    assert ticket.facts.sender_proven is not True
    assert (ticket.severity, ticket.scope) == ("SEV1", "included")
    assert ticket.terms.response_target is None
    assert not PROMISED & set(ticket.terms.clauses)
    assert not any("Phone" in note for note in ticket.terms.notes)
    assert any("not proven" in note and "Enterprise plan" in note for note in ticket.terms.notes)


def test_an_agents_correction_does_not_give_an_unproven_sender_what_the_record_promises(office: Office) -> None:
    """The terms are worked out anew from the facts of the ticket, in which the proof is still missing."""
    ticket = ticket_of(office, (FAILED, RECEIVED))
    desk.correct(office.store, office.policy("perfana"), ticket.number, {"severity": "SEV2"}, agent="jo")
    again = office.store.ticket(ticket.number)
    assert again is not None
    assert again.terms.response_target is None
    assert not PROMISED & set(again.terms.clauses)


def test_a_spoofed_configuration_request_uses_no_free_task(office: Office) -> None:
    office.store.upsert_customer(
        "atollon", "The Bank", ["bank.example"], {"service_contract": True, "free_tasks_left": 2}, "test"
    )
    body = (
        "Hello,\r\n\r\nplease add a new type of project 'audit' with its own states and rights for us.\r\n\r\nAnn\r\n"
    )
    verdicts = {}
    for name, result in (("real", PASSED), ("spoofed", FAILED)):
        raw = (
            f"{result}\r\n{RECEIVED}\r\nFrom: Ann <ann@bank.example>\r\nSubject: new project type\r\n"
            f"Date: Sat, 21 Nov 2026 02:00:00 +0000\r\nMessage-ID: <{name}@bank.example>\r\n\r\n{body}"
        ).encode()
        counter = Counter(office.policy("atollon"), office.models.of("atollon"), trusted_authserv=(OUR_SERVER,))
        [done] = process([Incoming(raw, SATURDAY_NIGHT)], None, counter, office.store, Stopwatch())
        ticket = office.store.ticket(done.ticket or 0)
        assert ticket is not None
        verdicts[name] = ticket
    assert verdicts["real"].topic == verdicts["spoofed"].topic == "new_object_type"
    assert (verdicts["real"].scope, verdicts["spoofed"].scope) == ("included", "professional_services")
    assert "atollon/configuration-request.4" not in verdicts["spoofed"].terms.clauses
    assert any("were the sender proven" in reason for reason in verdicts["spoofed"].verdict.ask)
    assert any("Not relied on" in note for note in verdicts["spoofed"].terms.notes)
