"""The verdict as outside programs read it: one JSON object, and its JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from classifier.verdict import FactReading, LabelDecision, Verdict, as_dict
from policies.terms import Terms

Probability = Field(ge=0.0, le=1.0)


class Part(BaseModel):
    """A frozen object without keys of its own invention."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Alternative(Part):
    value: str
    probability: float = Probability


class Label(Part):
    """A label in force, who decided it (the model, a rule or an agent), and what the model thought of every value."""

    value: str
    source: Literal["model", "rule", "agent"]
    probability: float = Field(ge=0.0, le=1.0, description="The model's calibrated probability of its own best value.")
    alternatives: list[Alternative] = Field(description="Every value with the model's probability, best first.")
    acted_alone: bool = Field(description="True when no person has to look at this label.")


class Labels(Part):
    severity: Label
    scope: Label
    issue_type: Label
    topic: Label


class Fact(Part):
    """An impact fact as read from the mail, and the words it was read from."""

    value: str
    probability: float = Probability
    words: str | None


class Deadline(Part):
    """Whether work with a date is at risk, true or false as in a labelled mail."""

    value: bool
    probability: float = Probability
    words: str | None


class Impact(Part):
    kind: Fact
    function: Fact
    affected: Fact
    environment: Fact
    state: Fact
    workaround: Fact
    data: Fact
    deadline: Deadline


class CitedClause(Part):
    id: str
    sentence: str


class WeightedWords(Part):
    words: str
    weight: float = Field(description="Log-odds for the model's value against its nearest rival.")


class Rule(Part):
    """A rule of the policy that fired, what it decided, why, and the text its signals matched."""

    rule: str
    clauses: list[str]
    effects: dict[str, str]
    because: list[str]
    matched_text: list[str]


class Evidence(Part):
    severity: list[WeightedWords]
    scope: list[WeightedWords]
    issue_type: list[WeightedWords]
    topic: list[WeightedWords]
    rules: list[Rule]


class Familiarity(Part):
    """How like the mails learned from it is; below the threshold it is novel, and nothing is decided without a person.

    ``familiarity`` is the sum of the other two, each in standard deviations.
    """

    novel: bool
    familiarity: float
    threshold: float
    certainty: float = Field(description="How sure the model is of the topic (log-odds of the best).")
    nearness: float = Field(description="How near the mail is to the nearest mails learned from.")


class ResponseTarget(Part):
    due: datetime
    calendar: str
    paused: bool


class DecidingVersions(Part):
    model: str
    policy: str
    program: str


class VerdictDocument(Part):
    """What mailtriage says of one mail."""

    policy: str
    labels: Labels
    impact: Impact
    novelty: Familiarity | None
    clauses: list[CitedClause]
    evidence: Evidence
    charge: str | None
    response_target: ResponseTarget | None
    missing_facts: list[str]
    language: str | None
    versions: DecidingVersions


def verdict_document(verdict: Verdict, terms: Terms) -> dict[str, Any]:
    """The public JSON object of a verdict; ``terms`` add the clauses' sentences, the charge and the response target."""
    target = terms.response_target
    document = VerdictDocument(
        policy=verdict.policy,
        labels=Labels(**{label: _label(decision) for label, decision in verdict.labels.items()}),
        impact=_impact(verdict.impact),
        novelty=None if verdict.novelty is None else Familiarity(**as_dict(verdict.novelty)),
        clauses=[CitedClause(id=name, sentence=sentence) for name, sentence in terms.clauses.items()],
        evidence=_evidence(verdict),
        charge=terms.charge,
        response_target=None
        if target is None
        else ResponseTarget(due=target.due, calendar=target.calendar, paused=target.paused),
        missing_facts=list(verdict.missing_facts),
        language=verdict.language,
        versions=DecidingVersions(
            model=verdict.versions.model, policy=verdict.versions.policy, program=verdict.versions.program
        ),
    )
    return document.model_dump(mode="json")


def verdict_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of :func:`verdict_document`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **VerdictDocument.model_json_schema(mode="serialization"),
    }


def _label(decision: LabelDecision) -> Label:
    return Label(
        value=decision.value,
        source=decision.source,
        probability=decision.probability,
        alternatives=[Alternative(value=value, probability=p) for value, p in decision.alternatives],
        acted_alone=decision.acted_alone,
    )


def _impact(readings: Mapping[str, FactReading]) -> Impact:
    facts = {
        fact: Fact(value=reading.value, probability=reading.probability, words=reading.words)
        for fact, reading in readings.items()
        if fact != "deadline"
    }
    date = readings["deadline"]
    deadline = Deadline(value=date.value == "true", probability=date.probability, words=date.words)
    return Impact(**facts, deadline=deadline)


def _evidence(verdict: Verdict) -> Evidence:
    words = {
        label: [WeightedWords(words=w.words, weight=w.weight) for w in verdict.evidence.get(label, ())]
        for label in verdict.labels
    }
    rules = [
        Rule(
            rule=hit.rule,
            clauses=list(hit.clauses),
            effects=dict(hit.effects),
            because=list(hit.because),
            matched_text=list(hit.matched_text),
        )
        for hit in verdict.rule_hits
    ]
    return Evidence(**words, rules=rules)
