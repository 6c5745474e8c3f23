"""From probabilities to values: the policy's severity table and costs, and its rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from classifier.prediction import (
    Prediction,
    SeverityMix,
    cheapest_severity,
    decide,
    severity_probabilities,
    table_probabilities,
)
from policies.facts import Facts
from policies.labels import Severity
from policies.policy import Policy

OUTAGE = {
    "kind": {"fault": 1.0},
    "function": {"dead": 1.0},
    "affected": {"all": 1.0},
    "environment": {"production": 1.0},
    "state": {"ongoing": 1.0},
    "workaround": {"none": 1.0},
    "data": {"safe": 1.0},
    "deadline": {"false": 1.0},
}
LABELS = {
    "severity": {"SEV1": 0.1, "SEV2": 0.2, "SEV3": 0.3, "SEV4": 0.4},
    "scope": {"included": 0.9, "outside": 0.1},
    "issue_type": {"bug": 1.0},
    "topic": {"server_down": 0.8, "other": 0.2},
}
EVEN = SeverityMix(0.5, 1.0)


def prediction(**facts: dict[str, float]) -> Prediction:
    return Prediction({**LABELS, **OUTAGE, **facts}, {})


def facts(**customer: str) -> Facts:
    return Facts(datetime(2026, 5, 6, tzinfo=UTC), customer=customer)


def test_certain_facts_give_the_severity_of_the_policys_table(policy: Policy) -> None:
    certain = {fact: next(iter(values)) for fact, values in OUTAGE.items()}
    assert table_probabilities(policy, prediction())[policy.severity_from_impact(certain)[0]] == pytest.approx(1.0)


def test_doubtful_facts_share_the_probability_as_the_table_says(policy: Policy) -> None:
    doubtful = table_probabilities(policy, prediction(state={"ongoing": 0.7, "resolved": 0.3}))
    assert doubtful["SEV1"] == pytest.approx(0.7)
    assert doubtful["SEV4"] == pytest.approx(0.3)


def test_head_and_table_are_mixed_by_the_share_and_sharpened_by_the_temperature(policy: Policy) -> None:
    assert severity_probabilities(policy, prediction(), EVEN)["SEV1"] == pytest.approx(0.55)
    assert severity_probabilities(policy, prediction(), SeverityMix(0.0, 1.0)) == pytest.approx(LABELS["severity"])
    sharper = severity_probabilities(policy, prediction(), SeverityMix(0.5, 0.5))
    assert sharper["SEV1"] > 0.55
    assert sum(sharper.values()) == pytest.approx(1.0)


def test_the_severity_decided_costs_least_not_is_most_probable(policy: Policy) -> None:
    costs = {a: {b: float(a != b) for b in Severity} for a in Severity}
    probabilities = {"SEV1": 0.3, "SEV2": 0.0, "SEV3": 0.0, "SEV4": 0.7}
    assert cheapest_severity(replace(policy, severity_costs=costs), probabilities) == "SEV4"
    costs[Severity.SEV1][Severity.SEV4] = 10.0
    assert cheapest_severity(replace(policy, severity_costs=costs), probabilities) == "SEV1"


def test_a_rule_sets_the_value_and_leaves_the_models_own_beside_it(policy: Policy) -> None:
    decided = decide(policy, prediction(), facts(hosting="self_hosted"), {}, EVEN)
    assert decided.values["scope"] == "outside"
    assert decided.model_values["scope"] == "included"
    assert decided.probabilities["scope"] == LABELS["scope"]
