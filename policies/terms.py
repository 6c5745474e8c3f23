"""What the agreement promises for one decided request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
class Question:
    """Something that the mail leaves out: its id in the policy, and the question by language code, always in ``en``."""

    id: str
    asks: Mapping[str, str]

    def text(self, language: str | None) -> str:
        """The question in ``language`` (RFC 5646), in English where it has none of that language."""
        code = (language or "").partition("-")[0].lower()
        return self.asks.get(code) or self.asks["en"]


@dataclass(frozen=True, slots=True)
class Terms:
    """Clauses cited (id to sentence), whether it is covered and why, what it costs, by when an answer is due.

    ``questions`` are what a vague mail leaves out, to be asked of its sender.
    """

    clauses: Mapping[str, str]
    coverage: str
    charge: str | None
    response_target: ResponseTarget | None
    notes: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    quotas: Mapping[str, str] = field(default_factory=dict)
    """The quotas of which the request uses one, each with the customer fact that it counts down."""
    procedure: str | None = None
    """The procedure that work on the request goes by."""
    charge_proposed: bool = False
    """Whether the charge waits for a person's word."""

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
            "questions": [{"id": question.id, "asks": dict(question.asks)} for question in self.questions],
            "quotas": dict(self.quotas),
            "procedure": self.procedure,
            "charge_proposed": self.charge_proposed,
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
            questions=tuple(Question(entry["id"], dict(entry["asks"])) for entry in data.get("questions", ())),
            quotas=dict(data.get("quotas") or {}),
            procedure=data.get("procedure"),
            charge_proposed=data.get("charge_proposed", False),
        )
