"""What the agreement promises for one decided request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ResponseTarget:
    """When the first response is due, in an aware datetime, and the calendar it was counted in.

    ``within`` is the promise in words ("2 support hours", "1 business day").
    """

    due: datetime
    within: str
    calendar: str
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """Clauses cited (id to sentence), whether it is covered and why, what it costs, by when an answer is due."""

    clauses: Mapping[str, str]
    coverage: str
    charge: str | None
    response_target: ResponseTarget | None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A JSON object that :meth:`from_json` reads back to equal terms."""
        target = self.response_target
        return {
            "clauses": dict(self.clauses),
            "coverage": self.coverage,
            "charge": self.charge,
            "response_target": None
            if target is None
            else {
                "due": target.due.isoformat(),
                "within": target.within,
                "calendar": target.calendar,
                "paused": target.paused,
            },
            "notes": list(self.notes),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Terms:
        """The terms that :meth:`to_json` wrote."""
        target = data.get("response_target")
        return cls(
            clauses=dict(data["clauses"]),
            coverage=data["coverage"],
            charge=data.get("charge"),
            response_target=None
            if target is None
            else ResponseTarget(
                due=datetime.fromisoformat(target["due"]),
                within=target["within"],
                calendar=target["calendar"],
                paused=target["paused"],
            ),
            notes=tuple(data.get("notes", ())),
        )
