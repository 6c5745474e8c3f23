"""Cues: phrases that tell how bad a fault is, where they stand and whether they are denied."""

from __future__ import annotations

import numpy as np
import pytest

from classifier import cues


def found(sentence: str, language: str = "en") -> dict[str, str]:
    return {cues.columns()[m.column]: sentence[m.start : m.end] for m in cues.find(sentence, language)}


@pytest.mark.parametrize(
    ("sentence", "cue", "words"),
    [
        ("None of the 57 accounts can connect", "everyone", "None of"),
        ("12 of our 14 nurses see nothing", "ratio", "12 of our 14"),
        ("It\u2019s only on the test server", "test_system", "test server"),
        ("Since then everything works again", "resolved", "works again"),
        ("Everybody types the orders by hand", "workaround_painful", "by hand"),
    ],
)
def test_a_cue_is_found_with_the_words_that_say_it(sentence: str, cue: str, words: str) -> None:
    assert found(sentence)[cue] == words


def test_dutch_cues_are_found_in_dutch_mail() -> None:
    assert found("Niemand kan inloggen sinds vanochtend", "nl")["everyone"] == "Niemand"
    assert cues.language_of(["Op dit moment kan niemand van ons erin"]) == "nl"
    assert cues.language_of(["Nobody of us can get in at the moment"]) == "en"


def test_a_denied_cue_is_another_column() -> None:
    assert "not test_system" in found("This is not the test server")
    assert "test_system" in found("This is the test server, not a toy")


def test_any_number_stands_for_a_number() -> None:
    assert found("all 57 of them").keys() == found("all 3,000 of them").keys() >= {"everyone", "ratio"}


def test_places_in_the_text_hold_whatever_its_letters_become_in_lower_case() -> None:
    sentence = "\u0130\u0130\u0130 everyone is out"
    assert len(sentence.lower()) != len(sentence)
    assert found(sentence)["everyone"] == "everyone"


def test_the_matrix_has_a_row_a_sentence_and_tells_its_shape() -> None:
    matrix = cues.matrix([["Down?", "Nobody can log in."], ["Thanks"]])
    assert matrix.shape == (3, len(cues.columns()))
    asked = cues.columns().index("asked")
    assert [bool(value) for value in matrix[:, asked]] == [True, False, False]
    assert np.count_nonzero(matrix[1, : len(cues.names())]) >= 1


def test_no_mails_give_no_rows() -> None:
    assert cues.matrix([]).shape == (0, len(cues.columns()))
