"""A decision with its reasons, sources kept apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Source = Literal["model", "rule", "agent"]


@dataclass(frozen=True, slots=True)
class WordWeight:
    """A word or phrase of the mail and how much it spoke for the label's value (signed, in units of the log-odds)."""

    words: str
    weight: float


@dataclass(frozen=True, slots=True)
class LabelDecision:
    """One label: its value, who decided it, and what the model thought, side by side.

    ``model_value`` and ``probability`` are always the model's; a rule never overwrites them.
    ``probability`` is the calibrated probability of ``model_value``; ``alternatives`` lists every value with its own,
    the most probable first. ``acted_alone`` is True when no person has to look at this label.
    """

    value: str
    source: Source
    model_value: str
    probability: float
    alternatives: tuple[tuple[str, float], ...]
    acted_alone: bool


@dataclass(frozen=True, slots=True)
class FactReading:
    """One impact fact as read from the mail: its value, calibrated probability and the words it was read from."""

    value: str
    probability: float
    words: str | None


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A rule of the policy that fired: what it did (label to value) and why, with the text that its signals matched."""

    rule: str
    clauses: tuple[str, ...]
    effects: Mapping[str, str]
    because: tuple[str, ...]
    matched_text: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Versions:
    """What decided: the model's version, the policy's and the program's."""

    model: str
    policy: str
    program: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What mailtriage says of one mail. ``labels`` has the keys of :data:`policies.labels.LABELS`."""

    policy: str
    labels: Mapping[str, LabelDecision]
    impact: Mapping[str, FactReading]
    severity_by_table: str | None
    severity_by_head: str
    clauses: tuple[str, ...]
    evidence: Mapping[str, tuple[WordWeight, ...]]
    rule_hits: tuple[RuleHit, ...]
    missing_facts: tuple[str, ...]
    ask: tuple[str, ...]
    language: str | None
    versions: Versions

    @property
    def needs_person(self) -> bool:
        """Whether any label, or a rule, asks for a person."""
        return bool(self.ask) or not all(d.acted_alone for d in self.labels.values())

    def to_json(self) -> dict[str, Any]:
        """A JSON object that :meth:`from_json` reads back to an equal verdict."""
        return {
            **as_dict(self),
            "labels": {label: as_dict(decision) for label, decision in self.labels.items()},
            "impact": {fact: as_dict(reading) for fact, reading in self.impact.items()},
            "evidence": {label: [as_dict(word) for word in words] for label, words in self.evidence.items()},
            "rule_hits": [as_dict(hit) for hit in self.rule_hits],
            "versions": as_dict(self.versions),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Verdict:
        """The verdict that :meth:`to_json` wrote."""
        return cls(
            policy=data["policy"],
            labels={label: _decision(decision) for label, decision in data["labels"].items()},
            impact={fact: FactReading(**reading) for fact, reading in data["impact"].items()},
            severity_by_table=data["severity_by_table"],
            severity_by_head=data["severity_by_head"],
            clauses=tuple(data["clauses"]),
            evidence={label: tuple(WordWeight(**w) for w in words) for label, words in data["evidence"].items()},
            rule_hits=tuple(_rule_hit(hit) for hit in data["rule_hits"]),
            missing_facts=tuple(data["missing_facts"]),
            ask=tuple(data["ask"]),
            language=data["language"],
            versions=Versions(**data["versions"]),
        )


def as_dict(row: Any) -> dict[str, Any]:
    """The fields of a slotted dataclass by name, as they are (``dataclasses.asdict`` copies all that they hold)."""
    return {name: getattr(row, name) for name in row.__slots__}


def _decision(data: Mapping[str, Any]) -> LabelDecision:
    return LabelDecision(**{**data, "alternatives": tuple((value, p) for value, p in data["alternatives"])})


def _rule_hit(data: Mapping[str, Any]) -> RuleHit:
    lists = {key: tuple(data[key]) for key in ("clauses", "because", "matched_text")}
    return RuleHit(rule=data["rule"], effects=dict(data["effects"]), **lists)
