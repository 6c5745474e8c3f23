"""Database rows to the frozen rows that the store hands out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, Select, select

from classifier.verdict import Verdict
from intake.address import Address
from intake.new_text.forwarded import Forwarded
from intake.span import Span
from policies.facts import Facts
from policies.labels import LABELS
from policies.terms import Terms
from tickets.rows import Contact, Correction, Event, How, QueueItem, StoredMessage, Ticket, User
from tickets.schema import customer, message, ticket

MESSAGE_COLUMNS = [
    column for column in message.c if column.name not in ("conversation", "sameness", "thread_index", "sender_key")
]  # what a StoredMessage shows

QUEUE_COLUMNS = [
    ticket.c[name]
    for name in (
        "number", "policy", "state", "review_reasons", "subject", "sender_name", "sender_address", "severity", "scope",
        "issue_type", "topic", "created_at", "due_at", "paused_at", "answered_at",
    )
]  # fmt: skip


def tickets_with_customer() -> Select[Any]:
    """All columns of tickets, and their customer's name."""
    return select(ticket, customer.c.name.label("customer_name")).join_from(ticket, customer, isouter=True)


def queue_with_customer() -> Select[Any]:
    """What a queue line shows of tickets."""
    return select(*QUEUE_COLUMNS, customer.c.name.label("customer_name")).join_from(ticket, customer, isouter=True)


def ticket_of(row: Row[Any]) -> Ticket:
    return Ticket(
        number=row.number,
        policy=row.policy,
        conversation=row.conversation,
        state=row.state,
        review_reasons=tuple(row.review_reasons),
        subject=row.subject,
        sender_name=row.sender_name,
        sender_address=row.sender_address,
        customer_id=row.customer_id,
        customer_name=row.customer_name,
        severity=row.severity,
        scope=row.scope,
        issue_type=row.issue_type,
        topic=row.topic,
        clauses=tuple(row.clauses),
        created_at=row.created_at,
        due_at=row.due_at,
        verdict=Verdict.from_json(row.verdict),
        facts=Facts.from_json(row.facts),
        terms=Terms.from_json(row.terms),
        corrected=dict(row.corrected),
        previous=row.previous,
        answered_at=row.answered_at,
        answered_by=row.answered_by,
        paused_at=row.paused_at,
        charge_state=row.charge_state,
        origin=row.origin,
        erased_at=row.erased_at,
    )


def is_still(row: Row[Any], seen: Ticket) -> bool:
    """Whether a ticket's row has all that its terms are worked out from as it was when the ticket was read."""
    said = row.customer_id == seen.customer_id and row.corrected == seen.corrected
    labels = all(row._mapping[label] == getattr(seen, label) for label in LABELS)
    return said and labels and Facts.from_json(row.facts) == seen.facts


def queue_item_of(row: Row[Any], excerpt: str = "") -> QueueItem:
    columns = dict(row._mapping)
    return QueueItem(**{**columns, "review_reasons": tuple(row.review_reasons), "excerpt": excerpt})


def message_of(row: Row[Any]) -> StoredMessage:
    columns = dict(row._mapping)
    read = {
        "attachments": tuple(row.attachments),
        "defects": tuple(row.defects),
        "spans": tuple(Span(*span) for span in row.spans),
        "forwarded": _forwarded_of(row.forwarded),
    }
    return StoredMessage(**{**columns, **read})


def _forwarded_of(value: Mapping[str, Any] | None) -> Forwarded | None:
    if value is None:
        return None
    sender = value["sender"]
    return Forwarded(Address(*sender) if sender else None, value["subject"], value["date"])


def contact_of(row: Row[Any]) -> Contact:
    return Contact(row.id, row.customer_id, row.address, row.name, dict(row.facts), row.left_on)


def correction_of(row: Row[Any]) -> Correction:
    return Correction(
        id=row.id,
        ticket=row.ticket,
        label=row.label,
        from_value=row.from_value,
        from_source=row.from_source,
        to_value=row.to_value,
        why=row.why,
        agent=row.agent,
        at=row.at,
        how=How(row.blind, row.seconds, row.bulk),
    )


def event_of(row: Row[Any]) -> Event:
    return Event(row.id, row.at, row.kind, row.ticket, row.actor, dict(row.details))


def user_of(row: Row[Any]) -> User:
    return User(row.id, row.name, row.role, row.password_hash)
