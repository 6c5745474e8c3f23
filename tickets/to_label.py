"""Tickets that wait for a person's labels, with what tells how much the next model would learn from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from classifier.teaching import doubt
from policies.labels import LABELS
from tickets import queue
from tickets.among import among
from tickets.rows import QueueItem
from tickets.schema import message, ticket


@dataclass(frozen=True, slots=True)
class ToLabel:
    """A line of the review queue and the mail that opened the ticket.

    ``uncertain`` is how unsure the model was of the labels on which no agent has spoken, from 0 to 1; 0 of an audit, of
    which the order must not show what was decided.
    """

    item: QueueItem
    text: str
    uncertain: float


def waiting(connection: Connection, policy: str | None, limit: int) -> list[ToLabel]:
    """The first ``limit`` of the review queue."""
    items = queue.review(connection, policy, limit, 0)
    numbers = [item.number for item in items]
    texts = select(message.c.ticket, message.c.new_text)
    texts = texts.where(message.c.disposition == "ticket", among(connection, message.c.ticket, numbers))
    opened = {row.ticket: row.new_text for row in connection.execute(texts)}
    read = select(ticket.c.number, ticket.c.verdict, ticket.c.corrected)
    doubts = {
        row.number: _uncertain(row.verdict["labels"], row.corrected)
        for row in connection.execute(read.where(among(connection, ticket.c.number, numbers)))
    }
    return [
        ToLabel(item, opened.get(item.number, ""), 0.0 if item.audit else doubts.get(item.number, 0.0))
        for item in items
    ]


def _uncertain(labels: Mapping[str, Mapping[str, Any]], said: Mapping[str, str]) -> float:
    """The mean over the labels; those on which an agent has spoken leave no doubt."""
    return sum(_doubt(labels[label]["alternatives"]) for label in LABELS if label not in said) / len(LABELS)


def _doubt(alternatives: Sequence[Sequence[Any]]) -> float:
    return doubt([float(probability) for _, probability in alternatives])
