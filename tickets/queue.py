"""Tickets and messages as they are read: one, the review queue, what was set aside, and how many there are."""

from __future__ import annotations

from typing import get_args

from sqlalchemy import Connection, case, func, select

from tickets import schema
from tickets.columns import countable
from tickets.compression import decompress
from tickets.rows import Disposition, QueueItem, State, StoredMessage, Ticket
from tickets.schema import message, ticket
from tickets.stored import (
    MESSAGE_COLUMNS,
    message_of,
    queue_item_of,
    queue_with_customer,
    ticket_of,
    tickets_with_customer,
)


def one(connection: Connection, number: int) -> Ticket | None:
    """The ticket of that number."""
    row = connection.execute(tickets_with_customer().where(ticket.c.number == countable(number))).one_or_none()
    return None if row is None else ticket_of(row)


def messages_of(connection: Connection, number: int) -> list[StoredMessage]:
    """The ticket's mails: the one that opened it, then the others as they came."""
    query = (
        select(*MESSAGE_COLUMNS)
        .where(message.c.ticket == countable(number))
        .order_by(message.c.disposition != "ticket", message.c.received_at, message.c.id)
    )
    return [message_of(row) for row in connection.execute(query)]


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
    """Tickets in review: the most severe first, then what is due first, then the oldest."""
    query = (
        queue_with_customer()
        .where(ticket.c.state == "review")
        .order_by(
            ticket.c.severity,
            case((ticket.c.due_at.is_(None), 1), else_=0),
            ticket.c.due_at,
            ticket.c.created_at,
            ticket.c.number,
        )
    )
    if policy is not None:
        query = query.where(ticket.c.policy == policy)
    return [queue_item_of(row) for row in connection.execute(query.limit(countable(limit)).offset(countable(offset)))]


def counts(connection: Connection) -> dict[str, int]:
    """Tickets by state and messages by disposition; every state and disposition is named."""
    found = dict.fromkeys((*get_args(State), *get_args(Disposition)), 0)
    for column in (ticket.c.state, message.c.disposition):
        found |= {row[0]: row[1] for row in connection.execute(select(column, func.count()).group_by(column))}
    return found
