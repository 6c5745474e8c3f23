"""The store's part on tickets that are decided again."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from tickets import decided
from tickets.connected import Connected
from tickets.connections import reading
from tickets.decided import Decided

CHUNK = 500


class DecidedBook(Connected):
    """Decided tickets, gone through from the first to the last."""

    def count_decided(self, policy: str, since: datetime | None = None, until: datetime | None = None) -> int:
        """How many tickets of a policy were received from ``since`` on and before ``until``."""
        with reading(self._engine) as connection:
            return decided.count(connection, policy, since, until)

    def decided(
        self, policy: str, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[list[Decided]]:
        """Those tickets by number, in lists of up to :data:`CHUNK`; no connection is held in between."""
        number = 0
        while True:
            with reading(self._engine) as connection:
                chunk = decided.after(connection, policy, number, CHUNK, since, until)
            if not chunk:
                return
            yield chunk
            number = chunk[-1].number

    def opening_texts(self, tickets: Collection[int]) -> dict[int, tuple[str, str]]:
        """Subject and new text of the mails that opened these tickets; those that are gone are absent."""
        with reading(self._engine) as connection:
            return decided.openings(connection, tickets)
