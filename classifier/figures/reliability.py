"""Whether probabilities are right as often as they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from classifier.figures.share import DIGITS, Share, share_of

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """The decisions whose probability lies in one tenth: their mean probability, and how many were right."""

    said: float
    found: Share


def reliability(probabilities: Sequence[float], right: Sequence[bool]) -> tuple[Bin, ...]:
    """The tenths that have decisions, the least probable first (DeGroot and Fienberg 1983, The Statistician 32)."""
    tenths: dict[int, list[tuple[float, bool]]] = {}
    for probability, hit in zip(probabilities, right, strict=True):
        tenths.setdefault(min(int(probability * BINS), BINS - 1), []).append((probability, hit))
    return tuple(
        Bin(round(sum(p for p, _ in ones) / len(ones), DIGITS), share_of(hit for _, hit in ones))
        for _, ones in sorted(tenths.items())
    )
