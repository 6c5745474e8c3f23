"""How far each week is from other mail, as the bars of a small drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from classifier.drift import LEAST_SHIFT, Shift
from classifier.weekly import Week

WIDTH, HEIGHT = 160.0, 56.0
LEAST_TOP = 0.1
"""Bits at the top of a drawing in which nothing is further."""
GAP = 2.0


@dataclass(frozen=True, slots=True)
class Bar:
    """A week: where its bar stands, how high it is, and whether it is a shift."""

    x: float
    y: float
    width: float
    height: float
    shifted: bool
    says: str


@dataclass(frozen=True, slots=True)
class Bars:
    """The drawing of one aspect: a bar a week, the oldest first; ``line`` is below what nothing is a shift."""

    bars: tuple[Bar, ...]
    line: float
    summary: str


def bars_of(weeks: Sequence[Week], aspect: str) -> Bars | None:
    """The weeks (newest first) beside the training; None where none is known."""
    found = [(week, week.training.get(aspect)) for week in reversed(weeks)]
    known = [beyond(shift) for _, shift in found if shift is not None]
    if not known:
        return None
    top, step = max(LEAST_TOP, *known), WIDTH / len(found)
    bars = []
    for place, (week, shift) in enumerate(found):
        if shift is None:
            continue
        height = max(1.0, round(HEIGHT * beyond(shift) / top, 1))
        says = f"{week.begins.isoformat()}: {beyond(shift):.3f}"
        x = round(place * step + GAP / 2, 1)
        bars.append(Bar(x, round(HEIGHT - height, 1), round(step - GAP, 1), height, shift.shifted, says))
    count = sum(bar.shifted for bar in bars)
    summary = (
        f"{count} of {len(bars)} weeks {'is a shift' if count == 1 else 'are shifts'}; at most {max(known):.3f} bits"
    )
    return Bars(tuple(bars), round(HEIGHT * (1 - LEAST_SHIFT / top), 1), summary)


def beyond(shift: Shift) -> float:
    """The divergence beyond what chance gives, 0 where it is less."""
    return max(0.0, shift.divergence - shift.chance)
