"""What a ticket's terms change beside its labels: the quotas it uses, and the charge that waits for a person's word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from policies.policy import Policy
from policies.terms import Terms
from policies.versions import Policies
from policies.work.commitments import procedure_named
from tickets.clocks.clock import POLICIES, resume
from tickets.events import CLOSED_NO_REQUEST, STATE_CHANGED, happening
from tickets.schema import event, ticket, work_entry
from tickets.work import charges, work_orders
from tickets.work.quotas import Claim, settle
from tickets.work.work_orders import WorkOrder

CHARGE_STANDS = "charge_stands"
QUOTA_GONE = "it was included by the customer's quota, and none of it is left any more: decide its scope again"


@dataclass(frozen=True, slots=True)
class Consequences:
    """The columns of the ticket that follow, what a person is asked, and the events."""

    values: Mapping[str, Any]
    ask: tuple[str, ...]
    happenings: tuple[dict[str, Any], ...]


def follow(
    connection: Connection, row: Row[Any], terms: Terms, *, state: str, actor: str, spent: bool = False
) -> Consequences:
    """Uses and gives back quotas so that they fit ``terms``, those of the ticket from now on; raises QuotaSpent.

    ``state`` is the ticket's from now on: one that stays closed as no request uses none and proposes no charge. With
    ``spent`` none is used, and a person is asked instead.
    """
    before = Terms.from_json(row.terms)
    no_request = state == "closed" and closed_as_no_request(connection, row.number)
    quotas = {} if spent or no_request else terms.quotas
    happenings = settle(connection, [Claim(row.number, row.customer_id, quotas)], actor=actor)
    charge = charges.after(connection, row.number, row.charge_state, before, terms)
    if charge.ask is not None:
        happenings.append(happening(CHARGE_STANDS, {"says": charge.ask}, actor=actor, ticket=row.number))
    booked = _booked_free(connection, row.number, before, terms)
    ask = (charge.ask, booked, QUOTA_GONE if spent else None)
    left = None if no_request and charge.state == "proposed" else charge.state
    return Consequences({"charge_state": left}, tuple(filter(None, ask)), tuple(happenings))


def closed_as_no_request(connection: Connection, number: int) -> bool:
    """Whether a ticket that is closed, or is closed again, was closed as no request."""
    kinds = (CLOSED_NO_REQUEST, STATE_CHANGED)
    query = select(event.c.kind).where(event.c.ticket == number, event.c.kind.in_(kinds)).order_by(event.c.id.desc())
    return connection.scalar(query.limit(1)) == CLOSED_NO_REQUEST


def clock_follows(connection: Connection, before: Row[Any], *, actor: str, at: datetime) -> None:
    """Lets the clock of a ticket go on that waited for a step of a procedure which it is no longer in.

    ``before`` is the ticket's row before its terms were written.
    """
    policies: Policies | None = connection.get_execution_options().get(POLICIES)
    if before.paused_at is None or policies is None or before.policy not in policies:
        return
    version = before.verdict["versions"]["policy"]
    policy = policies.that_decided(before.policy, version, before.created_at)
    terms = connection.scalars(select(ticket.c.terms).where(ticket.c.number == before.number)).one()
    order = work_orders.one(connection, before.number)
    if _waits(policy, before.terms, order) and not _waits(policy, terms, order):
        resume(connection, before.number, actor=actor, at=at)


def _waits(policy: Policy, terms: Mapping[str, Any], order: WorkOrder | None) -> bool:
    """Whether the work waits for the customer in the procedure that the terms name."""
    procedure = procedure_named(policy, terms.get("procedure"))
    return procedure is not None and procedure.waits(work_orders.state_in(procedure, policy, order))


def _booked_free(connection: Connection, number: int, before: Terms, terms: Terms) -> str | None:
    """What a person is asked where time was booked while nothing was charged, and now something is."""
    if before.charge is not None or terms.charge is None:
        return None
    standing = (work_entry.c.ticket == number, work_entry.c.removed_at.is_(None))
    minutes = connection.scalar(select(func.sum(work_entry.c.minutes)).where(*standing))
    if not minutes:
        return None
    return f"{minutes} minutes were booked while nothing was charged, and now they are: is the customer to pay them?"


def asked(reasons: list[str], follows: Consequences) -> list[str]:
    """The reasons for review with what a person is asked now."""
    return list(dict.fromkeys((*reasons, *follows.ask)))
