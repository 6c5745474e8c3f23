"""Where more labels would help most: by value of each label, from what the model got wrong while it was held out.

An error shrinks with the number of labelled mails as a power of it (Hestness et al. 2017, "Deep Learning Scaling is
Predictable, Empirically"): with ``m`` more beside ``n`` it is expected to be ``(n / (n + m)) ** EXPONENT`` of what it
is. How often the value comes says how many mails gain from that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from classifier.live_mix import LiveMix
from classifier.second_opinion import Opinion
from policies.labels import LABELS, IssueType, Scope, Severity
from policies.policy import Policy

EXPONENT = 0.5
"""Measured: from 100 to 1,200 labels of HWU64, drawn at random, the error shrinks with the power 0.47."""
PRIOR = 4.0
"""So many mails of the label's usual error are added to those of each value: one mail shows little."""
PSEUDO_COUNT = 0.5
"""Of a value that has not come yet, so that it may."""
LABELS_MORE = 50
PORTION = 5
"""So many labels at a time are given to the value that gains most by them."""


@dataclass(frozen=True, slots=True)
class Need:
    """What more labelled mails of one value would do.

    ``mails`` of the value are labelled, and ``wrong`` of them were taken for another value while they were held out,
    mostly ``taken_for``. ``share`` of the mail that comes is of that value. ``gain`` is the part of all mails on
    which the label is expected to be right that is wrong now, if all the new labels were of that value, ``portion`` how
    many of them to spend on it when all values compete for them.
    """

    label: str
    value: str
    mails: int
    wrong: int
    taken_for: str | None
    share: float
    gain: float
    portion: int
    reason: str

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return asdict(self)


def needed(
    policy: Policy, opinions: Sequence[Opinion], *, mix: LiveMix | None = None, labels: int = LABELS_MORE
) -> list[Need]:
    """What ``labels`` more would do for each value of each label, those on which to spend most first.

    ``opinions`` are the model's on labelled mails, ``mix`` what share of the mail that comes has each value; without it
    that of the labelled mails.
    """
    curves = [curve for label in LABELS for curve in _curves(policy, label, opinions, (mix or {}).get(label))]
    portions = _spend(curves, labels)
    needs = [_need(curve, portions[position], labels) for position, curve in enumerate(curves)]
    return sorted(needs, key=lambda need: (-need.portion, -need.gain, need.label, need.value))


@dataclass(frozen=True, slots=True)
class _Curve:
    """One value as it is judged now, and the error that follows."""

    label: str
    value: str
    mails: int
    wrong: int
    taken_for: str | None
    share: float
    error: float

    def gain(self, more: int, besides: int = 0) -> float:
        """By how much the label's error falls with ``more`` labels of the value, beside so many new ones already."""
        return self.share * (self._error(besides) - self._error(besides + more))

    def _error(self, more: int) -> float:
        known = max(1, self.mails)
        return float(self.error * (known / (known + more)) ** EXPONENT)


def values_of(policy: Policy, label: str) -> tuple[str, ...]:
    """All values that a label may have under the policy."""
    kinds: Mapping[str, Sequence[str]] = {
        "severity": tuple(severity.value for severity in Severity),
        "scope": tuple(scope.value for scope in Scope),
        "issue_type": tuple(kind.value for kind in IssueType),
        "topic": tuple(policy.topics),
    }
    return tuple(kinds[label])


def _curves(
    policy: Policy, label: str, opinions: Sequence[Opinion], shares: Mapping[str, float] | None
) -> list[_Curve]:
    mine = [opinion for opinion in opinions if opinion.label == label]
    values = values_of(policy, label)
    counts = Counter(opinion.given for opinion in mine)
    usual = sum(not o.agrees for o in mine) / len(mine) if mine else 1.0
    weights = {value: (shares or {}).get(value, 0.0) * len(mine) if shares else counts[value] for value in values}
    total = sum(weights.values()) + PSEUDO_COUNT * len(values)
    curves = []
    for value in values:
        wrong = Counter(o.said for o in mine if o.given == value and not o.agrees)
        missed = sum(wrong.values())
        # Of a value without mails nothing can be right.
        error = (missed + PRIOR * usual) / (counts[value] + PRIOR) if counts[value] else 1.0
        mostly = max(wrong, key=lambda said: (wrong[said], said), default=None)
        share = (weights[value] + PSEUDO_COUNT) / total
        curves.append(_Curve(label, value, counts[value], missed, mostly, share, error))
    return curves


def _spend(curves: Sequence[_Curve], labels: int) -> list[int]:
    """How many of the labels each value gets when each portion goes where it gains most."""
    spent = [0] * len(curves)
    left = labels
    while left > 0 and curves:
        size = min(PORTION, left)
        best = max(range(len(curves)), key=lambda i: curves[i].gain(size, spent[i]))
        spent[best] += size
        left -= size
    return spent


def _need(curve: _Curve, portion: int, labels: int) -> Need:
    gain = curve.gain(labels)
    return Need(
        curve.label, curve.value, curve.mails, curve.wrong, curve.taken_for, curve.share, gain, portion,
        _reason(curve, gain, labels),
    )  # fmt: skip


def _reason(curve: _Curve, gain: float, labels: int) -> str:
    name = f"{curve.label.replace('_', ' ')} {curve.value}"
    if not curve.mails:
        told = "no mail yet, so it is never read"
    else:
        told = f"{curve.mails} {'mail' if curve.mails == 1 else 'mails'}, "
        told += f"{curve.wrong} of them wrong while held back"
        told += f" (mostly taken for {curve.taken_for})" if curve.taken_for else ""
    return f"{name}: {told}; {labels} more would put about {gain:.1%} of all mails right."
