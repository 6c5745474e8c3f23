"""Above which confidence a label may be decided without a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

# A threshold keeps its precision with this confidence.
CONFIDENCE = 0.95
# How many sets are tested at most; more would find a slightly lower threshold and stop earlier by bad luck.
STEPS = 20


def precision_bound(right: int, total: int, confidence: float = CONFIDENCE) -> float:
    """The precision that holds at least, with ``confidence``, for ``right`` of ``total`` (Clopper-Pearson)."""
    from scipy.stats import beta  # see classifier.head

    return float(beta.ppf(1 - confidence, right, total - right + 1)) if right else 0.0


def least_examples(target: float, confidence: float = CONFIDENCE) -> int:
    """How many mails, all decided rightly, it takes to show a precision of ``target``."""
    return int(np.ceil(np.log(1 - confidence) / np.log(target))) if target < 1 else np.iinfo(np.int64).max


def find(confidences: Sequence[float], right: Sequence[bool], target: float) -> float | None:
    """The lowest confidence at and above which the precision is at least ``target``; None when too little data show it.

    The sets tested grow from the most confident mails on and the search stops at the first that fails (fixed-sequence
    testing), so that looking at several thresholds does not use up the confidence.
    """
    order = np.argsort(-np.asarray(confidences, dtype=float), kind="stable")
    falling = np.asarray(confidences, dtype=float)[order]
    hits = np.cumsum(np.asarray(right, dtype=int)[order])
    threshold = None
    for total in _sizes(falling, least_examples(target)):
        if precision_bound(int(hits[total - 1]), total) < target:
            break
        threshold = float(falling[total - 1])
    return threshold


def _sizes(falling: npt.NDArray[np.float64], least: int) -> Iterator[int]:
    """How many of the most confident mails to test, in turn: never only some of those with the same confidence."""
    step = max(1, len(falling) // STEPS)
    last = least - step
    for total in range(least, len(falling) + 1):
        whole = total == len(falling) or falling[total] < falling[total - 1]
        if whole and (total >= last + step or total == len(falling)):
            last = total
            yield total
