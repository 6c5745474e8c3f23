"""The store's part on the clocks of tickets: waiting, going on, answered, and what is due next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from policies.clock.pause import Pause
from tickets.clocks import answers, clock, due
from tickets.clocks.due import Difference, DueTicket, Which
from tickets.connected import Connected
from tickets.connections import reading


class ClockBook(Connected):
    """Pauses, first responses and due times. The times default to the present; all verbs may be done twice."""

    def wait(self, ticket: int, *, actor: str, at: datetime | None = None) -> bool:
        """Stops a ticket's clock, for it waits for the customer; False where it does not run (closed, answered)."""
        return self._write(lambda c: clock.wait(c, ticket, actor=actor, at=at or datetime.now(UTC)))

    def resume(self, ticket: int, *, actor: str, at: datetime | None = None) -> bool:
        """Lets a ticket's clock go on; False where it is not paused."""
        return self._write(lambda c: clock.resume(c, ticket, actor=actor, at=at or datetime.now(UTC)))

    def answer(self, ticket: int, *, by: str, actor: str, at: datetime | None = None) -> bool:
        """Notes that the first response was given; False where one was noted that is not later."""
        moment = at or datetime.now(UTC)
        return self._write(lambda c: clock.answer(c, ticket, at=moment, by=by, actor=actor))

    def take_back_answer(self, ticket: int, *, actor: str) -> bool:
        """Takes back the first response noted; the next answer that was seen stands then. False where none was."""
        return self._write(lambda c: answers.take_back(c, ticket, actor=actor))

    def pauses(self, ticket: int) -> list[Pause]:
        """When the ticket waited for its customer, in order."""
        with reading(self._engine) as connection:
            return clock.pauses_of(connection, [ticket])[ticket]

    def due(
        self, which: Which = "running", *, policy: str | None = None, limit: int = 50, offset: int = 0
    ) -> list[DueTicket]:
        """Open tickets that wait for a first response with a target, what is due first, first.

        Those whose clock is running (or has run out), or those that are paused.
        """
        with reading(self._engine) as connection:
            return due.waiting(connection, which, policy, limit, offset)

    def recount(self, progress: Callable[[int], None] = lambda number: None) -> list[Difference]:
        """Counts the clock of every open ticket again from its history, and mends what differs; what that was.

        ``progress`` gets the number of the last ticket done.
        """
        found: list[Difference] = []
        number: int | None = 0
        while number is not None:
            differing, number = self._write(partial(due.recount, after=number))
            found += differing
            if number is not None:
                progress(number)
        return found
