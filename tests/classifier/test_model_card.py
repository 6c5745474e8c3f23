"""The model card: the usual headings, filled from what is known and silent of nothing that is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from classifier.card import ModelCard
from classifier.figures.share import share
from classifier.model_card import THIN, as_markdown, clearly_worse, model_card
from tests import small_model

HEADINGS = [
    "Model details", "Intended use", "Factors", "Metrics", "Evaluation data", "Training data", "Quantitative analyses",
    "Ethical considerations", "Caveats and recommendations",
]  # fmt: skip


@pytest.fixture(scope="module")
def card() -> ModelCard:
    autonomy = {label: one.to_json() for label, one in small_model.model().autonomy.items()}
    made = datetime(2026, 11, 2, tzinfo=UTC)
    return ModelCard(
        "20261102-101010-0123abcd", "penelope", "lean", made, "0.1.0", "0.9.0", 60, 0, "ab" * 32, {}, {}, "The first.",
        autonomy=autonomy,
    )  # fmt: skip


def markdown(card: ModelCard) -> str:
    return as_markdown("Model card", model_card(card, small_model.policy(), small_model.figures()))


def test_the_headings_are_those_of_mitchell_and_others_in_their_order(card: ModelCard) -> None:
    lines = markdown(card).splitlines()
    assert [line.removeprefix("## ") for line in lines if line.startswith("## ")] == HEADINGS


def test_it_says_when_by_what_and_from_what_the_model_was_made(card: ModelCard) -> None:
    told = markdown(card)
    assert "made on 2 November 2026 by mailtriage 0.1.0" in told
    assert f"version 0.9.0; in force now is version {small_model.policy().version}" in told
    assert f"60 labelled mails; snapshot `{'ab' * 32}`" in told
    assert "7 mails of other policies" in told


def test_every_label_has_a_row_with_its_share_and_interval(card: ModelCard) -> None:
    right = small_model.figures().labels["severity"].right
    assert f"| severity | {100 * right.right / right.mails:.1f}% of {right.mails}, " in markdown(card)
    tables = [line for line in markdown(card).splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in tables)


def test_thin_topics_and_silent_labels_are_caveats(card: ModelCard) -> None:
    told = markdown(card)
    assert f"Topics with fewer than {THIN} mails to learn from: " in told
    assert "is decided without a person yet" in told
    assert "no mail that an agent labelled" in told


def test_a_refused_version_says_what_the_gate_found(card: ModelCard) -> None:
    assert "The gate refused it: SEV1 recall fell." in markdown(replace(card, promoted=False, note="SEV1 recall fell."))


def test_parts_whose_whole_interval_lies_below_the_rest_are_factors(card: ModelCard) -> None:
    figures, policy = small_model.figures(), small_model.policy()
    bad = replace(figures.slices[0], by="topic", value="other", right={label: share(0, 50) for label in figures.labels})
    worse = replace(figures, slices=(bad,))
    assert clearly_worse(worse, "scope") == [bad]
    factors = model_card(card, policy, worse)[2]
    assert factors.table is not None
    assert factors.table.rows[0][2:] == (policy.topics["other"].title, "0.0% of 50, 0.0 to 7.1")


def test_without_figures_it_says_so_under_every_heading_that_needs_them(card: ModelCard) -> None:
    told = as_markdown("Model card", model_card(card, small_model.policy(), None))
    assert told.count("No figures are kept with this version") == 3


def test_a_bar_in_a_title_does_not_break_a_table(card: ModelCard) -> None:
    figures, policy = small_model.figures(), small_model.policy()
    topics = {**policy.topics, "other": replace(policy.topics["other"], title="this | that")}
    bad = replace(figures.slices[0], by="topic", value="other", right={label: share(0, 50) for label in figures.labels})
    told = as_markdown("x", model_card(card, replace(policy, topics=topics), replace(figures, slices=(bad,))))
    assert "| this \\| that |" in told
