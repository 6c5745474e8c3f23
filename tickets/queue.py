"""Tickets and messages as they are read: one, the review queue, what was set aside, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from sqlalchemy import Connection, Row, Select, case, func, select

from policies.labels import Severity
from tickets import schema
from tickets.audits import blinded, waiting_numbers
from tickets.columns import countable
from tickets.compression import decompress
from tickets.rows import Disposition, QueueItem, State, StoredMessage, Ticket
from tickets.schema import dispute, message, ticket
from tickets.stored import (
    MESSAGE_COLUMNS,
    message_of,
    queue_item_of,
    queue_with_customer,
    ticket_of,
    tickets_with_customer,
)
from tickets.work.linking import opening_elsewhere

LEAST_URGENT = Severity.SEV2
"""SEV1 is the most severe and sorts first."""


def one(connection: Connection, number: int) -> Ticket | None:
    """The ticket of that number."""
    row = connection.execute(tickets_with_customer().where(ticket.c.number == countable(number))).one_or_none()
    return None if row is None else ticket_of(row)


def messages_of(connection: Connection, number: int) -> list[StoredMessage]:
    """The ticket's mails: the one that opened it, then the others as they came.

    A ticket that was opened from another one begins with the mail of that.
    """
    query = (
        select(*MESSAGE_COLUMNS)
        .where(message.c.ticket == countable(number))
        .order_by(message.c.disposition != "ticket", message.c.received_at, message.c.id)
    )
    found = [message_of(row) for row in connection.execute(query)]
    if any(each.disposition == "ticket" for each in found):
        return found
    return [*opening_elsewhere(connection, number), *found]


def message_with(connection: Connection, message_id: int) -> StoredMessage | None:
    """The message of that id."""
    row = connection.execute(select(*MESSAGE_COLUMNS).where(message.c.id == countable(message_id))).one_or_none()
    return None if row is None else message_of(row)


def raw(connection: Connection, message_id: int) -> bytes | None:
    """The raw bytes of a message, as they were fetched."""
    table = schema.raw_mail
    blob = connection.scalar(select(table.c.compressed).where(table.c.message_id == countable(message_id)))
    return None if blob is None else decompress(blob)


def review(connection: Connection, policy: str | None, limit: int, offset: int) -> list[QueueItem]:
    """Tickets in review: the most severe first, then what is due first, then the oldest.

    Open audits of tickets that are not in review stand between what is urgent and the rest: nothing waits for them,
    and what they show is worth the more the sooner it is known.
    """
    in_review = queue_with_customer().where(ticket.c.state == "review")
    in_review = in_review.order_by(
        ticket.c.severity,
        case((ticket.c.due_at.is_(None), 1), else_=0),
        ticket.c.due_at,
        ticket.c.created_at,
        ticket.c.number,
    )
    beside = queue_with_customer().where(ticket.c.state != "review", ticket.c.number.in_(waiting_numbers()))
    parts: Sequence[Select[Any]] = (
        in_review.where(ticket.c.severity <= LEAST_URGENT),
        beside.order_by(ticket.c.created_at.desc(), ticket.c.number.desc()),
        in_review.where(ticket.c.severity > LEAST_URGENT),
    )
    if policy is not None:
        parts = tuple(part.where(ticket.c.policy == policy) for part in parts)
    items = [queue_item_of(row) for row in one_after_the_other(connection, parts, limit, offset)]
    return blinded(connection, items)


def one_after_the_other(
    connection: Connection, parts: Sequence[Select[Any]], limit: int, offset: int
) -> list[Row[Any]]:
    """The rows of several queries as if they were one list, from ``offset`` on."""
    found: list[Row[Any]] = []
    limit, offset = countable(limit), countable(offset)
    for part in parts:
        rows = connection.execute(part.limit(limit - len(found)).offset(offset)).all()
        found += rows
        if len(found) == limit:
            break
        if offset and not rows:
            offset -= connection.execute(select(func.count()).select_from(part.order_by(None).subquery())).scalar_one()
        else:
            offset = 0
    return found


def counts(connection: Connection) -> dict[str, int]:
    """Tickets by state and messages by disposition, every one of them named, and open disputes as ``disputed``."""
    found = dict.fromkeys((*get_args(State), *get_args(Disposition)), 0)
    for column in (ticket.c.state, message.c.disposition):
        found |= {row[0]: row[1] for row in connection.execute(select(column, func.count()).group_by(column))}
    open_disputes = select(func.count()).select_from(dispute).where(dispute.c.settled_at.is_(None))
    return {**found, "disputed": connection.execute(open_disputes).scalar_one()}
