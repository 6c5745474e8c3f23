"""What is known around a mail, besides its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

FactValue = str | int | bool | date | None


@dataclass(frozen=True, slots=True)
class PastTicket:
    """One earlier request of the same customer."""

    topic: str
    days_ago: int


@dataclass(frozen=True, slots=True)
class Facts:
    """The contract facts used for one verdict; stored with it, so that the verdict can be given again.

    ``customer`` maps the policy's fact names to values (None or absent is unknown). ``history`` None means that the
    history is unknown, an empty tuple that there is none. ``sender_proven`` is True when the receiving server vouches
    for the sender (RFC 8601), False when it says the proof failed, None when nothing is known.
    """

    received_at: datetime
    customer: Mapping[str, FactValue] = field(default_factory=dict)
    history: tuple[PastTicket, ...] | None = None
    sender_proven: bool | None = None
    language: str | None = None

    def to_json(self) -> dict[str, Any]:
        """A JSON object that :meth:`from_json` reads back to an equal value."""
        return {
            "received_at": self.received_at.isoformat(),
            "customer": {k: v.isoformat() if isinstance(v, date) else v for k, v in self.customer.items()},
            "history": None
            if self.history is None
            else [{"topic": p.topic, "days_ago": p.days_ago} for p in self.history],
            "sender_proven": self.sender_proven,
            "language": self.language,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Facts:
        """The facts that :meth:`to_json` wrote. Dates among the customer facts stay ISO 8601 strings."""
        history = data.get("history")
        return cls(
            received_at=datetime.fromisoformat(data["received_at"]),
            customer=dict(data.get("customer") or {}),
            history=None if history is None else tuple(PastTicket(p["topic"], p["days_ago"]) for p in history),
            sender_proven=data.get("sender_proven"),
            language=data.get("language"),
        )
