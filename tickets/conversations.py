"""What the desk asks of the mails recorded so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from tickets.columns import storable
from tickets.deliveries import parts
from tickets.schema import message, participant, ticket


class Carrier(NamedTuple):
    """A message that carries a msg-id: its conversation, the ticket of that, and the message's identity."""

    conversation: str
    ticket: int | None
    identity: str | None


class PastRequest(NamedTuple):
    """An earlier ticket of a customer."""

    number: int
    topic: str
    created_at: datetime


def carriers(
    connection: Connection, message_ids: Collection[str], policy: str | None = None
) -> dict[str, list[Carrier]]:
    """For each msg-id known, the messages that carry it, oldest first; of one policy if a name is given."""
    asked = {storable(message_id): message_id for message_id in message_ids}
    newest = select(func.max(ticket.c.number)).where(ticket.c.conversation == message.c.conversation)
    found: dict[str, list[Carrier]] = {}
    for part in parts(sorted(asked)):
        query = (
            select(message.c.message_id, message.c.conversation, newest.scalar_subquery(), message.c.identity)
            .where(message.c.message_id.in_(part), message.c.conversation.is_not(None))
            .order_by(message.c.id)
        )
        if policy is not None:
            query = query.where(message.c.policy == policy)
        for row in connection.execute(query):
            found.setdefault(asked[row[0]], []).append(Carrier(*row[1:]))
    return found


def participants(connection: Connection, conversations: Collection[str]) -> dict[str, frozenset[str]]:
    """For each conversation, the folded addresses that take part in it."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for part in parts(sorted(set(conversations))):
        for row in connection.execute(select(participant).where(participant.c.conversation.in_(part))):
            found[row.conversation].add(row.address)
    return {conversation: frozenset(found[conversation]) for conversation in conversations}


def known_identities(connection: Connection, identities: Collection[str]) -> dict[str, int]:
    """Message identity to the first message that has it and was not quarantined."""
    found: dict[str, int] = {}
    for part in parts(sorted(set(identities))):
        query = (
            select(message.c.sameness, func.min(message.c.id))
            .where(message.c.sameness.in_(part), message.c.disposition.not_in(("duplicate", "quarantined")))
            .group_by(message.c.sameness)
        )
        found |= {row[0]: row[1] for row in connection.execute(query)}
    return found


def past_requests(
    connection: Connection, policy: str, customers: Collection[int], before: datetime
) -> dict[int, list[PastRequest]]:
    """For each customer, the tickets dated before a moment, newest first."""
    found: dict[int, list[PastRequest]] = {customer: [] for customer in customers}
    for part in parts(sorted(found)):
        query = (
            select(ticket.c.customer_id, ticket.c.number, ticket.c.topic, ticket.c.created_at)
            .where(ticket.c.policy == policy, ticket.c.customer_id.in_(part), ticket.c.created_at < before)
            .order_by(ticket.c.created_at.desc(), ticket.c.number.desc())
        )
        for row in connection.execute(query):
            found[row.customer_id].append(PastRequest(*row[1:]))
    return found
