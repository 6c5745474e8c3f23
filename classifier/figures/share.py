"""How many of how many, with the interval in which the true share lies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from classifier.live_accuracy import clopper_pearson

DIGITS = 6


@dataclass(frozen=True, slots=True)
class Share:
    """``right`` of ``mails``; the true share lies between ``low`` and ``high`` with 95% confidence.

    The interval is Clopper and Pearson's (1934, Biometrika 26); it takes the mails for independent of each other.
    """

    right: int
    mails: int
    low: float
    high: float

    @property
    def value(self) -> float | None:
        """The share found; None where there are no mails."""
        return self.right / self.mails if self.mails else None


def share(right: int, mails: int) -> Share:
    """The share with its interval, from 0 to 1 where there are no mails."""
    low, high = clopper_pearson(right, mails)
    return Share(right, mails, round(low, DIGITS), round(high, DIGITS))


def share_of(hits: Iterable[bool]) -> Share:
    """The share of those that are true."""
    found = list(hits)
    return share(sum(found), len(found))
