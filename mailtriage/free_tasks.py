"""Quotas within a batch: its mails were all decided with what their customers had left before any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from policies.values import whole_number
from tickets.desk import with_left
from tickets.races import RACES
from tickets.store import QuotaSpent, StoreUnavailable

if TYPE_CHECKING:
    from mailtriage.pipeline import Work

Left = Mapping[tuple[int, str], int | None]
Again = Callable[["Work"], "Work"]
"""Decides one mail again."""
Written = TypeVar("Written")


def written_within_quotas(
    works: Sequence[Work], again: Again, write: Callable[[list[Work]], Written], *, races: int = RACES
) -> Written:
    """What ``write`` returns for the works, none of which uses more of a quota than there is.

    Those that came too late, in their batch or after another program's, are decided again with what is left for them.
    """
    left: Left = {}
    for _ in range(races):
        works = _within(works, left, again)
        try:
            return write(list(works))
        except QuotaSpent as spent:
            left = spent.left
    raise StoreUnavailable("Other programs kept using the same customers' quotas: try again.")


def _within(works: Sequence[Work], left: Left, again: Again) -> list[Work]:
    """The works in order, each decided with what those before it left; ``left`` is what is known of the beginning."""
    remaining = dict(left)
    opened: set[str] = set()
    done = []
    for work in works:
        if _opens(work, opened):
            work = _decided_with(work, remaining, again)
            for key, told in _used(work).items():
                number = remaining.get(key, told)
                remaining[key] = None if number is None else number - 1
        done.append(work)
    return done


def _opens(work: Work, opened: set[str]) -> bool:
    """Whether the mail opens a ticket that uses a quota; notes its conversation."""
    placement = work.placement
    if placement is None or not work.to_be_decided or placement.ticket is not None or placement.conversation in opened:
        return False
    opened.add(placement.conversation)
    return bool(_used(work))


def _used(work: Work) -> dict[tuple[int, str], int | None]:
    """The customer and fact of each quota that the mail uses, with how many it was decided with."""
    customer = work.placement.customer if work.placement else None
    if work.placement is None or work.terms is None or customer is None:
        return {}
    told = work.placement.facts.customer
    return {(customer.id, fact): whole_number(told.get(fact)) for fact in work.terms.quotas.values()}


def _decided_with(work: Work, remaining: Left, again: Again) -> Work:
    """The mail, decided again where fewer are left than it was decided with."""
    changed = {
        key[1]: remaining[key] for key, told in _used(work).items() if key in remaining and remaining[key] != told
    }
    if not changed or work.placement is None:
        return work
    return again(replace(work, placement=replace(work.placement, facts=with_left(work.placement.facts, changed))))
