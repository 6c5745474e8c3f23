"""A ticket given to a customer by an agent, with all that follows, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from classifier.verdict import Verdict
from policies.facts import Facts
from policies.labels import LABELS
from policies.terms import Terms
from tickets.clocks.clock import due_by
from tickets.columns import countable
from tickets.customer import customer_saving
from tickets.customer.customer_saving import ContactEntry
from tickets.customer.whose import choice_asked
from tickets.events import add, happening
from tickets.faults import NoSuchTicket, TicketChanged
from tickets.openings import NEW_SENDER, review_reasons
from tickets.rows import Customer, Ticket
from tickets.schema import event, ticket
from tickets.stored import is_still
from tickets.work.consequences import asked, clock_follows, follow

ASSIGNED = "customer_assigned"


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a ticket becomes: its customer, the facts, and what was decided from them; ``before`` is what it was."""

    before: Ticket
    customer: Customer
    facts: Facts
    verdict: Verdict
    labels: Mapping[str, str]
    clauses: tuple[str, ...]
    terms: Terms
    contact: ContactEntry | None
    """The sender as a contact of the customer, where one is to be made."""
    vouched: bool


def assign(connection: Connection, done: Assignment, *, actor: str, spent: bool) -> None:
    """Writes the assignment; raises :class:`TicketChanged` when the ticket is not what it was worked out from.

    Raises :class:`~tickets.faults.QuotaSpent` where it uses a quota of which none is left; with ``spent`` it uses none,
    and a person is asked.
    """
    number = done.before.number
    query = select(ticket).where(ticket.c.number == countable(number))
    row = connection.execute(query.with_for_update(key_share=True)).one_or_none()
    if row is None:
        raise NoSuchTicket(number)
    if not is_still(row, done.before):
        raise TicketChanged(number)
    if done.contact is not None:
        customer_saving.save_contact(connection, done.customer.id, done.contact, actor)
    connection.execute(update(ticket).where(ticket.c.number == number).values(customer_id=done.customer.id))
    row = connection.execute(query).one()
    terms = done.terms.to_json()
    state, reasons = _standing(row.state, list(row.review_reasons), done)
    follows = follow(connection, row, done.terms, state=state, actor=actor, spent=spent)
    if follows.ask and state != "closed":
        state, reasons = "review", asked(reasons, follows)
    values: dict[str, Any] = {
        **follows.values,
        **done.labels,
        "sources": {label: _source(done, label) for label in LABELS},
        "clauses": list(done.clauses),
        "facts": done.facts.to_json(),
        "verdict": done.verdict.to_json(),
        "terms": terms,
        "due_at": due_by(connection, row, terms),
        "state": state,
        "review_reasons": reasons,
    }
    connection.execute(update(ticket).where(ticket.c.number == number).values(values))
    assigned = happening(ASSIGNED, _told(done), actor=actor, ticket=number)
    add(connection, [assigned, *follows.happenings])
    clock_follows(connection, row, actor=actor, at=assigned["at"])


def assigned_since(connection: Connection, number: int, moment: Any) -> bool:
    """Whether the ticket was given to a customer after a moment."""
    query = select(event.c.id).where(event.c.ticket == number, event.c.kind == ASSIGNED, event.c.at > moment)
    return connection.execute(query.limit(1)).first() is not None


def _standing(state: str, reasons: Sequence[str], done: Assignment) -> tuple[str, list[str]]:
    """The state and why a person has to look: the question of whose it is, is answered."""
    answered = {NEW_SENDER, choice_asked(done.before.facts)}
    left = [reason for reason in reasons if reason not in answered]
    changed = any(value != getattr(done.before, label) for label, value in done.labels.items())
    if state == "decided" and changed and done.verdict.needs_person:
        return "review", review_reasons(done.verdict, known_sender=True)
    if state == "review":
        asks = [reason for reason in done.verdict.ask if reason not in left]
        gone = [reason for reason in done.before.verdict.ask if reason not in done.verdict.ask]
        return state, [reason for reason in left if reason not in gone] + asks
    return state, left


def _source(done: Assignment, label: str) -> str:
    if label in done.before.corrected:
        return "agent"
    decision = done.verdict.labels[label]
    return decision.source if decision.value == done.labels[label] else "rule"


def _told(done: Assignment) -> dict[str, Any]:
    before = done.before
    labels = {label: (getattr(before, label), value) for label, value in done.labels.items()}
    return {
        "customer": {"from": before.customer_name, "to": done.customer.name},
        "customer_id": {"from": before.customer_id, "to": done.customer.id},
        "changes": {label: {"from": old, "to": new} for label, (old, new) in labels.items() if old != new},
        "due": {"from": _due(before.terms), "to": _due(done.terms)},
        "coverage": {"from": before.terms.coverage, "to": done.terms.coverage},
        "facts": {"from": before.facts.to_json(), "to": done.facts.to_json()},
        "contact": done.contact.address if done.contact else None,
        "vouched": done.vouched,
    }


def _due(terms: Terms) -> str | None:
    return terms.response_target.due.isoformat() if terms.response_target else None
