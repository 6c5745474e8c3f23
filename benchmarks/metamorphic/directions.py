"""What must change the severity, and which way: hand-written mails, each with its changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from classifier.example import Example
from policies.labels import Severity

MAILS = Path(__file__).parents[2] / "tests" / "classifier" / "metamorphic.jsonl"
"""Labelled mails without labels; ``changes`` has, by the direction's name, pairs of old and new words."""
SOLVED = {
    "en": "Update: it is solved now, everything works again since noon.",
    "nl": "Update: het is inmiddels opgelost, alles werkt weer sinds vanmiddag.",
}
EXPOSED = {
    "en": "Worse, in production all users can now see the confidential records of other clients.",
    "nl": "Erger nog, in productie kunnen alle gebruikers nu de vertrouwelijke gegevens van andere klanten zien.",
}
ORDER = tuple(Severity)
"""The most severe first."""


@dataclass(frozen=True, slots=True)
class Direction:
    """``holds(before, after)`` says whether the severity went the right way."""

    name: str
    sentence: str
    holds: Callable[[Severity, Severity], bool]
    added: Mapping[str, str] | None = None
    """Words that every mail with this direction gets at its end, by language."""

    def of(self, written: Written) -> Example | None:
        """The mail changed this way; None where it has no such change."""
        if self.name not in written.changes:
            return None
        subject, body = written.example.subject, written.example.body
        for old, new in written.changes[self.name]:
            if old not in body and old not in subject:
                raise ValueError(f"{written.example.id}, {self.name}: {old!r} is not in the mail")
            subject, body = subject.replace(old, new), body.replace(old, new)
        if self.added is not None:
            body = f"{body}\n\n{self.added[written.language]}"
        return replace(written.example, id=f"{written.example.id} {self.name}", subject=subject, body=body)


@dataclass(frozen=True, slots=True)
class Written:
    """A hand-written mail, and what can be changed in it."""

    example: Example
    language: str
    changes: Mapping[str, Sequence[tuple[str, str]]]


def read(path: Path = MAILS) -> list[Written]:
    """The hand-written mails of all policies."""
    return [_written(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _written(record: Mapping[str, Any]) -> Written:
    changes = {name: [(old, new) for old, new in pairs] for name, pairs in record["changes"].items()}
    return Written(Example.from_json(record), record["language"], changes)


def _lowered(before: Severity, after: Severity) -> bool:
    return after > before or after >= Severity.SEV3


def _raised_or_kept(before: Severity, after: Severity) -> bool:
    return after <= before


def _raised(before: Severity, after: Severity) -> bool:
    return after < before or after == Severity.SEV1


def _ends(before: Severity, after: Severity) -> bool:
    return after == Severity.SEV4


# Severities are texts: "SEV1" < "SEV2".
DIRECTIONS = (
    Direction("test system", "a test system instead of production lowers, or is no more than SEV3", _lowered),
    Direction("everyone", "everybody instead of one raises or keeps", _raised_or_kept),
    Direction("solved", "what is solved now is SEV4", _ends, SOLVED),
    Direction("negated", "what is denied (not down, nothing lost) lowers, or is no more than SEV3", _lowered),
    Direction("future", "what is only planned is SEV4", _ends),
    Direction("exposed", "data seen by others, added, raises to SEV1 or by one", _raised, EXPOSED),
)
