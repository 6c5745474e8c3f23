"""A recorded mail decided again under another policy, from what was read of it then: without a model, without its text.

Works on verdicts as they are stored (the JSON of :meth:`classifier.verdict.Verdict.to_json`, parsed), since reading a
hundred thousand of them into dataclasses takes longer than deciding them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from classifier.autonomy import Autonomy
from classifier.prediction import Prediction, SeverityMix, cheapest_severity, severity_probabilities
from policies.facts import Facts
from policies.labels import LABELS, IssueType, Severity
from policies.policy import Policy
from policies.rule import Observation, Outcome

MODEL = "model"
TOPIC = "topic"


@dataclass(frozen=True, slots=True)
class Decision:
    """What was, or would be, decided of one mail.

    ``decided_by`` is for each label the rule's id, ``topic`` for a topic's own scope, ``model`` for the model's value.
    ``alone`` says of each label whether no person has to look at it.
    """

    values: Mapping[str, str]
    decided_by: Mapping[str, str]
    alone: Mapping[str, bool]
    clauses: tuple[str, ...]
    fired: tuple[str, ...]
    ask: tuple[str, ...]

    @property
    def needs_person(self) -> bool:
        """Whether any label, or a rule, asks for a person."""
        return bool(self.ask) or not all(self.alone.values())


@dataclass(frozen=True, slots=True)
class SeverityRead:
    """The model's severity under a policy; ``sure`` whether it may decide it alone, None where that is not known."""

    value: str
    sure: bool | None


def as_decided(verdict: Mapping[str, Any]) -> Decision:
    """The decision that the verdict records."""
    labels, hits = verdict["labels"], verdict["rule_hits"]
    by_rule = {label: hit["rule"] for hit in hits for label in hit["effects"]}
    return Decision(
        values={label: labels[label]["value"] for label in LABELS},
        decided_by={
            label: by_rule.get(label, TOPIC) if labels[label]["source"] == "rule" else MODEL for label in LABELS
        },
        alone={label: labels[label]["acted_alone"] for label in LABELS},
        clauses=tuple(verdict["clauses"]),
        fired=tuple(hit["rule"] for hit in hits),
        ask=tuple(verdict["ask"]),
    )


def is_exact(verdict: Mapping[str, Any]) -> bool:
    """Whether all that deciding again needs was kept with the verdict."""
    return verdict.get("reading") is not None


def is_novel(verdict: Mapping[str, Any]) -> bool:
    """Whether the mail was unlike anything learned from: then no policy decides anything of it alone."""
    novelty = verdict.get("novelty")
    return novelty is not None and bool(novelty["novel"])


def recorded_severity(verdict: Mapping[str, Any]) -> SeverityRead:
    """The model's severity under the policy that decided."""
    return SeverityRead(verdict["labels"]["severity"]["model_value"], _sure(verdict)["severity"])


def read_severity(verdict: Mapping[str, Any], policy: Policy, autonomy: Autonomy | None) -> SeverityRead:
    """The model's severity under ``policy``, whose table or costs are not those that decided.

    ``autonomy`` is the model's, of the severity; None where the model is gone. Of a verdict without reading the
    severity's probabilities stay what they were, and only costs count.
    """
    reading = verdict.get("reading")
    label = verdict["labels"]["severity"]
    if reading is None:
        probabilities: Mapping[str, float] = dict(label["alternatives"])
    else:
        prediction = Prediction({"severity": reading["severity"], **reading["impact"]}, {})
        mix = SeverityMix(reading["table_share"], reading["temperature"])
        probabilities = severity_probabilities(policy, prediction, mix)
    value = cheapest_severity(policy, probabilities)
    if (value, probabilities[value]) == (label["model_value"], label["probability"]):
        return SeverityRead(value, _sure(verdict)["severity"])
    if is_novel(verdict):
        return SeverityRead(value, False)
    return SeverityRead(value, autonomy.sure(value, probabilities[value]) if autonomy is not None else None)


def redecide(
    policy: Policy, verdict: Mapping[str, Any], severity: SeverityRead, facts: Facts, signals: Collection[str]
) -> Decision:
    """What ``policy`` makes of the mail that ``verdict`` was given of; ``signals`` are its own that are in the mail.

    The same as :func:`classifier.assess.assess` of the mail's text by the same model; of a verdict without reading
    as near to that as its labels allow.
    """
    return decision_of(verdict, severity, policy.decide(observation(verdict, severity, facts, signals)))


def decision_of(verdict: Mapping[str, Any], severity: SeverityRead, outcome: Outcome) -> Decision:
    """What ``outcome``, of that verdict's :func:`observation`, makes of the mail."""
    labels = verdict["labels"]
    model = {label: labels[label]["model_value"] for label in LABELS} | {"severity": severity.value}
    sure = {**_sure(verdict), "severity": bool(severity.sure)}
    return Decision(
        values={**model, **outcome.values},
        decided_by={label: outcome.decided_by.get(label, MODEL) for label in LABELS},
        alone={label: sure["topic"] if label in outcome.values else sure[label] for label in LABELS},
        clauses=outcome.clauses,
        fired=tuple(fired.rule.id for fired in outcome.fired),
        ask=outcome.ask,
    )


def observation(
    verdict: Mapping[str, Any], severity: SeverityRead, facts: Facts, signals: Collection[str]
) -> Observation:
    """What rules look at, of a recorded mail."""
    labels = verdict["labels"]
    return Observation(
        topic=labels["topic"]["model_value"],
        issue_type=IssueType(labels["issue_type"]["model_value"]),
        severity=Severity(severity.value),
        scope=None,
        impact=impact(verdict),
        signals=signals,
        facts=facts,
    )


def impact(verdict: Mapping[str, Any]) -> dict[str, str]:
    """The impact facts as they were read."""
    return {fact: read["value"] for fact, read in verdict["impact"].items()}


def _sure(verdict: Mapping[str, Any]) -> dict[str, bool]:
    """Of each label whether the model may decide it alone; where no reading says so, no for what a rule decided."""
    reading = verdict.get("reading")
    if reading is not None:
        return dict(reading["sure"])
    labels = verdict["labels"]
    return {label: labels[label]["source"] == MODEL and labels[label]["acted_alone"] for label in LABELS}
