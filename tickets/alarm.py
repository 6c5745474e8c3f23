"""The alarm: a label whose promised precision the audit no longer believes decides nothing alone from then on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from classifier.autonomy import CONFIDENCE
from classifier.credible import error_of_class, error_of_label, evidence, upper_bound
from classifier.live_accuracy import Drawn, live_accuracy
from classifier.promise import percent
from policies.labels import LABELS
from tickets import audits, holds
from tickets.audits import Audit
from tickets.holds import Hold


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched: a label as a whole or one value of it, its judged audits in their order, the error allowed."""

    label: str
    value: str | None
    audits: Sequence[Audit]
    error: float

    @property
    def right(self) -> list[bool]:
        return [bool(each.right(self.label)) for each in self.audits]

    @property
    def evidence(self) -> float:
        """Against the promise: how many times its stake a bet against it has made."""
        return evidence([each.promised[self.label] for each in self.audits], self.right)

    @property
    def alarms(self) -> bool:
        """Whether the promise is no longer credible."""
        return self.evidence >= 1 / self.error

    def told(self) -> dict[str, Any]:
        """What a hold rests on: counts, promise, accuracy with its interval, the bound, the tickets that were wrong."""
        promised = [each.promised[self.label] for each in self.audits]
        measured = live_accuracy([Drawn(each.share, each.right(self.label)) for each in self.audits])
        wrong = [each.ticket for each in self.audits if not each.right(self.label)]
        return {
            "judged": measured.judged,
            "right": measured.right,
            "accuracy": round(measured.accuracy or 0.0, 6),
            "lower": round(measured.lower, 6),
            "upper": round(measured.upper, 6),
            "promised": promised[-1],
            "credible_at_most": upper_bound(self.right, self.error),
            "evidence": round(self.evidence, 1),
            "needed": round(1 / self.error, 1),
            "confidence": CONFIDENCE,
            "first": self.audits[0].drawn_at.isoformat(),
            "wrong": wrong,
        }


def answered(
    connection: Connection, number: int, answers: Mapping[str, str], *, agent: str, at: datetime
) -> list[dict[str, Any]]:
    """Writes an agent's word into a ticket's open audit and looks at what that makes credible; the events of it."""
    done, event = audits.answer(connection, number, answers, agent=agent, at=at)
    return [event, *look(connection, done.policy, at=at)]


def look(connection: Connection, policy: str, *, at: datetime) -> list[dict[str, Any]]:
    """Places a hold on every value of a label, and on every label as a whole, that the answers so far speak against.

    A label as a whole is judged by those of its values that are not held. Gives the events of it.
    """
    judged = audits.judged(audits.of_policy(connection, policy))
    before = holds.listed(connection, [policy], standing_only=False)
    found = []
    for label in LABELS:
        alarming = [each for each in of_values(judged, label, before) if each.alarms]
        whole = of_label(judged, label, before, besides=[each.value for each in alarming])
        for each in (*alarming, *([whole] if whole.alarms else [])):
            told = each.told()
            reason = _reason(told)
            found.append(holds.place(connection, policy, label, each.value, reason=reason, evidence=told, at=at))
    return found


def of_label(
    judged: Sequence[Audit], label: str, before: Sequence[Hold], besides: Collection[str | None] = ()
) -> Watched:
    """A label as a whole, but for the values that are held (or are in ``besides``)."""
    counted = [each for each in _counted(judged, label, before) if each.said[label] not in besides]
    return Watched(label, None, counted, error_of_label())


def of_values(judged: Sequence[Audit], label: str, before: Sequence[Hold]) -> Iterator[Watched]:
    """Each value of a label, in the order in which they were first seen."""
    counted = _counted(judged, label, before)
    for place, value in enumerate(dict.fromkeys(each.said[label] for each in judged), start=1):
        yield Watched(label, value, [each for each in counted if each.said[label] == value], error_of_class(place))


def _counted(judged: Sequence[Audit], label: str, before: Sequence[Hold]) -> list[Audit]:
    """Those that no hold is about: what a person has looked at, or is to look at, does not count again."""
    about = [hold for hold in before if hold.label == label]
    return [each for each in judged if not any(hold.covers(label, each.said[label], each.drawn_at) for hold in about)]


def _reason(told: dict[str, Any]) -> str:
    return (
        f"{told['right']} of {told['judged']} audited were right; {percent(told['promised'])} was promised, and more "
        f"than {percent(told['credible_at_most'])} is not credible any more"
    )
