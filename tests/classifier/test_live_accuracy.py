"""The live accuracy is an estimate with an interval that holds, whatever the sampling share was."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from classifier.live_accuracy import Drawn, live_accuracy


def sample(right: int, wrong: int, *, share: float = 0.02, unjudged: int = 0) -> list[Drawn]:
    return [Drawn(share, True)] * right + [Drawn(share, False)] * wrong + [Drawn(share, None)] * unjudged


@pytest.mark.parametrize(("right", "wrong"), [(0, 1), (1, 0), (9, 1), (30, 0), (381, 19)])
def test_with_one_share_the_interval_is_clopper_and_pearsons(right: int, wrong: int) -> None:
    found = live_accuracy(sample(right, wrong))
    expected = binomtest(right, right + wrong).proportion_ci(0.95, method="exact")
    assert found.accuracy == pytest.approx(right / (right + wrong))
    assert (found.lower, found.upper) == pytest.approx((expected.low, expected.high))


def test_nothing_judged_says_nothing() -> None:
    found = live_accuracy(sample(0, 0, unjudged=7))
    assert (found.drawn, found.judged, found.accuracy, found.lower, found.upper) == (7, 0, None, 0.0, 1.0)


def test_each_mail_counts_for_those_that_it_stands_for() -> None:
    """Of 1,000 mails 10 were drawn and all right; of 100 later ones 50, and half wrong: (1,000 + 50) of 1,100."""
    found = live_accuracy(sample(10, 0, share=0.01) + sample(25, 25, share=0.5))
    assert found.accuracy == pytest.approx(1050 / 1100)
    assert (found.judged, found.right) == (60, 35)


def test_those_that_nobody_judged_are_made_up_for_within_their_share() -> None:
    """Of the first 10 drawn half are judged, so that each of these stands for 200."""
    found = live_accuracy(sample(5, 0, share=0.01, unjudged=5) + sample(25, 25, share=0.5))
    assert found.accuracy == pytest.approx(1050 / 1100)


def test_unequal_weights_widen_the_interval() -> None:
    equal = live_accuracy(sample(90, 10))
    unequal = live_accuracy(sample(45, 5, share=0.01) + sample(45, 5, share=0.5))
    assert unequal.accuracy == pytest.approx(equal.accuracy)
    assert unequal.upper - unequal.lower > 1.2 * (equal.upper - equal.lower)
