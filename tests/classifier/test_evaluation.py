"""Scores: the right arithmetic, on verdicts that were never shown the labels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from classifier import metrics
from classifier.evaluation import Evaluation, cross_validate, evaluate, judge, score
from classifier.example import Example
from classifier.model import Model
from policies.policy import Policy
from tests.alone import alone_above


@pytest.fixture(scope="module")
def fair(policy: Policy, examples: Sequence[Example]) -> Evaluation:
    """Every mail judged by a model that has not seen it."""
    return cross_validate(policy, examples, 3, profile="lean")


def test_labels_are_not_looked_at(model: Model, policy: Policy, examples: Sequence[Example]) -> None:
    bare = [replace(e, labels={}, impact={}, evidence={}, clauses=None) for e in examples[:20]]
    assert [j.verdict for j in judge(model, policy, bare)] == [j.verdict for j in judge(model, policy, examples[:20])]


def test_a_model_scores_nearly_all_on_what_it_learned_and_less_on_what_it_did_not(
    model: Model, policy: Policy, examples: Sequence[Example], fair: Evaluation
) -> None:
    learned = evaluate(model, policy, examples)
    assert learned.examples == fair.examples == len(examples)
    assert learned.model_alone["topic"].accuracy > 0.95 > fair.model_alone["topic"].accuracy
    assert fair.model_alone["topic"].accuracy > 3 / len(policy.topics)


def test_rules_know_the_scope_better_than_the_text_alone(fair: Evaluation) -> None:
    assert fair.with_rules["scope"].accuracy > fair.model_alone["scope"].accuracy
    assert fair.with_rules["topic"] == fair.model_alone["topic"]


def test_cross_validation_is_deterministic_and_keeps_groups_together(
    policy: Policy, examples: Sequence[Example]
) -> None:
    """Each of 16 mails stands there twice: were the copies divided, every second one would be known."""
    twice = [replace(e, id=f"{e.id}-{copy}", group=e.id) for e in examples[:16] for copy in "ab"]
    first = cross_validate(policy, twice, 3, profile="lean")
    assert first == cross_validate(policy, twice, 3, profile="lean")
    assert first.model_alone["topic"].accuracy < 0.8


def test_scores_of_known_verdicts(model: Model, policy: Policy, examples: Sequence[Example]) -> None:
    judged = judge(model, policy, examples)
    flipped = [
        replace(j, example=replace(j.example, labels={**j.example.labels, "severity": "SEV1"})) for j in judged[:30]
    ]
    found = score(policy, flipped)
    decided = [j.verdict.labels["severity"].value for j in flipped]
    assert found.severity_with_rules.sev1_recall == pytest.approx(decided.count("SEV1") / 30)
    assert found.severity_with_rules.false_pages is None
    costs = policy.severity_costs
    assert found.severity_with_rules.cost == pytest.approx(
        sum(cost * decided.count(level) for level, cost in next(iter(costs.values())).items()) / 30
    )
    assert sum(found.with_rules["severity"].confusion["SEV1"].values()) == 30


def test_what_was_decided_alone_is_counted(model: Model, policy: Policy, examples: Sequence[Example]) -> None:
    daring = evaluate(replace(model, autonomy=alone_above(model, 0.0)), policy, examples[:20])
    assert all(scores.share_alone == 1.0 for scores in daring.model_alone.values())
    assert daring.model_alone["topic"].accuracy_alone == daring.model_alone["topic"].accuracy
    shy = evaluate(model, policy, examples[:20])
    assert (shy.model_alone["topic"].share_alone, shy.model_alone["topic"].accuracy_alone) == (0.0, None)


def test_an_evaluation_is_json_also_of_no_mail(policy: Policy) -> None:
    assert json.loads(json.dumps(score(policy, []).to_json()))["examples"] == 0


def test_the_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    assert metrics.expected_calibration_error([0.9] * 10, [True] * 9 + [False]) == pytest.approx(0.0)
    assert metrics.expected_calibration_error([1.0] * 4, [True, False, False, False]) == pytest.approx(0.75)
    assert metrics.expected_calibration_error([], []) == 0.0


def test_kappa_counts_distance_and_is_none_where_undefined() -> None:
    order = ["1", "2", "3", "4"]
    truth = ["1", "2", "3", "4"] * 5
    near = ["2", "2", "3", "4"] * 5
    far = ["4", "2", "3", "4"] * 5
    assert metrics.quadratic_kappa(truth, truth, order) == pytest.approx(1.0)
    assert (metrics.quadratic_kappa(truth, near, order) or 0) > (metrics.quadratic_kappa(truth, far, order) or 0)
    assert metrics.quadratic_kappa(["1"], ["1"], order) is None


def test_a_class_that_is_no_column_counts_as_improbable() -> None:
    assert metrics.log_loss(np.asarray([[0.5, 0.5]]), [0]) == pytest.approx(np.log(2))
    assert metrics.log_loss(np.asarray([[0.5, 0.5]]), [None]) > 30
