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
class Novelty:
    """How like what the model learned from a mail is.

    ``familiarity`` is the sum of ``certainty`` (how sure the model is of the topic: the log-odds of the best) and
    ``nearness`` (to the nearest mails it learned from), each in standard deviations from what is usual of such mails.
    Below ``threshold`` the mail is ``novel``: nothing of it is decided alone.
    """

    novel: bool
    familiarity: float
    threshold: float
    certainty: float
    nearness: float


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A rule of the policy that fired: what it did (label to value) and why, with the text that its signals matched."""

    rule: str
    clauses: tuple[str, ...]
    effects: Mapping[str, str]
    because: tuple[str, ...]
    matched_text: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model read in a mail, before any policy made something of it: all that deciding it again needs.

    ``severity`` and ``impact`` are the heads' probabilities of every value, of the severity before the policy's table
    is mixed in by ``table_share`` and ``temperature``. ``sure`` says of each label whether the model may decide it
    alone. ``signals`` are the policy's signals that were found, with the words that matched.
    """

    severity: Mapping[str, float]
    impact: Mapping[str, Mapping[str, float]]
    table_share: float
    temperature: float
    sure: Mapping[str, bool]
    signals: Mapping[str, tuple[str, ...]]


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
    reading: Reading | None = None
    """None in a verdict that was given before readings were kept."""
    novelty: Novelty | None = None
    """None by a model that cannot tell: an older one, or one that learned from too few mails."""

    @property
    def novel(self) -> bool:
        """Whether the mail is unlike anything that was learned from."""
        return self.novelty is not None and self.novelty.novel

    @property
    def impact_values(self) -> dict[str, str]:
        """The value of each impact fact, without its probability."""
        return {fact: reading.value for fact, reading in self.impact.items()}

    @property
    def signals(self) -> frozenset[str]:
        """The signals that were found; none in a verdict that was given before readings were kept."""
        return frozenset(self.reading.signals if self.reading else ())

    @property
    def needs_person(self) -> bool:
        """Whether any label, a rule, or a mail unlike those learned from asks for a person."""
        return bool(self.ask) or self.novel or not all(d.acted_alone for d in self.labels.values())

    def to_json(self) -> dict[str, Any]:
        """A JSON object that :meth:`from_json` reads back to an equal verdict."""
        return {
            **as_dict(self),
            "labels": {label: as_dict(decision) for label, decision in self.labels.items()},
            "impact": {fact: as_dict(reading) for fact, reading in self.impact.items()},
            "evidence": {label: [as_dict(word) for word in words] for label, words in self.evidence.items()},
            "rule_hits": [as_dict(hit) for hit in self.rule_hits],
            "versions": as_dict(self.versions),
            "reading": as_dict(self.reading) if self.reading else None,
            "novelty": as_dict(self.novelty) if self.novelty else None,
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
            reading=_reading(data.get("reading")),
            novelty=Novelty(**data["novelty"]) if data.get("novelty") else None,
        )


def as_dict(row: Any) -> dict[str, Any]:
    """The fields of a slotted dataclass by name, as they are (``dataclasses.asdict`` copies all that they hold)."""
    return {name: getattr(row, name) for name in row.__slots__}


def _decision(data: Mapping[str, Any]) -> LabelDecision:
    return LabelDecision(**{**data, "alternatives": tuple((value, p) for value, p in data["alternatives"])})


def _reading(data: Mapping[str, Any] | None) -> Reading | None:
    if data is None:
        return None
    return Reading(**{**data, "signals": {name: tuple(texts) for name, texts in data["signals"].items()}})


def _rule_hit(data: Mapping[str, Any]) -> RuleHit:
    lists = {key: tuple(data[key]) for key in ("clauses", "because", "matched_text")}
    return RuleHit(rule=data["rule"], effects=dict(data["effects"]), **lists)
