"""Whether a promised precision is still credible, looked at after every judged mail without being fooled by that.

The evidence against "each mail was right with at least the probability promised" is a bet at fair odds on more
mistakes: a mixture of likelihood ratios over how many times as many there are (Robbins, 1970, Annals of Mathematical
Statistics 41) and since which mail (Shin, Ramdas and Rinaldo, 2024, "E-detectors", New England Journal of Statistics
in Data Science 2). While the promise holds it grows beyond 1/a, at any time ever, with a probability of at most a
(Ville, 1939). The accuracies against which it has not grown so far are a confidence sequence (Howard, Ramdas,
McAuliffe and Sekhon, 2021, Annals of Statistics 49).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from classifier.autonomy import CONFIDENCE

TIMES = (1.5, 2.0, 3.0, 5.0, 8.0)
"""How many times as many mistakes as promised are bet on, in equal parts."""
ERROR = 1 - CONFIDENCE
LABELS_WATCHED = 4
CANDIDATES = tuple(at / 200 for at in range(1, 200))
"""Accuracies among which the bound is looked for."""


def evidence(promised: Sequence[float], right: Sequence[bool]) -> float:
    """How many times its stake the bet has made; ``promised`` is the precision promised of each mail, as they came."""
    return deque(growth(promised, right), maxlen=1)[0] if right else 1.0


def growth(promised: Iterable[float], right: Iterable[bool]) -> Iterator[float]:
    """The evidence after each mail."""
    stakes = [0.0] * len(TIMES)
    for place, (promise, hit) in enumerate(zip(promised, right, strict=True), start=1):
        # Of the stake 1/(k(k+1)) is kept for a fault that begins at the k-th mail; what is kept back is 1/(k+1).
        begun = 1 / (place * (place + 1))
        error = 1 - promise
        ratios = (_ratio(min(times * error, (1 + error) / 2), error, hit) for times in TIMES)
        stakes = [(stake + begun) * ratio for stake, ratio in zip(stakes, ratios, strict=True)]
        yield sum(stakes) / len(TIMES) + 1 / (place + 1)


def _ratio(worse: float, error: float, hit: bool) -> float:
    """How much more probable the outcome is where the error is ``worse``."""
    return (1 - worse) / (1 - error) if hit else worse / error


def upper_bound(right: Sequence[bool], error: float) -> float:
    """The highest accuracy that may have held all along: a higher one would be rejected, wrongly with ``error``.

    To half a per cent; 1 where none is rejected.
    """
    return next((at for at in CANDIDATES if evidence([at] * len(right), right) >= 1 / error), 1.0)


def error_of_label() -> float:
    """The error of a label as a whole: half of its part of :data:`ERROR`, the other half goes to its classes."""
    return ERROR / LABELS_WATCHED / 2


def error_of_class(place: int) -> float:
    """The error of the class that was the ``place``-th (from 1) of its label to be seen; together half of a label's."""
    return error_of_label() / (place * (place + 1))
