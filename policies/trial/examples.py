"""A policy's own examples: mails with their facts, and what must come out, as the support lead writes them in TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from errors import MailtriageError
from policies.facts import Facts, FactValue, PastTicket
from policies.labels import IssueType, Severity
from policies.part import key_path, what_is_wrong
from policies.policy import Policy
from policies.positions import Positions
from policies.problem import FileProblem, not_toml
from policies.trial.example_file import ExampleEntry, ExamplesFile, Expected, Known
from policies.trial.example_names import problems

SHIPPED = Path(__file__).parents[1] / "examples"


class ExamplesError(MailtriageError):
    """The file of examples does not say what it must: names the file, the line and the key. ``found`` are all."""

    def __init__(self, *found: FileProblem) -> None:
        super().__init__(f"{found[0]}{f' (and {len(found) - 1} more)' if len(found) > 1 else ''}")
        self.found = found


@dataclass(frozen=True, slots=True)
class Example:
    """One example, complete: the mail, what it is about, the facts, and what must come out.

    ``severity`` None leaves it to the policy's table. ``line`` is where it begins in its file.
    """

    id: str
    about: tuple[str, ...]
    subject: str
    body: str
    topic: str
    issue_type: IssueType
    impact: Mapping[str, str]
    severity: Severity | None
    facts: Facts
    expect: Expected
    line: int


def where(name: str, folder: Path | None) -> Path | None:
    """The file of a policy's examples: ``examples/NAME.toml`` in the policy's folder, else the one that ships."""
    candidates = [*([folder / "examples"] if folder is not None else []), SHIPPED]
    return next((path for path in (place / f"{name}.toml" for place in candidates) if path.is_file()), None)


def load_examples(path: Path, policy: Policy) -> tuple[Example, ...]:
    """The examples in ``path``, checked against ``policy``; raises :class:`ExamplesError` with every problem."""
    text = _read(path)
    data = _toml(path, text)
    positions = Positions.of(text)
    try:
        file = ExamplesFile.model_validate(data)
    except ValidationError as error:
        details: list[Any] = list(error.errors())
        found = [(key_path(detail["loc"]), what_is_wrong(detail)) for detail in details]
    else:
        found = [(key_path(place), says) for place, says in problems(file, policy)]
    if found:
        raise ExamplesError(*(FileProblem(path.name, says, key, positions.line(key, says)) for key, says in found))
    return tuple(_example(file, number, policy, positions) for number in range(len(file.examples)))


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ExamplesError(FileProblem(str(path), f"cannot be read: {error.strerror or error}")) from error
    except UnicodeDecodeError as error:
        raise ExamplesError(FileProblem(path.name, "not UTF-8; save the file as UTF-8")) from error


def _toml(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ExamplesError(not_toml(path.name, text, str(error))) from error
    except RecursionError as error:
        raise ExamplesError(FileProblem(path.name, "arrays or tables within one another beyond all measure")) from error


def _example(file: ExamplesFile, number: int, policy: Policy, positions: Positions) -> Example:
    entry = file.examples[number]
    return Example(
        id=entry.id,
        about=tuple(f"{policy.name}/{name}" for name in entry.about),
        subject=entry.subject,
        body=entry.body,
        topic=entry.topic,
        issue_type=entry.issue_type,
        impact=file.impact(entry.impact),
        severity=entry.severity,
        facts=_facts(file.defaults, entry, policy),
        expect=entry.expect,
        line=positions.line(("examples", number)),
    )


def _facts(defaults: Known, entry: ExampleEntry, policy: Policy) -> Facts:
    received = entry.received or defaults.received
    assert received is not None  # noqa: S101 - the file was checked for it
    customer: dict[str, FactValue] = {
        name: value for name, value in {**defaults.customer, **entry.customer}.items() if value != "unknown"
    }
    history = entry.history if entry.history is not None else defaults.history
    language = entry.language or defaults.language or policy.languages[0]
    proven = entry.sender_proven if entry.sender_proven is not None else defaults.sender_proven
    return Facts(
        received_at=received,
        customer=customer,
        history=tuple(PastTicket(topic, days) for topic, each in history.items() for days in each)
        if isinstance(history, dict)
        else None,
        sender_proven=None if proven == "unknown" else proven is not False,
        language=None if language == "unknown" else language,
    )
