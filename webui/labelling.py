"""What a page asks for about labels: which to ask for next, where more would help, which want a second look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from classifier.needed import Need
from classifier.suspicion import Suspicion
from classifier.teaching import WEIGHTS, Worth
from tickets.rows import QueueItem


@dataclass(frozen=True, slots=True)
class NextLabel:
    """A ticket that waits, and what a person's labels of it are worth to the next model."""

    item: QueueItem
    worth: Worth

    @property
    def why(self) -> str:
        """The parts of its score that count, the largest first."""
        parts = {name: weight * getattr(self.worth, name) for name, weight in WEIGHTS.items()}
        told = [
            f"{name} {parts[name]:.2f}" for name in sorted(parts, key=lambda one: -parts[one]) if parts[name] >= 0.005
        ]
        return f"{self.worth.score:.2f}: {', '.join(told)}" if told else f"{self.worth.score:.2f}"

    def to_json(self) -> dict[str, Any]:
        """A JSON object; of an audit nothing that was decided."""
        item = self.item
        return {
            "ticket": item.number,
            "policy": item.policy,
            "subject": item.subject,
            "audit": item.audit,
            "due": item.due_at.isoformat() if item.due_at else None,
            "parts": self.worth.to_json(),
            "weights": dict(WEIGHTS),
        }


class Labelling(Protocol):
    """Says it of the policies that are loaded."""

    def next(self, policy: str | None) -> Sequence[NextLabel]:
        """The tickets that wait, in the order in which their labels teach most; of all policies without one."""

    def needed(self, policy: str) -> Sequence[Need]:
        """Where fifty more labels would help most, that first."""

    def suspicious(self, policy: str) -> Sequence[Suspicion]:
        """The labels of agents that want a second look, the strongest suspicion first."""
