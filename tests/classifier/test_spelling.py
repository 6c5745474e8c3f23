"""A slip in a long word is mended where one known word is meant; words that are words stay."""

from __future__ import annotations

import pytest

from classifier.features import fit
from classifier.spelling import Spelling


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("prodcution", "production"),
        ("producton", "production"),
        ("produuction", "production"),
        ("Dashbaord", "dashboard"),
        ("inlogen", "inloggen"),
    ],
)
def test_a_swapped_dropped_or_doubled_letter_is_mended(written: str, meant: str) -> None:
    assert Spelling(["dashboard", "inloggen"]).mended(f"our {written} server") == f"our {meant} server"


@pytest.mark.parametrize(
    "word", ["redial", "invoices", "complete", "PRODUCTION", "5.6.0-SNAPSHOT", "qwrtzpsdfg", "slow"]
)
def test_what_is_a_word_or_like_none_stays(word: str) -> None:
    assert Spelling(["dashboard"]).mended(word) == word


def test_a_word_that_was_learned_wins_over_the_dictionary() -> None:
    assert Spelling([]).mended("penelpoe") == Spelling([]).mended("penelpoe")
    assert Spelling(["penelope"]).mended("penelpoe") == "penelope"


def test_features_are_those_of_the_mended_text() -> None:
    features = fit(["the production server", "a “test” server"], "lean")
    same = features.transform(["the prodcution server!!!", 'a "test" server'])
    meant = features.transform(["the production server!", "a “test” server"])
    assert (same != meant).nnz == 0
