"""What the heads think of one mail, and what follows from it under a policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from policies.facts import Facts
from policies.labels import IMPACT_VALUES, LABELS, IssueType, Severity
from policies.policy import Policy
from policies.rule import Observation, Outcome

Probabilities = Mapping[str, float]
SEVERITIES = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Prediction:
    """The calibrated probability of every value of every label and impact fact.

    ``sentences`` holds, for facts that a sentence speaks for, that sentence.
    """

    probabilities: Mapping[str, Probabilities]
    sentences: Mapping[str, str]

    def best(self, key: str) -> str:
        """The most probable value of a label or impact fact."""
        values = self.probabilities[key]
        return max(values, key=values.__getitem__)

    @property
    def impact(self) -> dict[str, str]:
        """The most probable value of each impact fact."""
        return {fact: self.best(fact) for fact in IMPACT_VALUES}


@dataclass(frozen=True, slots=True)
class Decided:
    """A prediction made into values: the model's own, those in force after the rules, and what the rules said.

    ``probabilities`` are the labels' (severity: the direct head mixed with the policy's table over the facts).
    """

    model_values: Mapping[str, str]
    values: Mapping[str, str]
    probabilities: Mapping[str, Probabilities]
    outcome: Outcome

    def sureness(self, label: str) -> float:
        """The probability of the model's own value of ``label``."""
        return self.probabilities[label][self.model_values[label]]


@dataclass(frozen=True, slots=True)
class SeverityMix:
    """How the direct severity head and the policy's table are made into one: the table's share, then a temperature."""

    table_share: float
    temperature: float


def decide(
    policy: Policy, prediction: Prediction, facts: Facts, signals: Mapping[str, object], mix: SeverityMix
) -> Decided:
    """The model's values (severity by the policy's costs, the rest by probability) and what the rules make of them."""
    probabilities = {label: prediction.probabilities[label] for label in LABELS}
    probabilities["severity"] = severity_probabilities(policy, prediction, mix)
    model_values = {label: max(p, key=p.__getitem__) for label, p in probabilities.items()}
    model_values["severity"] = cheapest_severity(policy, probabilities["severity"])
    outcome = policy.decide(
        Observation(
            topic=model_values["topic"],
            issue_type=IssueType(model_values["issue_type"]),
            severity=Severity(model_values["severity"]),
            scope=None,
            impact=prediction.impact,
            signals=frozenset(signals),
            facts=facts,
        )
    )
    values = {label: outcome.values.get(label, value) for label, value in model_values.items()}
    return Decided(model_values, values, probabilities, outcome)


def severity_probabilities(policy: Policy, prediction: Prediction, mix: SeverityMix) -> dict[str, float]:
    """The direct head's probabilities and those of the policy's table as one, calibrated."""
    head = prediction.probabilities["severity"]
    table = table_probabilities(policy, prediction)
    share = mix.table_share
    mixed = {s.value: (1 - share) * head.get(s, 0.0) + share * table[s] for s in SEVERITIES}
    sharpened = {severity: p ** (1 / mix.temperature) for severity, p in mixed.items()}
    total = sum(sharpened.values())
    return {severity: p / total for severity, p in sharpened.items()}


def table_probabilities(policy: Policy, prediction: Prediction) -> dict[str, float]:
    """How probable each severity is by the policy's table, summed over all that the facts, each by itself, may be."""
    weights: npt.NDArray[np.float64] = severity_table(policy)
    for fact, values in IMPACT_VALUES.items():
        read = prediction.probabilities[fact]
        weights = np.asarray([read.get(value, 0.0) for value in values]) @ weights.reshape(len(values), -1)
    total = float(weights.sum())
    return {s.value: float(w) / total for s, w in zip(SEVERITIES, weights, strict=True)}


def cheapest_severity(policy: Policy, probabilities: Probabilities) -> str:
    """The severity whose expected cost by the policy's cost table is least; the higher severity when two tie."""

    def expected(decided: Severity) -> float:
        return sum(probabilities[true] * policy.severity_costs[true][decided] for true in SEVERITIES)

    return min(SEVERITIES, key=expected).value


def severity_table(policy: Policy) -> npt.NDArray[np.float64]:
    """1 where the policy gives that severity (last axis) for that combination of impact facts (an axis each)."""
    key = (policy.name, policy.digest)
    if key not in _TABLES:
        _TABLES[key] = _tabulate(policy)
    return _TABLES[key]


_TABLES: dict[tuple[str, str], npt.NDArray[np.float64]] = {}


def _tabulate(policy: Policy) -> npt.NDArray[np.float64]:
    shape = [len(values) for values in IMPACT_VALUES.values()]
    table = np.zeros((*shape, len(SEVERITIES)))
    flat = table.reshape(-1, len(SEVERITIES))
    for row, values in enumerate(product(*IMPACT_VALUES.values())):
        severity, _ = policy.severity_from_impact(dict(zip(IMPACT_VALUES, values, strict=True)))
        flat[row, SEVERITIES.index(severity)] = 1.0
    return table
