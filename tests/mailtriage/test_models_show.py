"""``mailtriage models show``: what is decided alone, and what other targets would give."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from classifier.autonomy import for_coverage, for_precision
from classifier.card import ModelCard
from mailtriage.commands.model_told import lines_of_model, model_told

SURE = [1 - i / 1000 for i in range(400)]
RIGHT = [i < 300 for i in range(400)]
CARD = ModelCard(
    version="20261122-151953-06eccffc",
    policy="penelope",
    profile="lean",
    created_at=datetime(2026, 11, 22, tzinfo=UTC),
    program="0.1.0",
    policy_version="1.1.0",
    examples=400,
    agent_labelled=30,
    data_digest="ab",
    metrics={},
    files={},
    autonomy={
        "severity": for_precision(["SEV4"] * 400, SURE, RIGHT, 0.97).to_json(),
        "scope": for_coverage(["included"] * 400, SURE, RIGHT, 0.5).to_json(),
        "topic": for_precision(["other"] * 20, SURE[:20], [True] * 20, 0.9).to_json(),
    },
    refuses_novel=True,
)


@pytest.fixture
def told() -> str:
    return "\n".join(lines_of_model(CARD, None, None))


def test_each_label_says_its_target_its_promise_and_its_thresholds(told: str) -> None:
    assert "severity (asked for: 97% right)" in told
    assert "is right at least 97% of the time with 95% confidence, as 400 held-out mails show." in told
    assert "from 0.70: SEV4" in told or "from 0.71: SEV4" in told
    assert "A mail unlike anything learned from goes to a person in any case." in told


def test_of_a_share_asked_for_the_precision_that_follows_is_told_and_rounded_down(told: str) -> None:
    # 200 of 200 right: Clopper and Pearson's bound is .05 ** (1 / 200) = .98513.
    assert "scope (asked for: 50% of the mail)" in told
    assert "Decides 50% of the mail alone, and is right at least 98.5% of the time" in told


def test_how_many_labels_are_missing_is_told(told: str) -> None:
    assert "topic (asked for: 90% right)\n    Nothing is decided alone: about " in told


def test_another_share_or_precision_can_be_looked_at_without_training() -> None:
    lines = "\n".join(lines_of_model(CARD, 1.0, 0.9))
    assert "Deciding 100% of the mail alone, from 0.60 on: 75% were right, at least 71.1% are" in lines
    found = model_told(CARD, 0.5, 0.999)
    assert found["at_coverage"]["severity"]["coverage"] == pytest.approx(0.5, abs=0.03)
    assert found["at_precision"]["severity"] is None
    assert "It could not decide anything with 99.9% shown to be right alone." in "\n".join(
        lines_of_model(CARD, None, 0.999)
    )
    json.dumps(found)


def test_a_card_from_before_it_was_kept_says_so() -> None:
    assert any("older model" in line for line in lines_of_model(replace(CARD, autonomy={}), 0.5, None))


def test_a_card_is_the_same_after_it_was_written_as_json() -> None:
    again = ModelCard.from_json(json.loads(json.dumps(CARD.to_json())))
    assert again == CARD
    assert again.autonomies["severity"].sure("SEV4", 0.99)
