"""The store's part on the audit sample and the holds on autonomy."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import Connection

from tickets import audits, holds
from tickets.audits import Audit, OpenAudit
from tickets.connected import Connected
from tickets.connections import reading
from tickets.events import add
from tickets.holds import Hold


class AuditBook(Connected):
    """What was drawn of the tickets that passed alone, what agents said of it, and what is held since."""

    def audit_of(self, ticket: int) -> Audit | None:
        """The audit of a ticket; None where it was not drawn."""
        with reading(self._engine) as connection:
            return audits.one(connection, ticket)

    def audits(self, policy: str, since: datetime | None = None) -> list[Audit]:
        """The audits of a policy drawn from ``since`` on, as they were drawn; settled disputes taken into account."""
        with reading(self._engine) as connection:
            return audits.of_policy(connection, policy, since)

    def open_audits(self, *, policy: str | None = None, limit: int = 50, offset: int = 0) -> list[OpenAudit]:
        """Audits that wait for an agent's word, newest first."""
        with reading(self._engine) as connection:
            return audits.waiting(connection, policy, limit, offset)

    def audits_waiting(self) -> int:
        """How many audits wait for an agent's word."""
        with reading(self._engine) as connection:
            return audits.count_open(connection)

    def open_audits_among(self, tickets: Collection[int]) -> frozenset[int]:
        """Which of these tickets nobody is to be shown the labels of, since their audit is open."""
        with reading(self._engine) as connection:
            return audits.open_among(connection, tickets)

    def holds(self, policy: str | None = None, *, standing_only: bool = True) -> list[Hold]:
        """What decides nothing alone until a person has looked, newest first; with all that were lifted on request."""
        with reading(self._engine) as connection:
            return holds.listed(connection, None if policy is None else [policy], standing_only=standing_only)

    def lift_hold(self, number: int, *, actor: str, why: str) -> Hold:
        """Lets a label decide alone again, for a reason; an event says so.

        Raises :class:`~tickets.holds.NoSuchHold` where none of that number stands.
        """

        def work(connection: Connection) -> Hold:
            lifted, event = holds.lift(connection, number, actor=actor, why=why, at=datetime.now(UTC))
            add(connection, [event])
            return lifted

        return self._write(work)
