"""Where the work on a ticket stands in its procedure, and the estimate of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, update

from policies.policy import Policy
from policies.work.commitments import procedure_named
from policies.work.procedure import Procedure
from tickets.clocks.clock import resume, wait
from tickets.columns import countable
from tickets.events import add, happening
from tickets.faults import NoSuchTicket, TicketChanged
from tickets.schema import ticket, work_order

WORK_MOVED = "work_moved"
Clock = Literal["wait", "resume"]
"""What a step does to the clock of the first response: the customer has to act, or has acted."""


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """The state of a ticket in a procedure; ``estimate`` as :func:`tickets.work.working.estimate` wrote it."""

    ticket: int
    procedure: str
    state: str
    estimate: Mapping[str, Any] | None
    changed_at: datetime


def state_in(procedure: Procedure, policy: Policy, order: WorkOrder | None) -> str:
    """Where the work of ``order`` stands in ``procedure``, which may be another one than its steps were taken in."""
    if order is None:
        return procedure.states[0].name
    began_in = procedure_named(policy, order.procedure)
    return procedure.carried(began_in, order.state, estimated=order.estimate is not None)


def one(connection: Connection, number: int) -> WorkOrder | None:
    """The work order of a ticket; None while no step has been taken."""
    row = connection.execute(select(work_order).where(work_order.c.ticket == countable(number))).one_or_none()
    return None if row is None else WorkOrder(*row)


def move(
    connection: Connection,
    number: int,
    expected: WorkOrder | None,
    *,
    procedure: str,
    state: str,
    estimate: Mapping[str, Any] | None,
    details: Mapping[str, Any],
    agent: str,
    clock: Clock | None = None,
) -> WorkOrder:
    """Writes the state of a ticket's work; see :meth:`tickets.store.Store.move_work`."""
    lock(connection, number)
    if one(connection, number) != expected:
        raise TicketChanged(number)
    values: dict[str, Any] = {
        "procedure": procedure,
        "state": state,
        "estimate": estimate,
        "changed_at": datetime.now(UTC),
    }
    if expected is None:
        connection.execute(insert(work_order).values(ticket=number, **values))
    else:
        connection.execute(update(work_order).where(work_order.c.ticket == number).values(values))
    add(connection, [happening(WORK_MOVED, {**details, "to": state}, actor=agent, ticket=number)])
    if clock == "wait":
        wait(connection, number, actor=agent, at=values["changed_at"])
    elif clock == "resume":
        resume(connection, number, actor=agent, at=values["changed_at"])
    moved = one(connection, number)
    if moved is None:
        raise NoSuchTicket(number)
    return moved


def lock(connection: Connection, number: int) -> None:
    """Holds other writers off the ticket until this transaction ends; raises :class:`NoSuchTicket`."""
    query = select(ticket.c.number).where(ticket.c.number == countable(number)).with_for_update(key_share=True)
    if connection.scalar(query) is None:
        raise NoSuchTicket(number)
