"""The outbox: a row for each event and each target that is to be told of it, written together with the event.

A row waits for ``next_try``. Taking it puts that off by a lease, so that what a process took and never finished is
taken again, and counts the try; the count also shows whether a row is still the taker's own. A row with neither
``next_try`` nor ``done_at`` was given up.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, tuple_, update

from tickets.columns import countable
from tickets.events import PROGRAM, add, happening
from tickets.faults import StoreError
from tickets.notifying.subscriptions import Channel
from tickets.rows import Event
from tickets.schema import event, notification

GIVEN_UP = "notification_given_up"
RETRIED = "notification_retried"
LONGEST_ERROR = 500
FAILING_TRIES = 3
"""From so many tries on, a notification that still waits is a sign that its target cannot be reached."""

State = Literal["waiting", "failing", "given_up", "sent"]


class NoSuchNotification(StoreError):
    """There is no notification of that number, or none that could be sent again."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One event told to one target: ``tries`` so far, the ``error`` of the last one, when it is tried next."""

    id: int
    event: Event
    channel: Channel
    target: str
    next_try: datetime | None
    tries: int
    error: str
    done_at: datetime | None

    @property
    def state(self) -> State:
        """Whether it was sent, was given up, failed and is tried again, or waits for its first try."""
        if self.done_at is not None:
            return "sent"
        if self.next_try is None:
            return "given_up"
        return "failing" if self.error else "waiting"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A target that cannot be told: how many notifications were given up or fail, and the error of the newest."""

    channel: Channel
    target: str
    given_up: int
    failing: int
    error: str


def is_due(connection: Connection, channel: Channel, targets: Sequence[str], now: datetime) -> bool:
    """Whether any notification of these targets is due: asked before a transaction that writes is begun."""
    return connection.scalar(_due(channel, targets, now).limit(1)) is not None


def claim(
    connection: Connection, channel: Channel, targets: Sequence[str], now: datetime, lease_ends: datetime
) -> Notification | None:
    """The notification of these targets that has been due longest, now this process's until the lease ends."""
    due = _due(channel, targets, now).order_by(notification.c.next_try, notification.c.id).limit(1)
    number = connection.scalar(due.with_for_update(skip_locked=True))
    if number is None:
        return None
    connection.execute(
        update(notification)
        .where(notification.c.id == number)
        .values(next_try=lease_ends, tries=notification.c.tries + 1)
    )
    return one(connection, number)


def sent(connection: Connection, claimed: Notification, now: datetime) -> None:
    """Marks it as sent, whoever else has taken it meanwhile: it has arrived."""
    connection.execute(
        update(notification)
        .where(notification.c.id == claimed.id, notification.c.done_at.is_(None))
        .values(next_try=None, done_at=now, error="")
    )


def failed(connection: Connection, claimed: Notification, error: str, next_try: datetime | None, now: datetime) -> bool:
    """Notes why it could not be sent and when it is tried next; None gives it up, with an event.

    False when the lease had ended and another process has it: then nothing is written.
    """
    done = connection.execute(
        update(notification)
        .where(notification.c.id == claimed.id, notification.c.tries == claimed.tries)
        .where(notification.c.next_try == claimed.next_try)
        .values(next_try=next_try, error=error[:LONGEST_ERROR])
    )
    if done.rowcount == 0:
        return False
    if next_try is None:
        details = {
            "notification": claimed.id,
            "channel": claimed.channel,
            "target": claimed.target,
            "of": claimed.event.kind,
            "tries": claimed.tries,
            "error": error[:LONGEST_ERROR],
        }
        add(connection, [happening(GIVEN_UP, details, actor=PROGRAM, ticket=claimed.event.ticket) | {"at": now}])
    return True


def one(connection: Connection, number: int) -> Notification | None:
    row = connection.execute(_joined().where(notification.c.id == countable(number))).one_or_none()
    return _notification_of(row) if row is not None else None


def newest(connection: Connection, *, failed: bool, limit: int, before: int | None = None) -> list[Notification]:
    """Notifications, newest first, below the id ``before``; with ``failed`` those given up and those failing."""
    query = _joined().order_by(notification.c.id.desc()).limit(countable(limit))
    if failed:
        query = query.where(notification.c.done_at.is_(None), or_(_given_up(), notification.c.error != ""))
    if before is not None:
        query = query.where(notification.c.id < countable(before))
    return [_notification_of(row) for row in connection.execute(query)]


def retry(connection: Connection, number: int | None, now: datetime, *, actor: str) -> list[int]:
    """Makes one notification due now with all its tries before it, or without a number all that were given up.

    Returns their ids. Raises :class:`NoSuchNotification`, also for one that was sent.
    """
    if number is not None:
        found = one(connection, number)
        if found is None:
            raise NoSuchNotification(f"There is no notification {number}.")
        if found.done_at is not None:
            raise NoSuchNotification(f"Notification {number} was sent on {found.done_at:%Y-%m-%d %H:%M} UTC.")
    chosen = notification.c.id == countable(number) if number is not None else _given_up()
    ids = list(
        connection.scalars(
            update(notification)
            .where(chosen, notification.c.done_at.is_(None))
            .values(next_try=now, tries=0)
            .returning(notification.c.id)
        )
    )
    if ids:
        add(connection, [happening(RETRIED, {"notifications": sorted(ids)}, actor=actor)])
    return sorted(ids)


def troubles(connection: Connection, targets: Collection[tuple[str, str]]) -> list[Trouble]:
    """Which of these targets (channel and target) cannot be told.

    Of what was given up, only what no later notification to the same target has got through since.
    """
    channel, target = notification.c.channel, notification.c.target
    asked = tuple_(channel, target).in_(targets)
    got_through = (
        select(channel, target, func.max(notification.c.id).label("newest"))
        .where(notification.c.done_at.is_not(None), asked)
        .group_by(channel, target)
        .subquery()
    )
    same_target = and_(got_through.c.channel == channel, got_through.c.target == target)
    given_up = and_(_given_up(), notification.c.id > func.coalesce(got_through.c.newest, 0))
    failing = and_(notification.c.next_try.is_not(None), notification.c.tries >= FAILING_TRIES)
    query = (
        select(
            channel,
            target,
            func.count(notification.c.id).filter(notification.c.next_try.is_(None)).label("given_up"),
            func.count(notification.c.id).filter(notification.c.next_try.is_not(None)).label("failing"),
            func.max(notification.c.id).label("newest"),
        )
        .join_from(notification, got_through, same_target, isouter=True)
        .where(asked, or_(given_up, failing))
        .group_by(channel, target)
        .order_by(channel, target)
    )
    rows = connection.execute(query).all()
    errors = select(notification.c.id, notification.c.error).where(notification.c.id.in_([r.newest for r in rows]))
    said = {row.id: row.error for row in connection.execute(errors)}
    return [Trouble(r.channel, r.target, r.given_up, r.failing, said[r.newest]) for r in rows]


def waiting(connection: Connection) -> dict[tuple[str, str], int]:
    """How many notifications wait for each channel and target."""
    query = (
        select(notification.c.channel, notification.c.target, func.count())
        .where(notification.c.next_try.is_not(None))
        .group_by(notification.c.channel, notification.c.target)
    )
    return {(channel, target): count for channel, target, count in connection.execute(query)}


def _due(channel: Channel, targets: Sequence[str], now: datetime) -> Select[Any]:
    wanted = (notification.c.channel == channel, notification.c.target.in_(targets))
    return select(notification.c.id).where(notification.c.next_try <= now, *wanted)


def _given_up() -> ColumnElement[bool]:
    return and_(notification.c.next_try.is_(None), notification.c.done_at.is_(None))


def _joined() -> Select[Any]:
    return select(
        notification,
        event.c.at.label("event_at"),
        event.c.kind.label("event_kind"),
        event.c.ticket.label("event_ticket"),
        event.c.actor.label("event_actor"),
        event.c.details.label("event_details"),
    ).join_from(notification, event, notification.c.event == event.c.id)


def _notification_of(row: Row[Any]) -> Notification:
    happened = Event(
        row.event, row.event_at, row.event_kind, row.event_ticket, row.event_actor, dict(row.event_details)
    )
    return Notification(row.id, happened, row.channel, row.target, row.next_try, row.tries, row.error, row.done_at)
