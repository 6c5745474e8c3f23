"""The mail of each week beside the mail that the model learned from, and beside that of the weeks before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from classifier.drift import Read, Shift, shifts

WEEK = timedelta(days=7)
BEFORE = 4
"""So many weeks before are what is usual: what differs from the training mail in all of them is no news."""


@dataclass(frozen=True, slots=True)
class Week:
    """One week's mail, from Monday on, by aspect beside that of the ``training`` and that of the weeks ``before``.

    An aspect of which too few mails are known is absent. ``others`` are the mails that were decided by other models
    than the one in force: how sure those were is not compared.
    """

    begins: date
    complete: bool
    mails: int
    others: int
    training: Mapping[str, Shift]
    before: Mapping[str, Shift]

    @property
    def unlike_training(self) -> tuple[str, ...]:
        """The aspects in which it differs from what was learned from."""
        return tuple(aspect for aspect, shift in self.training.items() if shift.shifted)

    @property
    def unlike_before(self) -> tuple[str, ...]:
        """The aspects in which it differs from the weeks before it."""
        return tuple(aspect for aspect, shift in self.before.items() if shift.shifted)

    def to_json(self) -> dict[str, Any]:
        """The week as a JSON object."""
        return {
            "begins": self.begins.isoformat(),
            "complete": self.complete,
            "mails": self.mails,
            "decided_by_other_models": self.others,
            "unlike_training": list(self.unlike_training),
            "unlike_before": list(self.unlike_before),
            "training": {aspect: shift.to_json() for aspect, shift in self.training.items()},
            "before": {aspect: shift.to_json() for aspect, shift in self.before.items()},
        }


@dataclass(frozen=True, slots=True)
class Drift:
    """A policy's weeks, the newest first. ``learned_from`` mails are what the model in force knows.

    ``remark`` says why there is no training to compare with; ``subjects`` are those of the mails named, by id.
    """

    policy: str
    model: str
    learned_from: int
    weeks: tuple[Week, ...]
    remark: str | None = None
    subjects: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The weeks as a JSON object."""
        told = {"policy": self.policy, "model": self.model, "learned_from": self.learned_from, "remark": self.remark}
        return {**told, "weeks": [week.to_json() for week in self.weeks]}


def weeks_of(
    learned: Sequence[Read],
    came: Mapping[date, Sequence[Read]],
    others: Mapping[date, int],
    *,
    newest: date,
    count: int,
    complete: bool,
    hidden: Collection[str] = (),
) -> tuple[Week, ...]:
    """The ``count`` weeks up to the one that begins on ``newest``, the newest first, from their mails by week.

    ``others`` are how many of each were decided by other models, ``hidden`` the ids of mails that nobody is shown.
    """
    weeks = []
    for number in range(count):
        monday = newest - number * WEEK
        mails = came.get(monday, ())
        earlier = [mail for back in range(1, BEFORE + 1) for mail in came.get(monday - back * WEEK, ())]
        week = Week(
            begins=monday,
            complete=complete or number > 0,
            mails=len(mails),
            others=others.get(monday, 0),
            training=_shown(shifts(learned, mails), hidden),
            before=_shown(shifts(earlier, mails), hidden),
        )
        weeks.append(week)
    return tuple(weeks)


def _shown(found: Mapping[str, Shift], hidden: Collection[str]) -> dict[str, Shift]:
    return {
        aspect: replace(shift, mails=tuple(mail for mail in shift.mails if mail not in hidden))
        for aspect, shift in found.items()
    }
