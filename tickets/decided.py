"""Decided tickets gone through one chunk after the other, with no more of each than deciding it again needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Text, and_, cast, func, select

from tickets.among import among
from tickets.schema import message, ticket


@dataclass(frozen=True, slots=True)
class Decided:
    """A ticket as it was decided: verdict and facts as they are stored (parsed JSON), and the word of agents."""

    number: int
    received_at: datetime
    verdict: Mapping[str, Any]
    facts: Mapping[str, Any]
    corrected: Mapping[str, str]


def count(connection: Connection, policy: str, since: datetime | None, until: datetime | None) -> int:
    """How many tickets of a policy were received from ``since`` on and before ``until``."""
    return connection.execute(select(func.count()).select_from(ticket).where(_of(policy, since, until))).scalar_one()


def after(
    connection: Connection, policy: str, number: int, limit: int, since: datetime | None, until: datetime | None
) -> list[Decided]:
    """The next tickets above ``number``, by number."""
    columns = [cast(ticket.c[name], Text).label(name) for name in ("verdict", "facts", "corrected")]
    query = (
        select(ticket.c.number, ticket.c.created_at, *columns)
        .where(_of(policy, since, until), ticket.c.number > number)
        .order_by(ticket.c.number)
        .limit(limit)
    )
    read = orjson.loads
    return [
        Decided(row.number, row.created_at, read(row.verdict), read(row.facts), read(row.corrected))
        for row in connection.execute(query)
    ]


def openings(connection: Connection, numbers: Collection[int]) -> dict[int, tuple[str, str]]:
    """Subject and new text (all of it, where nothing is new) of the mails that opened these tickets."""
    query = select(message.c.ticket, message.c.subject, message.c.new_text, message.c.text).where(
        among(connection, message.c.ticket, numbers), message.c.disposition == "ticket"
    )
    return {row.ticket: (row.subject, row.new_text or row.text) for row in connection.execute(query)}


def _of(policy: str, since: datetime | None, until: datetime | None) -> ColumnElement[bool]:
    conditions = [ticket.c.policy == policy]
    if since is not None:
        conditions.append(ticket.c.created_at >= since)
    if until is not None:
        conditions.append(ticket.c.created_at < until)
    return and_(*conditions)
