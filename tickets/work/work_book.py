"""The store's part on work: quotas used, procedures, timesheet, charges and linked tickets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from tickets.connected import Connected
from tickets.connections import reading
from tickets.work import charges, linking, quotas, timesheet, work_orders
from tickets.work.charges import Charge
from tickets.work.linking import LinkedTicket
from tickets.work.quotas import QuotaUse
from tickets.work.timesheet import NewEntry, WorkEntry
from tickets.work.work_orders import Clock, WorkOrder


class WorkBook(Connected):
    """What is done on tickets, what of it is free, and what waits for a person's word."""

    def quotas_of(self, ticket: int) -> list[QuotaUse]:
        """What a ticket uses of its customer's quotas now."""
        with reading(self._engine) as connection:
            return quotas.used_by(connection, ticket)

    def quota_uses(self, customers: Collection[int]) -> list[QuotaUse]:
        """What the tickets of these customers have used, what was given back included, by customer and ticket."""
        with reading(self._engine) as connection:
            return quotas.uses(connection, customers)

    def work_order(self, ticket: int) -> WorkOrder | None:
        """Where the work on a ticket stands; None while no step has been taken."""
        with reading(self._engine) as connection:
            return work_orders.one(connection, ticket)

    def move_work(
        self,
        ticket: int,
        expected: WorkOrder | None,
        *,
        procedure: str,
        state: str,
        estimate: Mapping[str, Any] | None,
        details: Mapping[str, Any],
        agent: str,
        clock: Clock | None = None,
    ) -> WorkOrder:
        """Writes the state of the work on a ticket, its estimate and the event, together; ``clock`` pauses its clock.

        Raises :class:`TicketChanged` when the work does not stand where it was ``expected``.
        """
        return self._write(
            lambda c: work_orders.move(
                c,
                ticket,
                expected,
                procedure=procedure,
                state=state,
                estimate=estimate,
                details=details,
                agent=agent,
                clock=clock,
            )
        )

    def book_time(self, ticket: int, entry: NewEntry, *, agent: str, expected: WorkOrder | None) -> WorkEntry:
        """Books time on a ticket whose work stands where it was ``expected``; else raises :class:`TicketChanged`."""
        return self._write(lambda c: timesheet.book(c, ticket, entry, agent=agent, expected=expected))

    def remove_time(self, entry: int, *, agent: str) -> WorkEntry:
        """Takes booked time out of the timesheet (an event remains)."""
        return self._write(lambda c: timesheet.remove(c, entry, agent=agent))

    def timesheet(
        self,
        *,
        ticket: int | None = None,
        customers: Sequence[int] | None = None,
        begin: date | None = None,
        end: date | None = None,
    ) -> list[WorkEntry]:
        """Booked time by day: of a ticket, of customers' tickets, of the days from ``begin`` to before ``end``."""
        with reading(self._engine) as connection:
            return timesheet.entries(connection, number=ticket, customers=customers, begin=begin, end=end)

    def charge(self, ticket: int) -> Charge | None:
        """The charge of a ticket that waits for a person's word, or has it; None when there is none."""
        with reading(self._engine) as connection:
            return charges.one(connection, ticket)

    def charges(self, state: str | None = None) -> list[Charge]:
        """Charges that wait for a person's word or have it (``proposed``, ``confirmed``, ``waived``), by ticket."""
        with reading(self._engine) as connection:
            return charges.listed(connection, state)

    def decide_charge(self, ticket: int, word: str, *, agent: str, reason: str, seen: int | None = None) -> Charge:
        """Confirms (``confirmed``) or waives (``waived``) the charge of a ticket, for a reason.

        Raises :class:`StoreError` where there is no such charge, or no reason, and
        :class:`~tickets.faults.ChangedSinceSeen` where ``seen`` is not the ticket's newest event (None: any).
        """
        return self._write(lambda c: charges.decide(c, ticket, word, agent=agent, reason=reason, seen=seen))

    def open_linked(
        self,
        origin: int,
        linked: LinkedTicket,
        *,
        agent: str,
        why: str = "",
        customer_id: int | None,
        seen: int | None = None,
    ) -> int:
        """Opens a ticket from another, in a conversation of its own, and links both; its number.

        ``customer_id`` is the customer whose facts it was decided with: when the origin belongs to another by now,
        :class:`TicketChanged` is raised. :class:`QuotaSpent` says that it has to be decided anew, and
        :class:`~tickets.faults.ChangedSinceSeen` that ``seen`` is not the origin's newest event (None: any).
        """
        return self._write(
            lambda c: linking.open_from(c, origin, linked, agent=agent, why=why, expected=customer_id, seen=seen)
        )

    def opened_from(self, ticket: int) -> list[int]:
        """The numbers of the tickets that were opened from one, oldest first."""
        with reading(self._engine) as connection:
            return linking.opened_from(connection, ticket)

    def first_origin(self, ticket: int) -> int:
        """The ticket whose mail one is read from; itself where it has mail of its own."""
        with reading(self._engine) as connection:
            return linking.first_origin(connection, ticket)
