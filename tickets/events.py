"""What happened, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from tickets import schema
from tickets.columns import countable
from tickets.faults import ChangedSinceSeen
from tickets.notifying.outbox import write_told
from tickets.rows import Event
from tickets.stored import event_of

PROGRAM = "mailtriage"
"""The actor of what no person did."""

STATE_CHANGED = "state_changed"
CLOSED_NO_REQUEST = "closed_no_request"


def happening(
    kind: str, details: Mapping[str, Any] | None = None, *, actor: str, ticket: int | None = None
) -> dict[str, Any]:
    """An event's row, dated now."""
    return {"at": datetime.now(UTC), "kind": kind, "ticket": ticket, "actor": actor, "details": dict(details or {})}


def add(connection: Connection, happenings: Sequence[Mapping[str, Any]]) -> None:
    """Writes events in the order given, and what is to be told of them to whom the store has subscribed."""
    if happenings and not write_told(connection, happenings):
        connection.execute(insert(schema.event), list(happenings))


def check_seen(connection: Connection, ticket: int, seen: int | None) -> None:
    """Raises :class:`ChangedSinceSeen` unless ``seen`` is the ticket's newest event (0: none; None: whatever it is).

    It holds until the transaction ends where the ticket's row is locked before.
    """
    latest = select(func.max(schema.event.c.id)).where(schema.event.c.ticket == countable(ticket))
    if seen is not None and (connection.scalar(latest) or 0) != seen:
        raise ChangedSinceSeen(ticket)


def newest(connection: Connection, ticket: int | None, limit: int) -> list[Event]:
    """Events, newest first; of one ticket if a number is given."""
    query = select(schema.event).order_by(schema.event.c.id.desc()).limit(countable(limit))
    if ticket is not None:
        query = query.where(schema.event.c.ticket == countable(ticket))
    return [event_of(row) for row in connection.execute(query)]
