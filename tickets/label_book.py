"""The store's part on words taken back one by one, and on disputes."""

from __future__ import annotations

from tickets import disputes, retracting
from tickets.connected import Connected
from tickets.connections import reading
from tickets.faults import QuotaSpent
from tickets.retracting import History, Retraction
from tickets.rows import Dispute


class LabelBook(Connected):
    """What agents said of labels, word by word."""

    def said_of(self, ticket: int) -> History:
        """The words on a ticket that stand, in the batches they were said in."""
        with reading(self._engine) as connection:
            return retracting.history(connection, ticket)

    def retract(self, done: Retraction, *, agent: str) -> None:
        """Takes one word back as :func:`tickets.taking_back.take_back` has worked it out; an event remains.

        Raises :class:`TicketChanged` where others changed the ticket meanwhile, and :class:`QuotaSpent` where other
        words stand by whose terms it uses a quota of which none is left: work it out anew. Where none stands it goes to
        review with that reason.
        """
        try:
            self._write(lambda c: retracting.retract(c, done, agent=agent))
        except QuotaSpent:
            if done.snapshots:
                raise
            self._write(lambda c: retracting.retract(c, done, agent=agent, spent=True))

    def disputes(
        self,
        *,
        policy: str | None = None,
        ticket: int | None = None,
        open_only: bool = True,
        limit: int = 200,
        offset: int = 0,
    ) -> list[Dispute]:
        """Disputes, the oldest first; of one policy or ticket if named."""
        with reading(self._engine) as connection:
            return disputes.told(
                connection, policy=policy, ticket_number=ticket, open_only=open_only, limit=limit, offset=offset
            )

    def dispute(self, number: int) -> Dispute | None:
        """The dispute of that number, settled or not; None when there is none."""
        with reading(self._engine) as connection:
            return next(iter(disputes.told(connection, number=number, open_only=False)), None)

    def disputed(self, policy: str) -> set[tuple[int, str]]:
        """Ticket and label of every open dispute of a policy: no word on them is learnt from."""
        with reading(self._engine) as connection:
            return disputes.open_on(connection, policy)
