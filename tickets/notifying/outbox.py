"""What is to be told of the events of a transaction, written in it: an event stands with its notifications or not at
all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from tickets.columns import countable
from tickets.notifying.subscriptions import Subscriptions
from tickets.numbers import draw
from tickets.schema import event, notification, ticket

SUBSCRIPTIONS = "mailtriage_subscriptions"
"""The execution option of a store's connections that says who is told of what."""
PART = 500


def subscribed(engine: Engine, subscriptions: Subscriptions) -> Engine:
    """The engine whose transactions tell these subscriptions; it shares its connections with ``engine``."""
    return engine.execution_options(**{SUBSCRIPTIONS: subscriptions})


def write_told(connection: Connection, happenings: Sequence[Mapping[str, Any]]) -> bool:
    """Writes the events and what is to be told of them; False, and nothing written, where nobody wants any of them."""
    subscriptions: Subscriptions | None = connection.get_execution_options().get(SUBSCRIPTIONS)
    if subscriptions is None:
        return False
    wanted = [happening for happening in happenings if happening["kind"] in subscriptions.kinds]
    if not wanted:
        return False
    tickets = _tickets(connection, [h["ticket"] for h in wanted if h["ticket"] is not None])
    numbers = draw(connection, event, len(happenings))
    rows = [{**h, "id": number} for h, number in zip(happenings, numbers, strict=True)]
    connection.execute(insert(event), rows)
    told = [
        {"event": row["id"], "channel": channel, "target": target, "next_try": row["at"], "tries": 0, "error": ""}
        for row in rows
        for channel, target in subscriptions.targets(row, tickets.get(row["ticket"]))
    ]
    if told:
        connection.execute(insert(notification), told)
    return True


def _tickets(connection: Connection, numbers: Sequence[int]) -> dict[int | None, tuple[str, str]]:
    """The policy and the severity of each ticket."""
    found: dict[int | None, tuple[str, str]] = {}
    distinct = sorted({countable(number) for number in numbers})
    for start in range(0, len(distinct), PART):
        query = select(ticket.c.number, ticket.c.policy, ticket.c.severity)
        rows = connection.execute(query.where(ticket.c.number.in_(distinct[start : start + PART])))
        found |= {row.number: (row.policy, row.severity) for row in rows}
    return found
