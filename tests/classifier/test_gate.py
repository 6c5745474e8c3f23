"""What the gate asks: each measure refuses what is worse, and lets noise pass."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from classifier.evaluation import Judged
from classifier.gate import Check, checks
from classifier.judging import Bench, judged_while_held
from classifier.known import Known
from classifier.model import Model
from tests import small_model

Changed = Callable[[int, Judged], Judged]


@pytest.fixture(scope="module")
def model() -> Model:
    return small_model.model()


@pytest.fixture(scope="module")
def judged(model: Model) -> list[Judged]:
    """What the model said of the mails it learned from while each was held out."""
    held = [example for example in small_model.examples() if example.id in model.held]
    return judged_while_held(model, small_model.policy(), held, model.held)


def decided(one: Judged, label: str, value: str, *, probability: float | None = None) -> Judged:
    """The same mail with another value of one label, by rules and model alike."""
    before = one.verdict.labels[label]
    changed = replace(before, value=value, model_value=value)
    if probability is not None:
        others = [(other, p) for other, p in before.alternatives if other != value]
        changed = replace(changed, alternatives=((value, probability), *others))
    return replace(one, verdict=replace(one.verdict, labels={**one.verdict.labels, label: changed}))


def right(judged: Sequence[Judged]) -> list[Judged]:
    """A champion that is right on everything."""
    told = []
    for one in judged:
        for label, true in one.example.labels.items():
            one = decided(one, label, true, probability=0.9)
        told.append(one)
    return told


def asked(model: Model, champion: Sequence[Judged], changed: Changed, *, other: Model | None = None) -> list[Check]:
    challenger = [changed(row, one) for row, one in enumerate(champion)]
    bench = Bench("training_data", champion, challenger)
    return checks(small_model.policy(), [bench], model, other or model, mix=None, seed=0)


def failed(found: Sequence[Check]) -> set[str]:
    return {check.name for check in found if not check.passed}


def test_a_model_beside_itself_passes_and_every_reason_has_its_figures(model: Model, judged: list[Judged]) -> None:
    found = asked(model, judged, lambda _, one: one)
    assert failed(found) == set()
    assert [check.name for check in found] == [
        "severity_cost", "sev1_recall", "scope_accuracy", "issue_type_accuracy", "topic_accuracy", "log_loss",
    ]  # fmt: skip
    for check in found:
        assert "interval" in check.sentence and f"on {check.mails} held-back mails" in check.sentence
    json.dumps([check.to_json() for check in found])


def test_one_or_two_wrong_mails_of_twelve_are_no_reason(model: Model, judged: list[Judged]) -> None:
    few = [one for one in right(judged) if one.example.labels["scope"] == "included"][:12]
    assert len(few) == 12
    assert failed(asked(model, few, lambda row, one: decided(one, "scope", "outside") if row < 2 else one)) == set()
    assert "scope_accuracy" in failed(
        asked(model, few, lambda row, one: decided(one, "scope", "outside") if row < 5 else one)
    )


def test_missed_sev1s_refuse(model: Model, judged: list[Judged]) -> None:
    champion = right(judged)
    found = asked(model, champion, lambda _, one: decided(one, "severity", "SEV3") if _sev1(one) else one)
    assert "sev1_recall" in failed(found)
    [recall] = [check for check in found if check.name == "sev1_recall"]
    assert (recall.champion, recall.challenger) == (1.0, 0.0)
    assert "worse, so the new model is refused" in recall.sentence


def _sev1(one: Judged) -> bool:
    return one.example.labels["severity"] == "SEV1"


def test_shuffled_severities_refuse_by_their_cost(model: Model, judged: list[Judged]) -> None:
    turned = {"SEV1": "SEV4", "SEV2": "SEV1", "SEV3": "SEV2", "SEV4": "SEV3"}
    found = asked(model, right(judged), lambda _, one: decided(one, "severity", turned[one.example.labels["severity"]]))
    assert "severity_cost" in failed(found)


def test_a_class_that_is_never_right_any_more_is_lost(model: Model, judged: list[Judged]) -> None:
    champion = right(judged)
    counts = [one.example.labels["issue_type"] for one in champion]
    lost, other = sorted(set(counts), key=counts.count)[-2:]
    assert counts.count(lost) >= 5
    found = asked(model, champion, lambda _, one: decided(one, "issue_type", other) if _type(one) == lost else one)
    assert any(check.name == "class_lost" and lost in check.sentence for check in found)


def _type(one: Judged) -> str:
    return one.example.labels["issue_type"]


def test_probabilities_that_say_less_refuse_though_every_decision_is_the_same(
    model: Model, judged: list[Judged]
) -> None:
    def unsure(_: int, one: Judged) -> Judged:
        for label, true in one.example.labels.items():
            one = decided(one, label, true, probability=0.2)
        return one

    assert failed(asked(model, right(judged), unsure)) == {"log_loss"}


def test_a_class_that_no_mail_teaches_any_more_refuses(model: Model, judged: list[Judged]) -> None:
    topic = model.known.labels[0]["topic"]
    labels = tuple(
        {**known, "topic": "other"} if known.get("topic") == topic else known for known in model.known.labels
    )
    other = replace(model, known=Known(model.known.ids, labels, model.known.vectors))
    [check] = [one for one in asked(model, judged, lambda _, one: one, other=other) if not one.passed]
    assert check.name == "class_unknown" and topic in check.sentence


def test_a_part_of_few_mails_does_not_judge(model: Model, judged: list[Judged]) -> None:
    assert asked(model, right(judged)[:7], lambda _, one: decided(one, "severity", "SEV1")) == []
