"""Holds on autonomy: a label, or a value of it, that decides nothing alone until a person has looked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from classifier.verdict import Verdict
from tickets.columns import countable
from tickets.events import PROGRAM, happening
from tickets.faults import StoreError
from tickets.schema import autonomy_hold

HELD = "autonomy_held"
LIFTED = "autonomy_lifted"
LONGEST_WHY = 1000


class NoSuchHold(StoreError):
    """There is no hold of that number, or it was lifted before."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A label of a policy (of one ``value``, or of any where that is None) that decides nothing alone ``since`` then.

    ``evidence`` is what it rests on, for people: see :func:`tickets.alarm.look`. A hold stands until it is lifted.
    """

    id: int
    policy: str
    label: str
    value: str | None
    since: datetime
    reason: str
    evidence: Mapping[str, Any]
    lifted_at: datetime | None = None
    lifted_by: str | None = None
    why: str | None = None

    @property
    def stands(self) -> bool:
        return self.lifted_at is None

    def holds(self, label: str, value: str) -> bool:
        """Whether it keeps that value of that label from being decided alone."""
        return self.label == label and self.value in (None, value)

    def covers(self, label: str, value: str, drawn_at: datetime) -> bool:
        """Whether what was drawn then is among what a person has looked at, or is to look at, for this hold."""
        return self.holds(label, value) and (self.lifted_at is None or drawn_at <= self.lifted_at)

    def to_json(self) -> dict[str, Any]:
        """A JSON object, times in ISO 8601."""
        return {
            "id": self.id,
            "policy": self.policy,
            "label": self.label,
            "value": self.value,
            "since": self.since.isoformat(),
            "reason": self.reason,
            "evidence": dict(self.evidence),
            "lifted_at": self.lifted_at.isoformat() if self.lifted_at else None,
            "lifted_by": self.lifted_by,
            "why": self.why,
        }


def listed(
    connection: Connection, policies: Collection[str] | None = None, *, standing_only: bool = True
) -> list[Hold]:
    """Holds, newest first; of all policies unless some are named."""
    query = select(autonomy_hold).order_by(autonomy_hold.c.id.desc())
    if policies is not None:
        query = query.where(autonomy_hold.c.policy.in_(sorted(policies)))
    if standing_only:
        query = query.where(autonomy_hold.c.lifted_at.is_(None))
    return [_hold_of(row) for row in connection.execute(query)]


def place(
    connection: Connection,
    policy: str,
    label: str,
    value: str | None,
    *,
    reason: str,
    evidence: Mapping[str, Any],
    at: datetime,
) -> dict[str, Any]:
    """Writes a hold; its event. That none stands for the same is for the caller to know (an index sees to it)."""
    values = {"policy": policy, "label": label, "value": value or "", "since": at, "reason": reason}
    written = insert(autonomy_hold).values(**values, evidence=dict(evidence)).returning(autonomy_hold.c.id)
    number = connection.scalars(written).one()
    details = {"hold": number, "policy": policy, "label": label, "value": value, "reason": reason, **evidence}
    return happening(HELD, details, actor=PROGRAM)


def lift(connection: Connection, number: int, *, actor: str, why: str, at: datetime) -> tuple[Hold, dict[str, Any]]:
    """Lifts a hold for a reason; the hold as it is then, and the event. Raises :class:`NoSuchHold`."""
    said = " ".join(why.split())[:LONGEST_WHY]
    if not said:
        raise StoreError("Say why the hold is lifted: what you looked at, and what was done about it.")
    standing = (autonomy_hold.c.id == countable(number)) & autonomy_hold.c.lifted_at.is_(None)
    values = {"lifted_at": at, "lifted_by": actor, "why": said}
    done = connection.execute(
        update(autonomy_hold).where(standing).values(values).returning(autonomy_hold)
    ).one_or_none()
    if done is None:
        raise NoSuchHold(f"There is no hold {number} that stands.")
    lifted = _hold_of(done)
    told = {"hold": number, "policy": lifted.policy, "label": lifted.label, "value": lifted.value, "why": said}
    return lifted, happening(LIFTED, told, actor=actor)


def reasons(holds: Sequence[Hold], verdict: Verdict) -> list[str]:
    """Why a person has to look at a ticket of that verdict, for each hold that it falls under.

    A hold on the topic also holds what a rule made of it: the rule was chosen by the topic.
    """
    found = []
    for hold in holds:
        decision = verdict.labels[hold.label]
        if hold.policy == verdict.policy and hold.holds(hold.label, decision.value) and decision.acted_alone:
            found.append(f"{told(hold)} is held since {hold.since:%Y-%m-%d}: the audit found it right too seldom")
    return found


def told(hold: Hold) -> str:
    """``topic``, or ``topic odbc_account``, in words."""
    label = hold.label.replace("_", " ")
    return label if hold.value is None else f"{label} {hold.value.replace('_', ' ')}"


def _hold_of(row: Row[Any]) -> Hold:
    return Hold(**{**row._mapping, "value": row.value or None})
