"""What the desk asks of the mails recorded so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, ScalarSelect, func, or_, select

from tickets.among import among
from tickets.awaiting import key_of
from tickets.columns import countable, storable
from tickets.events import CLOSED_NO_REQUEST, STATE_CHANGED
from tickets.schema import awaited, event, message, participant, ticket

MAX_PARTICIPANTS = 100_000
"""So many are read at once: a hostile mail may answer a hundred mails that were written to thousands each."""


class Home(NamedTuple):
    """A conversation that a mail may go on with, and the open ticket of it."""

    conversation: str
    ticket: int | None


class Waiting(NamedTuple):
    """A conversation one of whose mails answers a mail unknown then, and who wrote the first such mail."""

    home: Home
    sender: str


class PastRequest(NamedTuple):
    """An earlier ticket of a customer, and whether its mail was proven to be the customer's (RFC 8601)."""

    number: int
    topic: str
    created_at: datetime
    proven: bool


def carriers(connection: Connection, message_ids: Collection[str], policy: str) -> dict[str, list[Home]]:
    """For each msg-id known under a policy, where the messages that carry it belong, oldest first."""
    return _homes(connection, message.c.message_id, {storable(each): each for each in message_ids}, policy)


def of_thread_indexes(connection: Connection, guids: Collection[str], policy: str) -> dict[str, list[Home]]:
    """For each conversation's GUID known under a policy, where the messages whose Thread-Index has it belong."""
    return _homes(connection, message.c.thread_index, {guid: guid for guid in guids}, policy)


def _homes(connection: Connection, column: Column[Any], asked: Mapping[str, str], policy: str) -> dict[str, list[Home]]:
    found: dict[str, dict[Home, None]] = {}
    query = (
        select(column, message.c.conversation, _open_ticket_of(message.c.conversation))
        .where(message.c.conversation.is_not(None), message.c.policy == policy)
        .order_by(message.c.id)
    )
    if asked:
        for row in connection.execute(query.where(among(connection, column, asked))):
            found.setdefault(asked[row[0]], {})[Home(*row[1:])] = None
    return {key: list(homes) for key, homes in found.items()}


def _open_ticket_of(conversation: ColumnElement[str]) -> ScalarSelect[int]:
    return (
        select(ticket.c.number)
        .where(ticket.c.conversation == conversation, ticket.c.state != "closed")
        .scalar_subquery()
    )


def of_tickets(connection: Connection, numbers: Collection[int], policy: str) -> dict[int, Home]:
    """Where the tickets of those numbers belong, if they are of that policy."""
    own = ticket.alias()
    query = select(own.c.number, own.c.conversation, _open_ticket_of(own.c.conversation)).where(own.c.policy == policy)
    condition = among(connection, own.c.number, {countable(number) for number in numbers})
    return {row[0]: Home(*row[1:]) for row in connection.execute(query.where(condition))}


def waiting(connection: Connection, message_ids: Collection[str], policy: str) -> dict[str, list[Waiting]]:
    """For each msg-id that recorded mails of a policy answer and that nobody carried then, their conversations."""
    asked = {key_of(policy, message_id): message_id for message_id in message_ids}
    found: dict[str, list[Waiting]] = {}
    query = select(
        awaited.c.key, awaited.c.conversation, _open_ticket_of(awaited.c.conversation), awaited.c.sender
    ).order_by(awaited.c.key, awaited.c.conversation)
    if asked:
        for row in connection.execute(query.where(among(connection, awaited.c.key, asked))):
            found.setdefault(asked[row[0]], []).append(Waiting(Home(*row[1:3]), row[3]))
    return found


def participants(
    connection: Connection, conversations: Collection[str], addresses: Collection[str] | None = None
) -> dict[str, frozenset[str]]:
    """For each conversation, the folded addresses that take part in it; of ``addresses`` alone, if given."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    if conversations:
        query = select(participant).where(among(connection, participant.c.conversation, conversations))
        if addresses is not None:
            query = query.where(among(connection, participant.c.address, map(storable, addresses)))
        for conversation, address in connection.execute(query.limit(MAX_PARTICIPANTS)):
            found[conversation].add(address)
    return {conversation: frozenset(found[conversation]) for conversation in conversations}


def known_identities(connection: Connection, identities: Collection[str]) -> dict[str, int]:
    """Message identity to the first message that has it and was not quarantined."""
    query = (
        select(message.c.sameness, func.min(message.c.id))
        .where(among(connection, message.c.sameness, identities))
        .where(message.c.disposition.not_in(("duplicate", "quarantined")))
        .group_by(message.c.sameness)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def past_requests(
    connection: Connection, policy: str, customers: Collection[int], before: datetime
) -> dict[int, list[PastRequest]]:
    """For each customer, the tickets dated before a moment, newest first; without those closed as no request."""
    found: dict[int, list[PastRequest]] = {customer: [] for customer in customers}
    proven = func.coalesce(ticket.c.facts["sender_proven"].as_boolean(), False)
    query = (
        select(ticket.c.customer_id, ticket.c.number, ticket.c.topic, ticket.c.created_at, proven)
        .where(among(connection, ticket.c.customer_id, found))
        .where(ticket.c.policy == policy, ticket.c.created_at < before)
        .where(or_(ticket.c.state != "closed", _last_closing() != CLOSED_NO_REQUEST))
        .order_by(ticket.c.created_at.desc(), ticket.c.number.desc())
    )
    for row in connection.execute(query) if found else ():
        found[row.customer_id].append(PastRequest(*row[1:]))
    return found


def _last_closing() -> ColumnElement[str]:
    """How a closed ticket was closed last: the kind of the event; empty where no event says."""
    kinds = (CLOSED_NO_REQUEST, STATE_CHANGED)
    last = select(event.c.kind).where(event.c.ticket == ticket.c.number, event.c.kind.in_(kinds))
    return func.coalesce(last.order_by(event.c.id.desc()).limit(1).scalar_subquery(), "")
