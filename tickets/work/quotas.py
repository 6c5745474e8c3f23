"""What customers have left of a contract's quotas, counted down and given back in the transaction that decides it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from policies.facts import FactValue
from policies.values import whole_number
from tickets import schema
from tickets.among import among
from tickets.events import PROGRAM, happening
from tickets.faults import QuotaSpent
from tickets.schema import quota_use, ticket

Left = Mapping[tuple[int, str], int | None]
"""What is left, by customer and fact; None where the customer's record does not say."""


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """One of a quota used by a ticket; ``returned_at`` is None while it stands."""

    ticket: int
    subject: str
    customer_id: int
    quota: str
    fact: str
    used_at: datetime
    returned_at: datetime | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A ticket, the customer it belongs to, and the quotas of which it is to use one, each with the fact counted."""

    ticket: int
    customer_id: int | None
    quotas: Mapping[str, str]


def settle(connection: Connection, claims: Sequence[Claim], *, actor: str = PROGRAM) -> list[dict[str, Any]]:
    """Uses and gives back so that each ticket uses what its claim names and nothing else; the events of it.

    What a ticket uses already it goes on using, however little is left. Raises :class:`QuotaSpent`, with what the
    customers had left before, when there is not enough for all the tickets: then nothing of the transaction may stand.
    """
    if not claims:
        return []
    standing = _standing(connection, [claim.ticket for claim in claims])
    wanted = {(c.ticket, quota): (c.customer_id, fact) for c in claims for quota, fact in c.quotas.items()}
    kept = {key for key, use in standing.items() if wanted.get(key) == (use.customer_id, use.fact)}
    back = [use for key, use in standing.items() if key not in kept]
    new = {key: place for key, place in wanted.items() if key not in kept and place[0] is not None}
    if not back and not new:
        return []
    customers = sorted({use.customer_id for use in back} | {place[0] for place in new.values() if place[0] is not None})
    facts = _locked(connection, customers)
    happenings = []
    for use in back:
        _return(connection, use, facts)
        happenings.append(_event("quota_returned", use.ticket, use.quota, facts[use.customer_id].get(use.fact), actor))
    before = {(each, fact): whole_number(facts[each].get(fact)) for each, fact in new.values() if each is not None}
    spent = False
    for (number, quota), (customer_id, fact) in new.items():
        assert customer_id is not None  # noqa: S101 - a claim without a customer uses nothing
        left = whole_number(facts[customer_id].get(fact))
        if left is None or left < 1:
            spent = True
            continue
        facts[customer_id] = {**facts[customer_id], fact: left - 1}
        _use(connection, number, customer_id, quota, fact)
        happenings.append(_event("quota_used", number, quota, left - 1, actor))
    if spent:
        raise QuotaSpent(before)
    for customer_id, values in facts.items():
        connection.execute(update(schema.customer).where(schema.customer.c.id == customer_id).values(facts=values))
    return happenings


def with_own(facts: Mapping[str, FactValue], uses: Sequence[QuotaUse], customer_id: int) -> dict[str, FactValue]:
    """A customer's facts as a ticket sees them that has ``uses``: what it uses itself is not gone for it."""
    known = dict(facts)
    for use in uses:
        left = whole_number(known.get(use.fact))
        if use.customer_id == customer_id and left is not None:
            known[use.fact] = left + 1
    return known


def used_by(connection: Connection, number: int) -> list[QuotaUse]:
    """What a ticket uses now."""
    return [_use_of(row) for row in connection.execute(_uses().where(*_now(ticket.c.number == number)))]


def uses(connection: Connection, customers: Collection[int]) -> list[QuotaUse]:
    """What the customers' tickets have used, by customer and ticket; what was given back included."""
    query = _uses().where(among(connection, quota_use.c.customer_id, customers))
    rows = connection.execute(query.order_by(quota_use.c.customer_id, quota_use.c.ticket, quota_use.c.id))
    return [_use_of(row) for row in rows]


def _uses() -> Any:
    return select(quota_use, ticket.c.subject).join_from(quota_use, ticket, quota_use.c.ticket == ticket.c.number)


def _now(*conditions: Any) -> tuple[Any, ...]:
    return (*conditions, quota_use.c.returned_at.is_(None))


def _use_of(row: Row[Any]) -> QuotaUse:
    return QuotaUse(row.ticket, row.subject, row.customer_id, row.quota, row.fact, row.used_at, row.returned_at)


def _standing(connection: Connection, numbers: Collection[int]) -> dict[tuple[int, str], Row[Any]]:
    query = select(quota_use).where(*_now(among(connection, quota_use.c.ticket, numbers)))
    return {(row.ticket, row.quota): row for row in connection.execute(query)}


def _locked(connection: Connection, customers: Collection[int]) -> dict[int, dict[str, Any]]:
    """The customers' facts, which no other writer changes until this transaction ends."""
    table = schema.customer
    query = select(table.c.id, table.c.facts).where(among(connection, table.c.id, customers)).order_by(table.c.id)
    return {row.id: dict(row.facts) for row in connection.execute(query.with_for_update(key_share=True))}


def _return(connection: Connection, use: Row[Any], facts: dict[int, dict[str, Any]]) -> None:
    values = facts[use.customer_id]
    left = whole_number(values.get(use.fact))
    if left is not None:  # a record that has stopped counting is given nothing back
        facts[use.customer_id] = {**values, use.fact: left + 1}
    connection.execute(update(quota_use).where(quota_use.c.id == use.id).values(returned_at=datetime.now(UTC)))


def _use(connection: Connection, number: int, customer_id: int, quota: str, fact: str) -> None:
    row = {"ticket": number, "customer_id": customer_id, "quota": quota, "fact": fact, "used_at": datetime.now(UTC)}
    connection.execute(insert(quota_use).values(row))


def _event(kind: str, number: int, quota: str, left: Any, actor: str) -> dict[str, Any]:
    return happening(kind, {"quota": quota, "left": whole_number(left)}, actor=actor, ticket=number)
