"""What the audit sample says of a policy: how right its labels are that pass alone, by value and by month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from classifier.autonomy import CONFIDENCE
from classifier.live_accuracy import Drawn, LiveAccuracy, live_accuracy
from policies.labels import LABELS
from tickets import audits
from tickets.alarm import of_label
from tickets.audits import Audit
from tickets.holds import Hold
from tickets.store import Store

DAYS = 90
"""What is looked back on unless said otherwise."""
MONTHS = 12
INTERVAL = "Clopper-Pearson (for unequal sampling shares as Korn and Graubard)"


@dataclass(frozen=True, slots=True)
class LabelReport:
    """One label: how right it is alone, what was promised last, each of its values, and how near the alarm is.

    ``evidence`` of ``needed`` speaks against the promise: at ``needed`` the label is held. ``promised`` is None where
    nothing was drawn.
    """

    label: str
    accuracy: LiveAccuracy
    promised: float | None
    values: tuple[tuple[str, LiveAccuracy], ...]
    evidence: float
    needed: float


@dataclass(frozen=True, slots=True)
class MonthReport:
    """The tickets that passed alone in a month (``2026-05``, in UTC): all four labels right, and each of them."""

    month: str
    whole: LiveAccuracy
    labels: tuple[tuple[str, LiveAccuracy], ...]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """A policy's audits since a day. ``whole`` is how often all four labels of a ticket were right; ``waiting`` counts
    the audits that nobody has judged yet. Months come newest first."""

    policy: str
    since: datetime
    whole: LiveAccuracy
    labels: tuple[LabelReport, ...]
    months: tuple[MonthReport, ...]
    holds: tuple[Hold, ...]
    waiting: int

    def to_json(self) -> dict[str, Any]:
        """The JSON object of ``mailtriage audit --json`` and the REST API (docs/formats.md)."""
        return {
            "policy": self.policy,
            "since": self.since.isoformat(),
            "confidence": CONFIDENCE,
            "interval": INTERVAL,
            "waiting": self.waiting,
            "whole": self.whole.to_json(),
            "labels": {
                each.label: each.accuracy.to_json()
                | {
                    "promised": each.promised,
                    "evidence": round(each.evidence, 3),
                    "needed": round(each.needed, 3),
                    "values": {value: accuracy.to_json() for value, accuracy in each.values},
                }
                for each in self.labels
            },
            "months": [
                {
                    "month": each.month,
                    "whole": each.whole.to_json(),
                    "labels": {label: accuracy.to_json() for label, accuracy in each.labels},
                }
                for each in self.months
            ],
            "holds": [hold.to_json() for hold in self.holds],
        }


def report(store: Store, policy: str, now: datetime, *, days: int = DAYS) -> AuditReport:
    """What the audits of the last ``days`` say, and those of the last twelve months that there were any in."""
    drawn, held = store.audits(policy), store.holds(policy, standing_only=False)
    since = now - timedelta(days=days)
    recent = [each for each in drawn if each.drawn_at >= since]
    judged = audits.judged(drawn)
    watched = {label: of_label(judged, label, held) for label in LABELS}
    return AuditReport(
        policy=policy,
        since=since,
        whole=_whole(recent),
        labels=tuple(
            LabelReport(
                label,
                _of(recent, label),
                recent[-1].promised[label] if recent else None,
                tuple((value, _of(_saying(recent, label, value), label)) for value in _values(recent, label)),
                watched[label].evidence,
                1 / watched[label].error,
            )
            for label in LABELS
        ),
        months=tuple(_months(drawn)),
        holds=tuple(held),
        waiting=sum(each.open for each in drawn),
    )


def _months(drawn: Sequence[Audit]) -> list[MonthReport]:
    by_month: dict[str, list[Audit]] = {}
    for each in drawn:
        by_month.setdefault(f"{each.drawn_at:%Y-%m}", []).append(each)
    return [
        MonthReport(month, _whole(by_month[month]), tuple((label, _of(by_month[month], label)) for label in LABELS))
        for month in sorted(by_month, reverse=True)[:MONTHS]
    ]


def _whole(drawn: Sequence[Audit]) -> LiveAccuracy:
    return live_accuracy([Drawn(each.share, each.all_right) for each in drawn])


def _of(drawn: Sequence[Audit], label: str) -> LiveAccuracy:
    return live_accuracy([Drawn(each.share, each.right(label)) for each in drawn])


def _values(drawn: Sequence[Audit], label: str) -> list[str]:
    return sorted({each.said[label] for each in drawn})


def _saying(drawn: Sequence[Audit], label: str, value: str) -> list[Audit]:
    return [each for each in drawn if each.said[label] == value]
