"""When a label may be decided without a person: above thresholds whose precision mails that were held out have shown.

Clopper and Pearson's exact bound (1934, Biometrika 26) says what precision holds with a stated confidence. Thresholds
are tested in a fixed sequence, from the most confident mails on, and the confidence is divided among the classes that
have a threshold of their own (Bonferroni), so that the promise holds for the label as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

CONFIDENCE = 0.95
# How many sets are tested at most; more would find a slightly lower threshold and stop earlier by bad luck.
STEPS = 20
# Measured on Banking77: where this many times the least are there, a second sequence that starts with twice the least
# finds lower thresholds (97% of 600 mails: .78 are decided alone, not .71; nothing is in 2% of draws, not in 8%).
STARTS = (1, 2)
TWO_SEQUENCES = 4
# A class is judged by itself where it was decided so many times as often as the least that can show the target.
OWN_THRESHOLD = 3
POINTS = 40
"""Of a curve: enough to draw it by."""
TIMES_AS_MANY = tuple(np.geomspace(1.1, 64, 40).tolist())
"""As many labelled mails are tried when it is estimated how many are missing."""


@dataclass(frozen=True, slots=True)
class Point:
    """What acting alone at and above ``threshold`` would have been on held-out mails.

    ``coverage`` is the share decided alone, ``precision`` how much of it was right and ``bound`` the precision that
    holds at least, with the curve's confidence, at this point taken by itself.
    """

    threshold: float
    coverage: float
    precision: float
    bound: float


@dataclass(frozen=True, slots=True)
class Autonomy:
    """When one label is decided without a person.

    ``thresholds`` maps a value to the probability from which it is decided alone (absent: never). ``target`` is the
    precision asked for, or None where a share of the mail was (``target_coverage``); ``promised`` is the precision that
    holds with ``confidence``, None where nothing is decided alone. ``held_out`` counts the mails that judged and
    ``coverage`` is the share of them that is decided alone. ``missing`` says how many more labelled ones it would take
    if the model stays as right as it is; None where labels alone will not do, 0 where none are missing.
    """

    target: float | None
    target_coverage: float | None
    confidence: float
    held_out: int
    thresholds: Mapping[str, float]
    promised: float | None
    missing: int | None
    curve: tuple[Point, ...]
    coverage: float = 0.0

    @property
    def acts(self) -> bool:
        """Whether anything is decided alone."""
        return bool(self.thresholds)

    def sure(self, value: str, probability: float) -> bool:
        """Whether ``value``, of that probability, may be decided without a person."""
        return value in self.thresholds and probability >= self.thresholds[value]

    def at_coverage(self, share: float) -> Point | None:
        """The point of the curve at which at least ``share`` of the mail is decided alone; None where it never is."""
        return next((point for point in self.curve if point.coverage >= share), None)

    def at_precision(self, precision: float) -> Point | None:
        """The last point of the curve whose ``bound`` holds ``precision``; None where none does."""
        return next((point for point in reversed(self.curve) if point.bound >= precision), None)

    def to_json(self) -> dict[str, Any]:
        """A JSON object that :meth:`from_json` reads back to an equal one."""
        return {**asdict(self), "curve": [asdict(point) for point in self.curve]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Autonomy:
        """What :meth:`to_json` wrote."""
        return cls(**{**data, "curve": tuple(Point(**point) for point in data["curve"])})


def never(target: float | None = None) -> Autonomy:
    """Nothing is decided alone."""
    return Autonomy(target, None, CONFIDENCE, 0, {}, None, None, ())


def for_precision(
    values: Sequence[str], probabilities: Sequence[float], right: Sequence[bool], target: float, never: int = 0
) -> Autonomy:
    """Thresholds above which the decisions for held-out mails show a precision of ``target``; coverage follows.

    ``values`` are what was decided, ``probabilities`` how probable it was said to be, ``right`` whether it was.
    ``never`` counts the mails beside these that go to a person whatever the probability.
    """
    decided, confidences, hits = np.asarray(values, dtype=str), np.asarray(probabilities, float), np.asarray(right, int)
    thresholds = _thresholds(decided, confidences, hits, target)
    missing = 0 if thresholds else _missing(decided, confidences, hits, target, never)
    promised = target if thresholds else None
    alone = [p >= thresholds[v] for v, p in zip(values, confidences, strict=True) if v in thresholds]
    total = len(decided) + never
    curve = _curve(confidences, hits, total)
    return Autonomy(target, None, CONFIDENCE, total, thresholds, promised, missing, curve, _part(sum(alone), total))


def for_coverage(
    values: Sequence[str], probabilities: Sequence[float], right: Sequence[bool], share: float, never: int = 0
) -> Autonomy:
    """The one threshold at and above which ``share`` of the held-out mails are decided; the precision follows.

    Of mails that are equally sure all are decided or none, so that it may be a little more than the share; less where
    ``never`` leaves no more.
    """
    confidences, hits = np.asarray(probabilities, float), np.asarray(right, int)
    total = len(confidences) + never
    curve = _curve(confidences, hits, total)
    if not len(confidences):
        return Autonomy(None, share, CONFIDENCE, total, {}, None, None, curve)
    wanted = min(len(confidences), max(1, int(np.ceil(share * total))))
    threshold = float(np.sort(confidences)[-wanted])
    chosen = confidences >= threshold
    promised = precision_bound(int(hits[chosen].sum()), int(chosen.sum()))
    thresholds = dict.fromkeys(sorted(set(values)), threshold)
    return Autonomy(None, share, CONFIDENCE, total, thresholds, promised, 0, curve, _part(int(chosen.sum()), total))


def precision_bound(right: int, total: int, confidence: float = CONFIDENCE) -> float:
    """The precision that holds at least, with ``confidence``, for ``right`` of ``total`` (Clopper-Pearson)."""
    from scipy.stats import beta  # see classifier.head

    return float(beta.ppf(1 - confidence, right, total - right + 1)) if right else 0.0


def least_examples(target: float, confidence: float = CONFIDENCE) -> int:
    """How many mails, all decided rightly, it takes to show a precision of ``target``."""
    return int(np.ceil(np.log(1 - confidence) / np.log(target))) if target < 1 else np.iinfo(np.int64).max


def find(
    confidences: Sequence[float], right: Sequence[bool], target: float, confidence: float = CONFIDENCE
) -> float | None:
    """The lowest probability at and above which the precision is at least ``target``; None when too few mails show it.

    The sets tested grow from the most confident mails on and the search stops at the first that fails (fixed-sequence
    testing), so that looking at several thresholds does not use up the confidence. With many mails there are two such
    sequences, the second from larger sets on that one early mistake does not end, and they share the confidence.
    """
    order = np.argsort(-np.asarray(confidences, dtype=float), kind="stable")
    falling = np.asarray(confidences, dtype=float)[order]
    hits = np.cumsum(np.asarray(right, dtype=int)[order])
    starts = STARTS if len(falling) >= TWO_SEQUENCES * least_examples(target, confidence) else STARTS[:1]
    each = 1 - (1 - confidence) / len(starts)
    firsts = [int(np.ceil(start * least_examples(target, each))) for start in starts]
    found = [total for first in firsts if (total := _last_to_hold(falling, hits, first, target, each))]
    return float(falling[max(found) - 1]) if found else None


def _last_to_hold(
    falling: npt.NDArray[np.float64], hits: npt.NDArray[np.int64], first: int, target: float, confidence: float
) -> int:
    """How many of the most confident mails are in the last set before one fails, from ``first`` on; 0 for none."""
    last = 0
    for total in _sizes(falling, first):
        if precision_bound(int(hits[total - 1]), total, confidence) < target:
            break
        last = total
    return last


def _thresholds(
    decided: npt.NDArray[np.str_], confidences: npt.NDArray[np.float64], hits: npt.NDArray[np.int64], target: float
) -> dict[str, float]:
    """By value the probability from which the precision holds, the confidence divided among the groups of values."""
    groups = _groups(decided.tolist(), target)
    confidence = 1 - (1 - CONFIDENCE) / max(1, len(groups))
    thresholds: dict[str, float] = {}
    for group in groups:
        rows = np.isin(decided, group)
        found = find(confidences[rows].tolist(), hits[rows].astype(bool).tolist(), target, confidence)
        if found is not None:
            thresholds |= dict.fromkeys(group, found)
    return thresholds


def _groups(values: Sequence[str], target: float) -> list[list[str]]:
    """Which values share a threshold: each that was decided often enough has its own, the others have one together."""
    counts = Counter(values)
    enough = OWN_THRESHOLD * least_examples(target)
    own = [[value] for value in sorted(counts) if counts[value] >= enough]
    rest = sorted(value for value in counts if counts[value] < enough)
    return [*own, rest] if rest else own


def _missing(
    decided: npt.NDArray[np.str_],
    confidences: npt.NDArray[np.float64],
    hits: npt.NDArray[np.int64],
    target: float,
    never: int,
) -> int | None:
    """How many more labels it takes until there is a threshold, if what is decided and how rightly stay as they are."""
    if not len(confidences):
        return least_examples(target)
    confidences = _in_steps(decided, confidences, max(1, least_examples(target) // 2))
    total = len(hits) + never
    for times in TIMES_AS_MANY:
        rows = (np.arange(int(len(hits) * times)) / times).astype(int)
        if _thresholds(decided[rows], confidences[rows], hits[rows], target):
            return int(np.ceil(total * times)) - total
    return None


def _in_steps(
    decided: npt.NDArray[np.str_], confidences: npt.NDArray[np.float64], size: int
) -> npt.NDArray[np.float64]:
    """The confidences of each value in steps of ``size`` mails, so that no few surest mails stand for many more."""
    steps = confidences.copy()
    for value in np.unique(decided):
        falling = np.flatnonzero(decided == value)[np.argsort(-confidences[decided == value], kind="stable")]
        for start in range(0, len(falling), size):
            step = falling[start : start + size]
            steps[step] = confidences[step].min()
    return steps


def _curve(confidences: npt.NDArray[np.float64], hits: npt.NDArray[np.int64], total: int) -> tuple[Point, ...]:
    order = np.argsort(-confidences, kind="stable")
    falling, right = confidences[order], np.cumsum(hits[order])
    whole = [n for n in range(1, len(falling) + 1) if n == len(falling) or falling[n] < falling[n - 1]]
    chosen = [whole[i] for i in sorted({round(i) for i in np.linspace(0, len(whole) - 1, POINTS)})] if whole else []
    return tuple(
        Point(
            round(float(falling[n - 1]), 6),
            _part(n, total),
            round(float(right[n - 1] / n), 6),
            round(precision_bound(int(right[n - 1]), n), 6),
        )
        for n in chosen
    )


def _part(count: int, total: int) -> float:
    return round(count / total, 6) if total else 0.0


def _sizes(falling: npt.NDArray[np.float64], least: int) -> Iterator[int]:
    """How many of the most confident mails to test, in turn: never only some of those with the same confidence."""
    step = max(1, len(falling) // STEPS)
    last = least - step
    for total in range(least, len(falling) + 1):
        whole = total == len(falling) or falling[total] < falling[total - 1]
        if whole and (total >= last + step or total == len(falling)):
            last = total
            yield total
