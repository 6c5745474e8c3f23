"""The tickets of a conversation: one at most is open, and a mail that comes after it was closed opens the next."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from tickets.columns import countable
from tickets.deliveries import parts
from tickets.events import PROGRAM, happening
from tickets.schema import ticket


class Requests(NamedTuple):
    """The tickets of some conversations, by conversation: the open one, and the newest of those closed."""

    open: Mapping[str, int]
    closed: Mapping[str, int]


def requests_of(connection: Connection, conversations: Collection[str]) -> Requests:
    """What tickets each conversation has; a conversation without any is left out."""
    opened: dict[str, int] = {}
    closed: dict[str, int] = {}
    for part in parts(sorted(set(conversations))):
        query = select(ticket.c.conversation, ticket.c.number, ticket.c.state).where(ticket.c.conversation.in_(part))
        for row in connection.execute(query.order_by(ticket.c.number)):
            (closed if row.state == "closed" else opened)[row.conversation] = row.number
    return Requests(opened, closed)


def open_beside(connection: Connection, row: Row[Any]) -> int | None:
    """The open ticket of the same conversation as a closed one, by the row of that."""
    query = select(ticket.c.number).where(
        ticket.c.conversation == row.conversation, ticket.c.state != "closed", ticket.c.number != row.number
    )
    return connection.scalar(query)


def following(connection: Connection, number: int) -> list[int]:
    """The tickets that go on with a closed one, the oldest first."""
    conversation = select(ticket.c.conversation).where(ticket.c.number == countable(number)).scalar_subquery()
    query = select(ticket.c.number).where(ticket.c.conversation == conversation, ticket.c.previous == countable(number))
    return list(connection.scalars(query.order_by(ticket.c.number)))


def followed_up(opened: Mapping[str, int], closed: Mapping[str, int]) -> list[dict[str, Any]]:
    """The events of closed tickets whose conversations go on with the tickets just opened."""
    return [
        happening("followed_up", {"by": number}, actor=PROGRAM, ticket=closed[conversation])
        for conversation, number in opened.items()
        if conversation in closed
    ]
