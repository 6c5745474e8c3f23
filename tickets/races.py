"""What is worked out and then written, while others write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from tickets.faults import QuotaSpent, TicketChanged

RACES = 5
"""How often something is worked out anew because others changed, meanwhile, what it was worked out from."""

Done = TypeVar("Done")


def until_it_holds(ticket: int, attempt: Callable[[Mapping[str, int | None]], Done]) -> Done:
    """What ``attempt`` returns, which is asked again while the ticket or a quota is not what it was worked out from.

    It gets what was left, by fact, of the quotas that ran out the last time. Raises
    :class:`~tickets.faults.TicketChanged` when that goes on.
    """
    left: dict[str, int | None] = {}
    for _ in range(RACES):
        try:
            return attempt(left)
        except TicketChanged:
            continue
        except QuotaSpent as spent:
            left = {fact: number for (_, fact), number in spent.left.items()}
    raise TicketChanged(ticket)
