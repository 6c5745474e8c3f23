"""Acting alone: the precision promised must be shown by the data."""

from __future__ import annotations

import json

import numpy as np
import pytest

from classifier.autonomy import Autonomy, find, for_coverage, for_precision, least_examples, precision_bound


def test_the_bound_is_that_of_clopper_and_pearson() -> None:
    assert precision_bound(59, 59) == pytest.approx(0.05 ** (1 / 59))
    assert precision_bound(95, 100) == pytest.approx(0.8977, abs=1e-4)
    assert precision_bound(0, 10) == 0.0


def test_too_few_mails_never_act_alone_however_right() -> None:
    assert least_examples(0.95) == 59
    assert find([0.9] * 58, [True] * 58, 0.95) is None
    assert find([0.9] * 59, [True] * 59, 0.95) == 0.9
    assert find([], [], 0.95) is None


def test_a_target_of_certainty_is_never_met() -> None:
    assert find([1.0] * 10_000, [True] * 10_000, 1.0) is None


def test_the_threshold_is_the_lowest_that_holds() -> None:
    confidences = [0.9] * 200 + [0.5] * 200
    right = [True] * 200 + [i % 2 == 0 for i in range(200)]
    assert find(confidences, right, 0.95) == 0.9
    assert find(confidences, [True] * 400, 0.95) == 0.5


def test_mails_of_equal_confidence_are_taken_together_or_not_at_all() -> None:
    """Of 100 mails at one confidence the first 60 happen to be right: that must not buy a threshold."""
    assert find([0.8] * 100, [True] * 60 + [False] * 40, 0.95) is None


def test_the_promised_precision_is_broken_in_at_most_one_split_of_twenty() -> None:
    """Calibrated confidences, true precision above the threshold found, over 400 draws of 300 mails."""
    rng = np.random.default_rng(0)
    broken = 0
    for _ in range(400):
        confidences = rng.uniform(0.5, 1.0, 300)
        threshold = find(confidences, rng.random(300) < confidences, 0.9)
        # The mean of uniform confidences from the threshold to 1 is the true precision above it.
        broken += threshold is not None and (threshold + 1) / 2 < 0.9
    assert broken / 400 <= 0.05


def test_a_class_decided_often_has_a_threshold_of_its_own_and_rare_ones_share_theirs() -> None:
    values = ["common"] * 400 + ["rare"] * 50 + ["seldom"] * 50
    probabilities = [0.9] * 400 + [0.8] * 100
    found = for_precision(values, probabilities, [True] * 400 + [False] * 100, 0.9)
    assert found.thresholds == {"common": 0.9}
    assert found.acts and found.sure("common", 0.95) and not found.sure("rare", 0.99)
    assert for_precision(values, probabilities, [True] * 500, 0.9).thresholds == {
        "common": 0.9,
        "rare": 0.8,
        "seldom": 0.8,
    }


def test_a_class_that_is_often_wrong_does_not_act_on_the_credit_of_another() -> None:
    """Pooled, 97% would be right; of the class itself two thirds are."""
    values = ["good"] * 1000 + ["bad"] * 90
    right = [True] * 1000 + [True, True, False] * 30
    assert for_precision(values, [0.9] * 1090, right, 0.95).thresholds == {"good": 0.9}


def test_what_is_missing_is_how_many_more_labels_it_takes() -> None:
    few = for_precision(["a"] * 30, [0.9] * 30, [True] * 30, 0.95)
    assert few.missing is not None and not few.acts and few.promised is None
    enough = 30 + few.missing
    assert for_precision(["a"] * enough, [0.9] * enough, [True] * enough, 0.95).acts
    assert for_precision([], [], [], 0.95).missing == least_examples(0.95)


def test_what_is_missing_counts_every_class_by_itself() -> None:
    """The surest forty of each class are right: together they would show it, and each by itself is too few."""
    probabilities = ([0.99] * 40 + [0.5] * 140) * 4
    right = ([True] * 40 + [True, False] * 70) * 4
    found = for_precision([name for name in "abcd" for _ in range(180)], probabilities, right, 0.95)
    assert not found.acts
    assert found.missing is not None and found.missing > 720


def test_labels_alone_do_not_help_a_model_that_is_too_often_wrong() -> None:
    assert for_precision(["a"] * 100, [0.9] * 100, [True, False] * 50, 0.95).missing is None


def test_the_other_way_round_a_share_is_asked_for_and_the_precision_follows() -> None:
    probabilities = [i / 100 for i in range(100)]
    found = for_coverage(["a"] * 100, probabilities, [i >= 50 for i in range(100)], 0.4)
    assert found.thresholds == {"a": 0.6}
    assert found.promised == pytest.approx(precision_bound(40, 40))
    assert found.target is None


def test_the_curve_goes_from_the_surest_mails_to_all_of_them() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.uniform(0.5, 1.0, 500)
    curve = for_precision(["a"] * 500, probabilities.tolist(), (rng.random(500) < probabilities).tolist(), 0.9).curve
    assert [p.coverage for p in curve] == sorted(p.coverage for p in curve)
    assert curve[-1].coverage == 1.0
    assert all(p.bound < p.precision for p in curve)


def test_an_autonomy_is_the_same_after_it_was_written_as_json() -> None:
    found = for_precision(["a"] * 80, [0.9] * 80, [True] * 80, 0.95)
    assert Autonomy.from_json(json.loads(json.dumps(found.to_json()))) == found
