"""Acting alone: the precision promised must be shown by the data."""

from __future__ import annotations

import numpy as np
import pytest

from classifier.thresholds import find, least_examples, precision_bound


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
