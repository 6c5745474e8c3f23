"""How sure a difference is, and how often chance alone would refuse."""

from __future__ import annotations

import numpy as np

from classifier.bootstrap import paired


def refused(before: np.ndarray, after: np.ndarray, outside: float = 0.1) -> bool:
    units = [f"u{i}" for i in range(len(before))]
    return paired(before, after, np.ones(len(before)), units, outside=outside).low > 1e-12


def test_one_or_two_mails_of_twelve_are_noise_and_five_are_not() -> None:
    before = np.zeros(12)
    worse = [np.asarray([1.0] * count + [0.0] * (12 - count)) for count in range(6)]
    assert [refused(before, after) for after in worse] == [False, False, False, True, True, True]
    assert not refused(before, worse[5], outside=0.002)


def test_equal_models_are_refused_about_as_often_as_the_interval_says() -> None:
    rng = np.random.default_rng(4)
    found = 0
    for _ in range(200):
        before = (rng.random(100) < 0.3).astype(float)
        flipped = rng.random(100) < 0.15
        found += refused(before, np.where(flipped, (rng.random(100) < 0.3).astype(float), before))
    assert found / 200 < 0.10


def test_a_model_that_is_worse_on_a_tenth_of_two_hundred_mails_is_found_out() -> None:
    rng = np.random.default_rng(5)
    found = 0
    for _ in range(50):
        before = (rng.random(200) < 0.3).astype(float)
        after = np.where(rng.random(200) < 0.1, 1.0, before)
        found += refused(before, after)
    assert found >= 48


def test_many_mails_of_one_customer_are_one_proof() -> None:
    before, after = np.zeros(40), np.asarray([1.0] * 20 + [0.0] * 20)
    alone = [f"u{i}" for i in range(40)]
    flood = ["flood"] * 20 + alone[20:]
    weights = np.ones(40)
    assert paired(before, after, weights, alone, outside=0.1).low > 0
    assert paired(before, after, weights, flood, outside=0.1).low == 0


def test_weights_count_and_unknown_mails_do_not() -> None:
    before, after = np.asarray([0.0, 0.0, np.nan]), np.asarray([1.0, 0.0, 1.0])
    found = paired(before, after, np.asarray([3.0, 1.0, 9.0]), ["a", "b", "c"], outside=0.1)
    assert (found.first, found.second, found.mails, found.units) == (0.0, 0.75, 2, 2)
    assert paired(before, after, np.ones(3), ["a", "b", "c"], outside=0.1) == paired(
        before, after, np.ones(3), ["a", "b", "c"], outside=0.1
    )
