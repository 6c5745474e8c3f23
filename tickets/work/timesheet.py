"""The time that was worked on tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from tickets.columns import countable
from tickets.events import add, happening
from tickets.faults import StoreError, TicketChanged
from tickets.schema import ticket, work_entry
from tickets.work.work_orders import WorkOrder, lock, one

TIME_BOOKED = "time_booked"
TIME_REMOVED = "time_removed"


@dataclass(frozen=True, slots=True)
class NewEntry:
    """Time to be booked: minutes of a kind of work on a day, for an activity that the price list counts."""

    day: date
    minutes: int
    kind: str
    activity: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class WorkEntry:
    """Booked time."""

    id: int
    ticket: int
    day: date
    minutes: int
    kind: str
    activity: str
    note: str
    agent: str
    at: datetime


def book(connection: Connection, number: int, entry: NewEntry, *, agent: str, expected: WorkOrder | None) -> WorkEntry:
    """Books time on a ticket; see :meth:`tickets.store.Store.book_time`."""
    lock(connection, number)
    if one(connection, number) != expected:
        raise TicketChanged(number)
    row = {
        "ticket": number,
        "day": entry.day,
        "minutes": entry.minutes,
        "kind": entry.kind,
        "activity": entry.activity,
        "note": entry.note,
        "agent": agent,
        "at": datetime.now(UTC),
    }
    booked = _entry_of(connection.execute(insert(work_entry).values(row).returning(*_columns())).one())
    add(connection, [happening(TIME_BOOKED, _told(booked), actor=agent, ticket=number)])
    return booked


def remove(connection: Connection, entry_id: int, *, agent: str) -> WorkEntry:
    """Takes booked time out of the timesheet; raises :class:`StoreError` when it is not in it."""
    query = _standing().where(work_entry.c.id == countable(entry_id)).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        raise StoreError(f"There is no entry {entry_id} in the timesheet.")
    found = _entry_of(row)
    connection.execute(update(work_entry).where(work_entry.c.id == found.id).values(removed_at=datetime.now(UTC)))
    add(connection, [happening(TIME_REMOVED, _told(found), actor=agent, ticket=found.ticket)])
    return found


def entries(
    connection: Connection,
    *,
    number: int | None = None,
    customers: Sequence[int] | None = None,
    begin: date | None = None,
    end: date | None = None,
) -> list[WorkEntry]:
    """Booked time, by day: of a ticket, of customers' tickets, from ``begin`` to before ``end``."""
    query = _standing()
    if number is not None:
        query = query.where(work_entry.c.ticket == countable(number))
    if customers is not None:
        theirs = select(ticket.c.number).where(ticket.c.customer_id.in_(list(customers)))
        query = query.where(work_entry.c.ticket.in_(theirs))
    if begin is not None:
        query = query.where(work_entry.c.day >= begin)
    if end is not None:
        query = query.where(work_entry.c.day < end)
    return [_entry_of(row) for row in connection.execute(query.order_by(work_entry.c.day, work_entry.c.id))]


def _columns() -> list[Any]:
    return [column for column in work_entry.c if column.name != "removed_at"]


def _standing() -> Select[Any]:
    return select(*_columns()).where(work_entry.c.removed_at.is_(None))


def _entry_of(row: Row[Any]) -> WorkEntry:
    return WorkEntry(**row._mapping)


def _told(entry: WorkEntry) -> dict[str, Any]:
    return {
        "entry": entry.id,
        "day": entry.day.isoformat(),
        "minutes": entry.minutes,
        "kind": entry.kind,
        "activity": entry.activity,
    }
