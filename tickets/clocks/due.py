"""What is due next, and what is due counted again from history."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, literal, select, update

from tickets.clocks import earlier_answers
from tickets.clocks.answers import standing_answers
from tickets.clocks.clock import due_by, pauses_of
from tickets.columns import countable
from tickets.events import PROGRAM, add, happening
from tickets.schema import customer, ticket

CHUNK = 200
RECOUNTED = "clock_recounted"
COUNTED = ("due_at", "paused_at", "answered_at", "answered_by")
"""The columns of a ticket that follow from its history."""

Which = Literal["running", "paused"]


@dataclass(frozen=True, slots=True)
class DueTicket:
    """An open ticket that waits for its first response: when it is due, and by what promise in which calendar.

    ``policy_version`` is the version that decided it; ``created_at`` is when its mail came.
    """

    number: int
    policy: str
    policy_version: str | None
    subject: str
    sender_name: str
    sender_address: str
    customer_name: str | None
    severity: str
    scope: str
    topic: str
    created_at: datetime
    due_at: datetime
    paused_at: datetime | None
    within: str | None
    calendar: str | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A column of a ticket that was not what its history says."""

    ticket: int
    column: str
    recorded: str | None
    counted: str | None


def waiting(connection: Connection, which: Which, policy: str | None, limit: int, offset: int) -> list[DueTicket]:
    """Open, unanswered tickets with a target whose clock runs, or is paused; what is due first, first."""
    query = _waiting().where(ticket.c.paused_at.is_(None) if which == "running" else ticket.c.paused_at.is_not(None))
    if policy is not None:
        query = query.where(ticket.c.policy == policy)
    query = query.order_by(ticket.c.due_at, ticket.c.severity, ticket.c.number)
    rows = connection.execute(query.limit(countable(limit)).offset(countable(offset)))
    return [DueTicket(**row._mapping) for row in rows]


def _waiting() -> Select[Any]:
    names = ("number", "policy", "subject", "sender_name", "sender_address", "severity", "scope", "topic")
    times = ("created_at", "due_at", "paused_at")
    return (
        select(
            *(ticket.c[name] for name in (*names, *times)),
            customer.c.name.label("customer_name"),
            ticket.c.terms[("response_target", "within")].as_string().label("within"),
            ticket.c.terms[("response_target", "calendar")].as_string().label("calendar"),
            ticket.c.verdict[("versions", "policy")].as_string().label("policy_version"),
        )
        .join_from(ticket, customer, isouter=True)
        # In the words of the index ix_ticket_due, so that SQLite uses it.
        .where(ticket.c.state != literal("closed", literal_execute=True))
        .where(ticket.c.answered_at.is_(None), ticket.c.due_at.is_not(None))
    )


def recount(connection: Connection, after: int) -> tuple[list[Difference], int | None]:
    """Counts the next open tickets numbered above ``after`` again, and mends what differs: an event each.

    Gives what differed, and the last number that was looked at; None when there are no more.
    """
    query = (
        select(ticket)
        .where(ticket.c.number > after, ticket.c.state != "closed")
        .order_by(ticket.c.number)
        .limit(CHUNK)
        .with_for_update(key_share=True)
    )
    rows = connection.execute(query).all()
    if not rows:
        return [], None
    numbers = [row.number for row in rows]
    earlier_answers.note(connection, numbers)
    pauses, answers = pauses_of(connection, numbers), standing_answers(connection, numbers)
    found: list[Difference] = []
    for row in rows:
        lasting = [each.began_at for each in pauses[row.number] if each.ended_at is None]
        answered_at, answered_by = answers.get(row.number, (None, None))
        counted = {
            "due_at": due_by(connection, row, row.terms, pauses[row.number]),
            "paused_at": lasting[-1] if lasting else None,
            "answered_at": answered_at,
            "answered_by": answered_by,
        }
        differing = list(_differences(row, counted))
        if differing:
            found += differing
            connection.execute(update(ticket).where(ticket.c.number == row.number).values(counted))
            details = {each.column: {"from": each.recorded, "to": each.counted} for each in differing}
            add(connection, [happening(RECOUNTED, details, actor=PROGRAM, ticket=row.number)])
    return found, numbers[-1]


def _differences(row: Row[Any], counted: dict[str, Any]) -> Iterator[Difference]:
    for column in COUNTED:
        recorded, by_history = _plain(row._mapping[column]), _plain(counted[column])
        if recorded != by_history:
            yield Difference(row.number, column, recorded, by_history)


def _plain(value: datetime | str | None) -> str | None:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
