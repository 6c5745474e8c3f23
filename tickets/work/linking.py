"""Tickets that an agent opens from another: they have no mail of their own and are read from the other's."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from classifier.verdict import Verdict
from policies.facts import Facts
from policies.labels import LABELS
from policies.terms import Terms
from tickets.columns import countable
from tickets.events import add, check_seen, happening
from tickets.faults import NoSuchTicket, TicketChanged
from tickets.numbers import draw
from tickets.rows import StoredMessage
from tickets.schema import message, ticket
from tickets.stored import MESSAGE_COLUMNS, message_of
from tickets.work.charges import opened_with
from tickets.work.quotas import Claim, settle

REQUEST_OPENED = "request_opened"
OPENED_FROM = "opened_from"


@dataclass(frozen=True, slots=True)
class LinkedTicket:
    """A ticket to be opened from another: how the mail reads, the agent's word on it, and what follows from both.

    ``labels`` are the four in force, ``said`` those of them that are the agent's word; the rest follow from the policy
    or from ``verdict``.
    """

    verdict: Verdict
    labels: Mapping[str, str]
    said: Mapping[str, str]
    derived: Mapping[str, str]
    clauses: tuple[str, ...]
    facts: Facts
    terms: Terms
    opened_at: datetime


def open_from(
    connection: Connection,
    origin: int,
    linked: LinkedTicket,
    *,
    agent: str,
    why: str,
    expected: int | None,
    seen: int | None = None,
) -> int:
    """Opens the ticket; its number. See :meth:`tickets.store.Store.open_linked`."""
    query = select(ticket).where(ticket.c.number == countable(origin)).with_for_update(key_share=True)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NoSuchTicket(origin)
    if row.customer_id != expected:
        raise TicketChanged(origin)
    check_seen(connection, origin, seen)
    [number] = draw(connection, ticket, 1)
    target = linked.terms.response_target
    sources = {label: decision.source for label, decision in linked.verdict.labels.items()}
    values = {
        "number": number,
        "policy": row.policy,
        # A conversation of its own, in which nobody takes part: the customer's answers stay where they belong.
        "conversation": uuid.uuid4().hex,
        "state": "decided",
        "review_reasons": [],
        "subject": row.subject,
        "sender_name": row.sender_name,
        "sender_address": row.sender_address,
        "customer_id": row.customer_id,
        **{label: linked.labels[label] for label in LABELS},
        "sources": {**sources, **dict.fromkeys(linked.derived, "rule"), **dict.fromkeys(linked.said, "agent")},
        "corrected": dict(linked.said),
        "clauses": list(linked.clauses),
        "created_at": linked.opened_at,
        "due_at": target.due if target else None,
        "verdict": linked.verdict.to_json(),
        "facts": linked.facts.to_json(),
        "terms": linked.terms.to_json(),
        "previous": None,
        "charge_state": opened_with(linked.terms),
        "origin": origin,
    }
    connection.execute(insert(ticket).values(values))
    used = settle(connection, [Claim(number, row.customer_id, linked.terms.quotas)], actor=agent)
    labels = {label: linked.labels[label] for label in LABELS}
    opened = happening(OPENED_FROM, {"ticket": origin, "labels": labels, "why": why}, actor=agent, ticket=number)
    noted = happening(REQUEST_OPENED, {"ticket": number, "why": why}, actor=agent, ticket=origin)
    add(connection, [opened, *used, noted])
    return number


def opened_from(connection: Connection, number: int) -> list[int]:
    """The tickets that were opened from one, oldest first."""
    query = select(ticket.c.number).where(ticket.c.origin == countable(number)).order_by(ticket.c.number)
    return list(connection.scalars(query))


def first_origin(connection: Connection, number: int) -> int:
    """The ticket whose mail one is read from: the one it was opened from, or that one was, or itself."""
    seen = {number}
    while (
        origin := connection.scalar(select(ticket.c.origin).where(ticket.c.number == countable(number)))
    ) is not None:
        if origin in seen:
            break
        seen.add(origin)
        number = origin
    return number


def opening_elsewhere(connection: Connection, number: int) -> list[StoredMessage]:
    """The mail that opened the ticket from which one without a mail of its own was opened."""
    origin = first_origin(connection, number)
    if origin == number:
        return []
    query = select(*MESSAGE_COLUMNS).where(message.c.ticket == origin, message.c.disposition == "ticket")
    return [message_of(row) for row in connection.execute(query.order_by(message.c.id).limit(1))]
