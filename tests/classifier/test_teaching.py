"""In which order to ask for labels."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import scipy.sparse as sp

from classifier.teaching import WEIGHTS, doubt, in_order, nearest, typicality, urgency

NOW = datetime(2026, 11, 23, tzinfo=UTC)
EAST, NORTH, UP = np.eye(3, dtype=np.float32)
NOBODY = np.zeros((0, 3), np.float32)


def rows(*vectors: np.ndarray) -> np.ndarray:
    stacked = np.stack(vectors)
    return np.asarray(stacked / np.linalg.norm(stacked, axis=1, keepdims=True), dtype=np.float32)


def test_the_least_sure_is_asked_first() -> None:
    order = in_order([0.1, 0.9, 0.5], rows(EAST, NORTH, UP), NOBODY)
    assert [row for row, _ in order] == [1, 2, 0]


def test_of_mails_that_say_the_same_the_second_waits() -> None:
    order = in_order([0.9, 0.9, 0.7], rows(EAST, EAST + 0.01 * UP, NORTH), NOBODY)
    assert [row for row, _ in order][:2] in ([0, 2], [1, 2])
    assert order[0][1].novelty == 1.0
    assert order[-1][1].novelty == pytest.approx(0.0, abs=1e-3)


def test_what_is_like_a_labelled_mail_is_worth_less() -> None:
    [(first, worth), (_, other)] = in_order([0.5, 0.5], rows(EAST, NORTH), rows(EAST))
    assert (first, worth.novelty, other.novelty) == (1, 1.0, 0.0)


def test_what_stands_for_many_goes_before_what_stands_alone() -> None:
    crowd = [EAST + 0.3 * NORTH * i for i in (-1, 0, 1)]
    order = in_order([0.5] * 4, rows(UP, *crowd), NOBODY, count=1)
    assert order[0][0] == 2


def test_a_score_is_the_weighted_sum_of_its_parts() -> None:
    [(_, worth)] = in_order([0.4], rows(EAST), NOBODY, urgent=[0.5], audited=[1.0])
    told = worth.to_json()
    assert told["score"] == pytest.approx(sum(WEIGHTS[part] * told[part] for part in WEIGHTS))
    assert (told["uncertainty"], told["novelty"], told["typicality"], told["urgency"]) == (0.4, 1.0, 0.0, 0.5)


def test_scores_fall_along_the_order() -> None:
    random = np.random.default_rng(0)
    order = in_order(random.random(40), rows(*random.random((40, 3))), rows(EAST), urgent=random.random(40))
    scores = [worth.score for _, worth in order]
    assert scores == sorted(scores, reverse=True)
    assert sorted(row for row, _ in order) == list(range(40))


def test_words_and_sentence_vectors_give_the_same_order() -> None:
    random = np.random.default_rng(1)
    dense, known = rows(*random.random((20, 3))), rows(EAST, UP)
    uncertain = random.random(20)
    sparse = in_order(uncertain, sp.csr_matrix(dense), sp.csr_matrix(known))
    assert [row for row, _ in sparse] == [row for row, _ in in_order(uncertain, dense, known)]


def test_urgency_is_whole_when_overdue_and_halves_with_every_day_left() -> None:
    assert urgency(NOW - timedelta(hours=1), NOW) == 1.0
    assert urgency(NOW + timedelta(days=2), NOW) == pytest.approx(0.25)
    assert urgency(None, NOW) == 0.0


def test_doubt_is_what_the_margin_leaves() -> None:
    assert doubt([0.2, 0.7, 0.1]) == pytest.approx(0.5)
    assert doubt([1.0]) == 0.0


def test_nothing_waiting_and_nothing_labelled_are_no_trouble() -> None:
    assert in_order([], NOBODY, NOBODY) == []
    assert nearest(rows(EAST), NOBODY).tolist() == [0.0]
    assert typicality(rows(EAST)).tolist() == [0.0]
