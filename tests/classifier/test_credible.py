"""The evidence against a promise may be looked at after every mail, and grows only where the promise is broken."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from classifier.credible import ERROR, error_of_class, error_of_label, evidence, growth, upper_bound


@pytest.mark.parametrize("promised", [0.5, 0.9, 0.98])
@pytest.mark.parametrize("length", [1, 3, 8])
def test_at_the_promise_itself_the_bet_is_fair(promised: float, length: int) -> None:
    """Over all courses of that length, weighted by how probable they are, it makes its stake and nothing more."""
    expected = sum(
        evidence([promised] * length, course) * np.prod([promised if hit else 1 - promised for hit in course])
        for course in product((True, False), repeat=length)
    )
    assert expected == pytest.approx(1.0)


def test_better_than_promised_loses_the_bet() -> None:
    assert evidence([0.9] * 200, [True] * 200) < 0.05


def test_the_promise_of_each_mail_counts() -> None:
    course = [True, False] * 10
    assert evidence([0.9] * 20, course) > 1 / error_of_label() > evidence([0.5] * 20, course)


def test_a_fault_after_many_good_months_is_found() -> None:
    good, faulty = [True] * 2000, [hit % 2 == 0 for hit in range(60)]
    assert evidence([0.95] * 2060, [*good, *faulty]) > 1 / error_of_label()


def test_looking_after_every_mail_raises_few_false_alarms() -> None:
    generator = np.random.default_rng(0)
    alarms = 0
    for _ in range(100):
        course = (generator.random(300) < 0.9).tolist()
        alarms += max(growth([0.9] * 300, course)) >= 1 / 0.1
    assert alarms <= 10


def test_the_bound_is_the_highest_accuracy_that_is_not_rejected() -> None:
    course = [True, True, False] * 20
    bound = upper_bound(course, 0.05)
    assert 2 / 3 < bound < 0.9
    assert evidence([bound] * 60, course) >= 1 / 0.05 > evidence([bound - 0.01] * 60, course)


def test_the_errors_of_labels_and_their_classes_add_up_to_the_whole() -> None:
    classes = sum(error_of_class(place) for place in range(1, 10_000))
    assert 4 * (error_of_label() + classes) == pytest.approx(ERROR, rel=1e-3)
    assert upper_bound([], 0.05) == 1.0
