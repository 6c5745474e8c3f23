"""What happened, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from tickets import schema
from tickets.columns import countable
from tickets.rows import Event
from tickets.stored import event_of

PROGRAM = "mailtriage"
"""The actor of what no person did."""


def happening(
    kind: str, details: Mapping[str, Any] | None = None, *, actor: str, ticket: int | None = None
) -> dict[str, Any]:
    """An event's row, dated now."""
    return {"at": datetime.now(UTC), "kind": kind, "ticket": ticket, "actor": actor, "details": dict(details or {})}


def add(connection: Connection, happenings: Sequence[Mapping[str, Any]]) -> None:
    """Writes events in the order given."""
    if happenings:
        connection.execute(insert(schema.event), list(happenings))


def newest(connection: Connection, ticket: int | None, limit: int) -> list[Event]:
    """Events, newest first; of one ticket if a number is given."""
    query = select(schema.event).order_by(schema.event.c.id.desc()).limit(countable(limit))
    if ticket is not None:
        query = query.where(schema.event.c.ticket == countable(ticket))
    return [event_of(row) for row in connection.execute(query)]
