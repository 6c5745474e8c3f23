"""Formulas over dimensions of a few values each, and whether they can all hold at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_MOST_STEPS = 2_000
"""How many choices one search tries; in the shipped policies none needs ten."""

Domains = Mapping[str, int]
"""By dimension the values that are still open, as a mask of bits."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """That a dimension has one of the values of ``mask``; ``full`` is the mask of all."""

    dimension: str
    mask: int
    full: int


@dataclass(frozen=True, slots=True)
class AllOf:
    """That every part holds; none is true."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """That at least one part holds; none is false."""

    parts: tuple[Formula, ...]


Formula = OneOf | AllOf | AnyOf


class TooManySteps(Exception):
    """The search was given up after :data:`_MOST_STEPS` choices: nothing is known."""


def negated(formula: Formula) -> Formula:
    """That ``formula`` does not hold."""
    match formula:
        case OneOf(dimension, mask, full):
            return OneOf(dimension, full & ~mask, full)
        case AllOf(parts):
            return AnyOf(tuple(negated(part) for part in parts))
        case AnyOf(parts):
            return AllOf(tuple(negated(part) for part in parts))


def solve(formulas: Sequence[Formula], domains: Domains) -> dict[str, int] | None:
    """For each dimension the position of a value with which all ``formulas`` hold; None when there is none.

    Raises :class:`TooManySteps`.
    """
    found = _Search().run(domains, list(formulas))
    return None if found is None else {name: (mask & -mask).bit_length() - 1 for name, mask in found.items()}


class _Search:
    """One search: narrows the domains by what must hold, then tries the shortest choice that is left."""

    def __init__(self) -> None:
        self.steps = 0

    def run(self, domains: Domains, pending: list[Formula]) -> dict[str, int] | None:
        self.steps += 1
        if self.steps > _MOST_STEPS:
            raise TooManySteps
        narrowed = dict(domains)
        left = _narrow(narrowed, pending)
        if left is None:
            return None
        if not left:
            return narrowed
        choice = min(left, key=lambda formula: len(formula.parts))
        others: list[Formula] = [formula for formula in left if formula is not choice]
        for part in choice.parts:
            found = self.run(narrowed, [part, *others])
            if found is not None:
                return found
            others.append(negated(part))
        return None


def _narrow(domains: dict[str, int], pending: Sequence[Formula]) -> list[AnyOf] | None:
    """Applies to ``domains`` all that must hold; the choices that remain, or None when it cannot hold."""
    while True:
        before = dict(domains)
        left: list[AnyOf] = []
        for formula in pending:
            if not _require(formula, domains, left):
                return None
        if domains == before:
            return left
        pending = left


def _require(formula: Formula, domains: dict[str, int], left: list[AnyOf]) -> bool:
    reduced = _reduced(formula, domains)
    match reduced:
        case bool():
            return reduced
        case OneOf(dimension, mask):
            domains[dimension] &= mask
            return True
        case AllOf(parts):
            return all(_require(part, domains, left) for part in parts)
        case AnyOf():
            left.append(reduced)
            return True


def _reduced(formula: Formula, domains: Domains) -> Formula | bool:
    """``formula`` without what the values still open settle; True or False where they settle all of it."""
    match formula:
        case OneOf(dimension, mask):
            open_values = domains[dimension]
            return False if not open_values & mask else True if not open_values & ~mask else formula
        case AllOf(parts):
            return _joined(parts, domains, settles=False)
        case AnyOf(parts):
            return _joined(parts, domains, settles=True)


def _joined(parts: Sequence[Formula], domains: Domains, *, settles: bool) -> Formula | bool:
    """The parts of a conjunction (which one false part settles) or disjunction (one true part), reduced."""
    left: list[Formula] = []
    for part in parts:
        reduced = _reduced(part, domains)
        if reduced is settles:
            return settles
        if not isinstance(reduced, bool):
            left.append(reduced)
    if len(left) <= 1:
        return left[0] if left else not settles
    return AnyOf(tuple(left)) if settles else AllOf(tuple(left))
