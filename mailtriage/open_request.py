"""A request opened from another ticket by an agent: what a consultant has to set up, after a question was answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from classifier.assess import Mail, assess
from errors import MailtriageError
from mailtriage.office import Office
from policies.facts import Facts
from policies.labels import LABELS
from policies.part import not_allowed
from policies.policy import Policy
from policies.work.commitments import request_to_open
from policies.work.quota import LinkedRequest
from tickets import desk
from tickets.customer.assigning import contact_on
from tickets.races import until_it_holds
from tickets.rows import Ticket
from tickets.store import NoSuchTicket
from tickets.work.linking import LinkedTicket

LONGEST_WHY = 500


class CannotOpen(MailtriageError):
    """No request can be opened from the ticket, or not about that: says why and what the policy allows."""


def open_request(number: int, topic: str, office: Office, *, agent: str, why: str = "", seen: int | None = None) -> int:
    """Opens a request about ``topic`` from ticket ``number`` and links both; the new ticket's number.

    It reads the mail that opened the other ticket, with the facts of the customer now and by the policy and the model
    in force; its issue type and topic are the agent's word. Raises :class:`CannotOpen` where the policy names no such
    request, and :class:`~tickets.faults.ChangedSinceSeen` where ``seen`` is not the ticket's newest event (None: any).
    """
    store = office.store

    def attempt(_: Mapping[str, int | None]) -> int:
        ticket = store.ticket(number)
        if ticket is None:
            raise NoSuchTicket(number)
        policy = office.policy(ticket.policy)
        allowed = _allowed(policy, ticket, topic)
        linked = _decided(office, policy, ticket, {"issue_type": allowed.issue_type.value, "topic": topic})
        said = " ".join(why.split())[:LONGEST_WHY]
        return store.open_linked(number, linked, agent=agent, why=said, customer_id=ticket.customer_id, seen=seen)

    return until_it_holds(number, attempt)


def _allowed(policy: Policy, ticket: Ticket, topic: str) -> LinkedRequest:
    labels = {label: getattr(ticket, label) for label in LABELS}
    allowed = request_to_open(policy, labels, ticket.facts)
    if allowed is None:
        raise CannotOpen(f"The policy {policy.name} opens no request from a ticket such as {ticket.number}.")
    if topic not in allowed.topics:
        raise CannotOpen(f"{not_allowed(topic, 'a topic of such a request', list(allowed.topics))}.")
    return allowed


def _decided(office: Office, policy: Policy, ticket: Ticket, said: dict[str, str]) -> LinkedTicket:
    facts = _facts_now(office, policy, ticket)
    opening = next(iter(office.store.messages_of(ticket.number)), None)
    if opening is None:
        raise CannotOpen(f"The mail that opened ticket {ticket.number} is no longer stored.")
    mail = Mail(opening.subject, opening.new_text or opening.text, facts)
    verdict = assess(office.models.of(policy.name), policy, [mail])[0]
    read = {label: decision.value for label, decision in verdict.labels.items()}
    as_read = replace(ticket, verdict=verdict, facts=facts, corrected={})
    derived, clauses, terms = desk.consequences(office.store, policy, as_read, read, said, again=True)
    if clauses is None or terms is None:
        raise AssertionError("what is decided anew has clauses and terms")
    return LinkedTicket(
        verdict=verdict,
        labels={**read, **said, **derived},
        said=said,
        derived=derived,
        clauses=clauses,
        facts=facts,
        terms=terms,
        opened_at=facts.received_at,
    )


def _facts_now(office: Office, policy: Policy, ticket: Ticket) -> Facts:
    """What is known of the customer now; who sent the mail is proven or not as it was."""
    now = datetime.now(UTC)
    record = office.store.customer(ticket.customer_id) if ticket.customer_id is not None else None
    if record is None:
        return replace(ticket.facts, received_at=now)
    contact = contact_on(now.date(), record, ticket)
    past = office.store.history(ticket.policy, record.customer.id, now)
    return replace(
        ticket.facts,
        received_at=now,
        customer=desk.facts_of(record.customer, contact),
        history=desk.history_before(policy, now, past, ticket.facts.sender_proven),
    )
