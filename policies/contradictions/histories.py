"""What a customer's earlier requests can be, as far as the conditions of a policy can tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from policies.facts import PastTicket

MOST = 10_000
"""How many combinations of request counts and numbers are looked at; what goes beyond is said to be not decided."""
_DAYS_AGO = 30


@dataclass(frozen=True, slots=True)
class Past:
    """How many earlier requests there are by topic (None: not known), and the number facts they are compared with."""

    counts: Mapping[str, int] | None
    numbers: Mapping[str, int | None]

    def tickets(self) -> tuple[PastTicket, ...] | None:
        """The earlier requests, all of the same day; None where they are not known."""
        if self.counts is None:
            return None
        return tuple(PastTicket(topic, _DAYS_AGO) for topic, count in self.counts.items() for _ in range(count))


def around(bounds: Iterable[int]) -> set[int]:
    """Each bound with the numbers below and above it: all that a comparison with it can tell apart."""
    return {bound + step for bound in bounds for step in (-1, 0, 1)}


def histories(tests: Sequence[Mapping[str, Any]], tested: Mapping[str, set[int]]) -> tuple[Iterable[Past], bool]:
    """Every combination that matters of request counts, none at all first, and of the numbers they are held to.

    ``tests`` are the policy's conditions on the history, ``tested`` the number facts that are bounds in them, each with
    the numbers that other conditions compare it with. False beside them where there were more than :data:`MOST`.
    """
    fixed = {test[key] for test in tests for key in ("at_least", "at_most") if isinstance(test.get(key), int)}
    # Counts are compared with bounds and with numbers, and numbers with bounds: one more step above the highest for
    # each number leaves room for every order among them.
    known = fixed | {value for values in tested.values() for value in values} | {0, 1}
    top = max(known) + 2 * len(tested) + 2
    cells = _cells([frozenset(test["topics"]) for test in tests])
    separate = all(sum(cell <= set(test["topics"]) for cell in cells) == 1 for test in tests)
    steps = {value for value in around(known | set(range(max(known), top + 1))) if 0 <= value <= top}
    counts = sorted(steps) if separate else range(top + 1)
    choices = {name: [None, *sorted(around(values) | steps | {-1})] for name, values in tested.items()}
    size = len(counts) ** len(cells) + 1
    for numbers in choices.values():
        size *= len(numbers)
    if size <= MOST:
        return _pasts(cells, counts, choices), True
    few = sorted({value for value in around(fixed | {0}) if value >= 0})
    return list(islice(_pasts(cells, few, choices), MOST)), False


def _pasts(
    cells: Sequence[frozenset[str]], counts: Sequence[int], choices: Mapping[str, Sequence[int | None]]
) -> Iterator[Past]:
    for chosen in product(*choices.values()):
        numbers = dict(zip(choices, chosen, strict=True))
        for tally in product(counts, repeat=len(cells)):
            yield Past({min(cell): count for cell, count in zip(cells, tally, strict=True) if count}, numbers)
        yield Past(None, numbers)


def _cells(sets: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """The topics of ``sets``, those together that belong to the same sets."""
    cells: dict[tuple[bool, ...], set[str]] = {}
    for topic in sorted(set().union(*sets)):
        cells.setdefault(tuple(topic in wanted for wanted in sets), set()).add(topic)
    return [frozenset(cell) for cell in cells.values()]
