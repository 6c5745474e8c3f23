"""The numbers of a report: they add up, have honest intervals, and tell nothing of any mail."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest

from classifier.example import WRITTEN
from classifier.figures.figures import Figures, figures_of
from classifier.figures.learning_curve import LEAST_MAILS, learning_curve
from classifier.figures.mistakes import mistakes
from classifier.figures.reliability import reliability
from classifier.figures.share import share
from classifier.figures.slicing import MAILBOX, MOST, OTHERS, slices
from classifier.figures.source import source_of
from classifier.fitting import TrainingError
from classifier.given import KEY
from classifier.recipe import FOR_MAILS
from policies.labels import LABELS, Severity
from tests import small_model


@pytest.fixture(scope="module")
def figures() -> Figures:
    return small_model.figures()


def test_a_share_has_the_exact_interval() -> None:
    # Of 0 in 10 Clopper and Pearson's upper bound is 1 - .025 ** (1 / 10).
    assert share(0, 10).low == 0.0
    assert share(0, 10).high == pytest.approx(1 - 0.025**0.1, abs=1e-6)
    assert share(0, 0).value is None


def test_probabilities_fall_into_tenths_with_what_was_right_of_each() -> None:
    low, high = reliability([0.31, 0.39, 0.95, 1.0, 1.0], [False, True, True, True, False])
    assert low.said == pytest.approx(0.35)
    assert (low.found.right, low.found.mails) == (1, 2)
    assert high.said == pytest.approx(2.95 / 3, abs=1e-5)
    assert (high.found.right, high.found.mails) == (2, 3)


def test_figures_come_back_equal_from_json(figures: Figures) -> None:
    assert Figures.from_json(json.loads(json.dumps(figures.to_json()))) == figures


def test_every_kind_of_part_has_all_mails_and_as_many_right_as_all_together(figures: Figures) -> None:
    kinds = {part.by for part in figures.slices}
    assert {"language", "customer_size", "customer_mails", "topic", "length"} <= kinds
    for by in kinds:
        parts = [part for part in figures.slices if part.by == by]
        assert sum(part.mails for part in parts) == figures.mails
        for label in LABELS:
            assert sum(part.right[label].right for part in parts) == figures.labels[label].right.right


def test_a_confusion_matrix_and_a_reliability_diagram_count_every_mail_once(figures: Figures) -> None:
    for found in figures.labels.values():
        assert sum(n for row in found.confusion.values() for n in row.values()) == found.right.mails
        assert sum(one.found.mails for one in found.reliability) == found.right.mails
        assert sum(one.found.right for one in found.reliability) == found.right_model.right


def test_the_cells_of_the_cost_add_up_to_its_mean_and_no_single_severity_is_cheaper_than_always(
    figures: Figures,
) -> None:
    costs = figures.costs
    assert costs is not None
    ways = {way.way: way for way in costs.ways}
    total = sum(cost for row in costs.cells.values() for cost in row.values())
    assert total / costs.mails == pytest.approx(ways["with_rules"].mean, abs=1e-5)
    assert figures.severity.cost == pytest.approx(ways["with_rules"].mean, abs=1e-5)
    assert all(way.low <= way.mean <= way.high for way in costs.ways)
    policy, truth = small_model.policy(), [one.example.labels["severity"] for one in small_model.judged()]
    single = [sum(policy.severity_costs[Severity(t)][s] for t in truth) / len(truth) for s in Severity]
    assert ways["always"].mean == pytest.approx(min(single), abs=1e-5)


def test_figures_name_no_mail_and_hold_none_of_its_words(figures: Figures) -> None:
    told = json.dumps(figures.to_json())
    for one in small_model.judged():
        assert one.example.id not in told
        assert one.example.subject not in told


def test_examples_written_for_a_policy_do_not_judge() -> None:
    first, *others = small_model.judged()
    written = replace(first, example=replace(first.example, origin=WRITTEN))
    policy, autonomy = small_model.policy(), small_model.model().autonomy
    assert figures_of(policy, [written, *others], autonomy, "held_back").mails == len(others)
    assert all(mistake.mail != first.example.id for mistake in mistakes([written], LABELS))


def test_on_a_file_the_curve_is_that_of_its_mails_and_the_thresholds_stay_the_model_s() -> None:
    judged, model = small_model.judged()[:30], small_model.model()
    found = figures_of(small_model.policy(), judged, model.autonomy, "file").labels["severity"].autonomy
    assert found.held_out == 30
    assert found.curve[-1].coverage == 1.0
    assert found.thresholds == model.autonomy["severity"].thresholds


def test_the_mailbox_is_told_apart_where_it_is_known_and_the_rarest_are_told_together() -> None:
    judged = small_model.judged()
    assert not any(part.by == "mailbox" for part in slices(judged))
    boxes = [f"box {min(number, MOST + 5)}" for number in range(len(judged))]
    sorted_in = [
        replace(one, example=replace(one.example, extra={MAILBOX: box})) for one, box in zip(judged, boxes, strict=True)
    ]
    found = [part for part in slices(sorted_in) if part.by == "mailbox"]
    assert found[0].mails == len(judged) - MOST - 5
    assert len(found) == MOST + 1
    assert found[-1].value == OTHERS
    assert found[-1].mails == 6


def test_the_mistakes_are_the_surest_of_each_label_first() -> None:
    found = mistakes(small_model.judged(), LABELS)
    assert found
    for label in LABELS:
        sure = [mistake.probability for mistake in found if mistake.label == label]
        assert sure == sorted(sure, reverse=True)
    assert all(mistake.true != mistake.decided for mistake in found)


def test_what_was_learned_from_is_counted_by_origin_value_and_agent() -> None:
    first, second, *others = small_model.examples()[:10]
    word = {"agent": "anna", "at": "2026-11-01T10:00:00+00:00", "blind": True, "bulk": False, "seconds": None}
    labelled = replace(first, origin="agent", extra={KEY: {"severity": word, "scope": {**word, "blind": None}}})
    source = source_of([labelled, replace(second, received=None), *others], pool=5)
    assert source.origins == {"agent": 1, "training_data": 9}
    assert (source.mails, source.pool, source.agents, source.blind) == (10, 5, 1, 1)
    assert source.values["severity"] == Counter(one.labels["severity"] for one in small_model.examples()[:10])


def test_a_learning_curve_doubles_what_is_learned_from_and_is_judged_by_the_same_mails() -> None:
    told: list[float] = []
    steps = learning_curve(
        small_model.policy(),
        small_model.examples(),
        pool=(),
        profile="lean",
        recipe=FOR_MAILS,
        progress=lambda step, share: told.append(share),
    )
    learned = [step.learned for step in steps]
    assert len(steps) == 2
    assert min(learned) >= LEAST_MAILS
    assert learned[1] == pytest.approx(2 * learned[0], abs=1)
    assert len({step.right["severity"].mails for step in steps}) == 1
    assert learned[1] + steps[0].right["severity"].mails <= len(small_model.examples())
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_one_mail_makes_no_learning_curve() -> None:
    with pytest.raises(TrainingError, match="too few"):
        learning_curve(small_model.policy(), small_model.examples()[:1], pool=(), profile="lean", recipe=FOR_MAILS)
