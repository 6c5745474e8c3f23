"""What is known around a mail, besides its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

FactValue = str | int | bool | date | None

SenderKind = Literal["", "contact", "domain", "shared_domain", "subdomain", "left", "unknown", "assigned"]
"""How a sender's customer was found: a contact of it, its domain, a choice of an agent; or why it was not: a domain of
several, a domain below one of it, a contact who left, nothing known. Empty where nobody looked."""


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
    for the sender (RFC 8601), False when it says the proof failed, None when nothing is known; ``proof`` says why.
    ``sender`` says of a sender who is no known contact how the customer was looked for, and ``candidates`` names those
    that it may be. ``read_with`` are the facts the model read the mail with, where the customer was assigned later.
    """

    received_at: datetime
    customer: Mapping[str, FactValue] = field(default_factory=dict)
    history: tuple[PastTicket, ...] | None = None
    sender_proven: bool | None = None
    language: str | None = None
    proof: str = ""
    sender: SenderKind = ""
    candidates: tuple[str, ...] = ()
    read_with: Facts | None = None

    @property
    def as_read(self) -> Facts:
        """The facts as they were when the model read the mail."""
        return self.read_with or self

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
            "proof": self.proof,
            "sender": self.sender,
            "candidates": list(self.candidates),
            "read_with": None if self.read_with is None else self.read_with.to_json(),
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
            proof=data.get("proof", ""),
            sender=data.get("sender", ""),
            candidates=tuple(data.get("candidates", ())),
            read_with=cls.from_json(data["read_with"]) if data.get("read_with") else None,
        )
