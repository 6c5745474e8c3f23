"""How agents came to give the labels of a mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from classifier.example import Example

KEY = "given"
"""The key of a labelled mail under which it is kept."""


@dataclass(frozen=True, slots=True)
class Given:
    """Who gave a label, when, and how; None where it is not known.

    ``blind`` says that they had not been shown the model's answer, ``bulk`` that they gave it to many mails at once,
    ``seconds`` how long they looked, all labels of one act together.
    """

    agent: str
    at: datetime
    blind: bool | None = None
    bulk: bool = False
    seconds: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The JSON object that :func:`given` reads."""
        return {
            "agent": self.agent,
            "at": self.at.isoformat(),
            "blind": self.blind,
            "bulk": self.bulk,
            "seconds": self.seconds,
        }


def given(example: Example) -> dict[str, Given]:
    """By label, how it was given; a label is absent when that is not known, as in mails that no agent labelled."""
    told = example.extra.get(KEY)
    if not isinstance(told, Mapping):
        return {}
    return {label: _read(value) for label, value in told.items() if isinstance(value, Mapping) and "agent" in value}


def _read(value: Mapping[str, Any]) -> Given:
    return Given(
        agent=str(value["agent"]),
        at=datetime.fromisoformat(str(value["at"])),
        blind=value.get("blind"),
        bulk=bool(value.get("bulk")),
        seconds=value.get("seconds"),
    )
