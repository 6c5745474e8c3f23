"""Which tickets are due, told once for each due time: found from rows alone, whatever ran or did not run meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from tickets.columns import countable
from tickets.connections import is_sqlite
from tickets.events import PROGRAM, add, happening
from tickets.schema import deadline_notice, ticket

Kind = Literal["near", "missed"]

EVENT_KINDS: Mapping[Kind, str] = {"near": "deadline_near", "missed": "deadline_missed"}


@dataclass(frozen=True, slots=True)
class Due:
    """A ticket whose first response is due at ``due_at``, by the promise ``within`` in the calendar of that title.

    ``policy_version`` is the version that decided it; ``received_at`` when its mail came.
    """

    ticket: int
    policy: str
    policy_version: str | None
    due_at: datetime
    received_at: datetime
    within: str | None
    calendar: str | None


@dataclass(frozen=True, slots=True)
class DeadlineNotice:
    """That a ticket's due time is near or was missed, with the details of its event."""

    ticket: int
    kind: Kind
    due_at: datetime
    details: Mapping[str, Any]


def untold(
    connection: Connection,
    kind: Kind,
    after: datetime,
    until: datetime,
    limit: int,
    beyond: tuple[datetime, int] | None = None,
) -> list[Due]:
    """Open, unanswered tickets on a running clock, due after the one and not later than the other moment, of which
    this was not told; the soonest first, from the one ``beyond`` that due time and number on.

    Nearness is told once for each due time; that it was missed, again only when the due time has moved later.
    """
    query = _due().where(ticket.c.due_at > after, ticket.c.due_at <= until, ~_told(kind))
    if beyond is not None:
        due_at, number = beyond
        at_once = and_(ticket.c.due_at == due_at, ticket.c.number > countable(number))
        query = query.where(ticket.c.due_at >= due_at, or_(ticket.c.due_at > due_at, at_once))
    return [_due_of(row) for row in connection.execute(query.order_by(ticket.c.due_at, ticket.c.number).limit(limit))]


def tell(connection: Connection, notices: Sequence[DeadlineNotice], now: datetime) -> int:
    """Writes the notices that still hold, each with its event; how many. What another process has told is left out."""
    if not notices:
        return 0
    query = select(ticket.c.number, ticket.c.due_at).where(
        _running(), ticket.c.number.in_([notice.ticket for notice in notices])
    )
    standing = {row.number: row.due_at for row in connection.execute(query)}
    rows = [
        {"ticket": notice.ticket, "kind": notice.kind, "due_at": notice.due_at, "at": now}
        for notice in sorted(notices, key=lambda one: (one.ticket, one.kind))
        if standing.get(notice.ticket) == notice.due_at
    ]
    if not rows:
        return 0
    dialect = sqlite if is_sqlite(connection) else postgresql
    statement = dialect.insert(deadline_notice).values(rows).on_conflict_do_nothing()
    written = {
        (row.ticket, row.kind)
        for row in connection.execute(statement.returning(deadline_notice.c.ticket, deadline_notice.c.kind))
    }
    happenings = [
        happening(EVENT_KINDS[notice.kind], notice.details, actor=PROGRAM, ticket=notice.ticket) | {"at": now}
        for notice in notices
        if (notice.ticket, notice.kind) in written
    ]
    add(connection, happenings)
    return len(happenings)


def _running() -> ColumnElement[bool]:
    """As the index ``ix_ticket_due`` has it, and the clock is not paused."""
    return and_(
        ticket.c.state != "closed",
        ticket.c.answered_at.is_(None),
        ticket.c.due_at.is_not(None),
        ticket.c.paused_at.is_(None),
    )


def _told(kind: Kind) -> ColumnElement[bool]:
    same = and_(deadline_notice.c.ticket == ticket.c.number, deadline_notice.c.kind == kind)
    reached = deadline_notice.c.due_at >= ticket.c.due_at
    return exists().where(same, deadline_notice.c.due_at == ticket.c.due_at if kind == "near" else reached)


def _due() -> Select[Any]:
    return select(
        ticket.c.number,
        ticket.c.policy,
        ticket.c.due_at,
        ticket.c.created_at,
        ticket.c.terms[("response_target", "within")].as_string().label("within"),
        ticket.c.terms[("response_target", "calendar")].as_string().label("calendar"),
        ticket.c.verdict[("versions", "policy")].as_string().label("policy_version"),
    ).where(_running())


def _due_of(row: Row[Any]) -> Due:
    return Due(row.number, row.policy, row.policy_version, row.due_at, row.created_at, row.within, row.calendar)
