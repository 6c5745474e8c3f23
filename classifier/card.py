"""What is known of one model version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is known of one model version: when and from what it was made, how it did, and the digests of its files."""

    version: str
    policy: str
    profile: str
    created_at: datetime
    program: str
    policy_version: str
    examples: int
    agent_labelled: int
    data_digest: str
    metrics: Mapping[str, Any]
    files: Mapping[str, str]
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """A JSON object that :meth:`from_json` reads back to an equal card."""
        return asdict(self) | {"created_at": self.created_at.isoformat()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ModelCard:
        """The card that :meth:`to_json` wrote."""
        return cls(**{**data, "created_at": datetime.fromisoformat(data["created_at"])})
