"""A labelled mail: what training, evaluation and exchange files are made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from errors import MailtriageError
from policies.facts import Facts, PastTicket
from policies.labels import IMPACT_VALUES, LABELS, IssueType, Scope, Severity
from policies.policy import Policy

KEYS = (
    "id", "policy", "from", "subject", "body", "received", "customer", "history", "labels", "group", "account",
    "origin",
)  # fmt: skip
LABEL_KEYS = (*LABELS, "clauses", "impact", "evidence")
WRITTEN = "written"
"""The origin of a mail that nobody sent: an example of a policy file. To learn from, not to judge by."""


class ExampleFileError(MailtriageError):
    """A line of a labelled-mail file cannot be used: names the file, the line number and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled mail (shared format "A labelled mail").

    ``labels`` maps severity, scope, issue_type, topic to values (absent: unknown, not negative), ``clauses`` to full
    ids, ``impact`` to the impact facts (``deadline`` as "true"/"false") and ``evidence`` to the words each was read
    from. ``group`` keeps rewrites of one mail, or the mails of one conversation, on one side of a split, ``account``
    (whose mail it is, where that is known better than by its sender) those of one customer. ``origin`` is
    ``training_data``, ``agent`` (a person's correction or confirmation) or ``written``. ``extra`` keeps unknown keys.
    """

    id: str
    subject: str
    body: str
    policy: str | None = None
    sender: str | None = None
    received: datetime | None = None
    customer: Mapping[str, Any] = field(default_factory=dict)
    history: tuple[tuple[str, int], ...] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    clauses: tuple[str, ...] | None = None
    impact: Mapping[str, str] = field(default_factory=dict)
    evidence: Mapping[str, str] = field(default_factory=dict)
    group: str | None = None
    origin: str = "training_data"
    extra: Mapping[str, Any] = field(default_factory=dict)
    account: str | None = None

    @property
    def facts(self) -> Facts:
        """The facts given with the mail; the sender counts as proven, the epoch stands in for a missing date."""
        return Facts(
            received_at=self.received or datetime.fromtimestamp(0, UTC),
            customer=dict(self.customer),
            history=None if self.history is None else tuple(PastTicket(topic, days) for topic, days in self.history),
            sender_proven=True,
        )

    @property
    def digest(self) -> str:
        """The first 16 hex digits of :attr:`sha256`."""
        return self.sha256[:16]

    @property
    def sha256(self) -> str:
        """The SHA-256 of the example as JSON, in hex digits: equal for equal examples, in any order."""
        canonical = json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The JSON object of the shared format, unknown keys included; what is unknown is left out."""
        extra = dict(self.extra)
        labels: dict[str, Any] = {**self.labels, **extra.pop("labels", {})}
        if self.clauses is not None:
            labels["clauses"] = list(self.clauses)
        if self.impact:
            labels["impact"] = {k: v == "true" if k == "deadline" else v for k, v in self.impact.items()}
        if self.evidence:
            labels["evidence"] = dict(self.evidence)
        known = {
            "id": self.id,
            "policy": self.policy,
            "from": self.sender,
            "subject": self.subject,
            "body": self.body,
            "received": None if self.received is None else self.received.isoformat(),
            "customer": dict(self.customer) or None,
            "history": None if self.history is None else [{"topic": t, "days_ago": d} for t, d in self.history],
            "labels": labels or None,
            "group": self.group,
            "account": self.account,
            "origin": None if self.origin == "training_data" else self.origin,
        }
        return {key: value for key, value in known.items() if value is not None} | extra

    @classmethod
    def from_json(cls, data: Any) -> Example:
        """The example in a JSON object of the shared format. Raises ValueError with what is wrong, in a sentence."""
        record = _table(data, "the line")
        labels = _table(record.get("labels"), "labels")
        extra = {key: value for key, value in record.items() if key not in KEYS}
        if unknown := {key: value for key, value in labels.items() if key not in LABEL_KEYS}:
            extra["labels"] = unknown
        return cls(
            id=_text(record, "id", required=True),
            subject=_text(record, "subject", required=True),
            body=_text(record, "body", required=True),
            policy=_text(record, "policy") or None,
            sender=_text(record, "from") or None,
            received=_moment(record.get("received")),
            customer={k: v for k, v in _table(record.get("customer"), "customer").items() if v is not None},
            history=_history(record.get("history")),
            labels={key: _text(labels, key) for key in LABELS if labels.get(key) is not None},
            clauses=_clauses(labels.get("clauses")),
            impact=_impact(_table(labels.get("impact"), "impact")),
            evidence=_evidence(_table(labels.get("evidence"), "evidence")),
            group=_text(record, "group") or None,
            account=_text(record, "account") or None,
            origin=_text(record, "origin") or "training_data",
            extra=extra,
        )


def read_jsonl(stream: IO[str] | Iterable[str], name: str, *, skip_bad: bool = False) -> list[Example]:
    """The examples of a JSON Lines stream, in order; empty lines count but are passed over.

    Raises :class:`ExampleFileError` naming ``name`` and the line; with ``skip_bad`` bad lines are left out.
    Labels are checked for type here; :func:`check_labels` checks them against a policy.
    """
    examples = []
    for number, line in enumerate(stream, start=1):
        if not line.strip():
            continue
        try:
            examples.append(Example.from_json(json.loads(line)))
        except (ValueError, RecursionError) as error:
            if skip_bad:
                continue
            raise ExampleFileError(
                f"{name}, line {number}: {_reason(error)}. Correct the line, or read the rest with --skip-bad."
            ) from error
    return examples


def read_file(path: Path, *, skip_bad: bool = False) -> list[Example]:
    """The examples of a JSON Lines file in UTF-8; raises :class:`ExampleFileError`."""
    try:
        lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    except OSError as error:
        raise ExampleFileError(f"{path} cannot be read: {error.strerror}.") from error
    # What is not UTF-8 becomes a lone surrogate, which from_json refuses with the number of its line.
    return read_jsonl((line.decode("utf-8", "surrogateescape") for line in lines), str(path), skip_bad=skip_bad)


def check_labels(example: Example, policy: Policy) -> list[str]:
    """What is wrong with an example's labels under ``policy``, in sentences; empty when they are all legal."""
    legal: dict[str, tuple[str, ...]] = {
        "severity": tuple(Severity),
        "scope": tuple(Scope),
        "issue_type": tuple(IssueType),
        "topic": tuple(policy.topics),
    }
    problems = [_illegal(key, value, legal[key]) for key, value in example.labels.items() if value not in legal[key]]
    problems += [
        f"clause {clause!r} is not one of policy {policy.name}"
        for clause in example.clauses or ()
        if clause not in policy.clauses
    ]
    for key, value in example.impact.items():
        if key not in IMPACT_VALUES:
            problems.append(f"impact fact {key!r} is not one of {', '.join(IMPACT_VALUES)}")
        elif value not in IMPACT_VALUES[key]:
            problems.append(_illegal(f"impact fact {key}", value, IMPACT_VALUES[key]))
    mail = _one_line(f"{example.subject}\n{example.body}")
    for key, words in example.evidence.items():
        if key not in LABELS and key not in IMPACT_VALUES:
            problems.append(f"evidence {key!r} is neither a label nor an impact fact")
        elif _one_line(words) not in mail:
            problems.append(f"evidence for {key} is not in the mail word for word: {words!r}")
    return problems


def require_legal(examples: Iterable[Example], policy: Policy, name: str) -> None:
    """Raises :class:`ExampleFileError` for the first example of ``name`` whose labels ``policy`` does not know."""
    for example in examples:
        if example.policy not in (None, policy.name):
            raise ExampleFileError(f"{name}, mail {example.id}: is labelled under {example.policy}, not {policy.name}.")
        if problems := check_labels(example, policy):
            raise ExampleFileError(f"{name}, mail {example.id}: {'; '.join(problems)}.")


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"is not JSON ({error})"
    return "is nested too deeply" if isinstance(error, RecursionError) else str(error)


def _illegal(what: str, value: str, allowed: Iterable[str]) -> str:
    return f"{what} {value!r} is not one of {', '.join(allowed)}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _table(value: Any, what: str) -> dict[str, Any]:
    if value is None and what != "the line":
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{what} is not a JSON object")
    return value


def _text(record: Mapping[str, Any], key: str, *, required: bool = False) -> str:
    value = record.get(key)
    if value is None:
        if required:
            raise ValueError(f"{key} is missing")
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{key} is not a text")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(f"{key} is not valid UTF-8") from error
    return value


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"received {value!r} is not an ISO 8601 date and time") from error
    if moment.utcoffset() is None:
        raise ValueError(f"received {value!r} has no offset from UTC, for example +02:00")
    return moment


def _history(value: Any) -> tuple[tuple[str, int], ...] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise ValueError("history is not a list")
    past = [_table(item, "an entry of history") for item in value]
    if not all(isinstance(item.get("topic"), str) and type(item.get("days_ago")) is int for item in past):
        raise ValueError("an entry of history needs a topic (text) and days_ago (a whole number)")
    return tuple((item["topic"], item["days_ago"]) for item in past)


def _clauses(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("clauses is not a list of clause ids")
    return tuple(value)


def _impact(table: dict[str, Any]) -> dict[str, str]:
    impact = {}
    for key, value in table.items():
        if isinstance(value, bool):
            impact[key] = "true" if value else "false"
        elif value is not None:
            impact[key] = _text(table, key)
    return impact


def _evidence(table: dict[str, Any]) -> dict[str, str]:
    return {key: _text(table, key) for key, value in table.items() if value is not None}
