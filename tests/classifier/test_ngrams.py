"""Columns found word by word are those that scikit-learn's vectorisers find."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from classifier.features import CHARACTERS, WORDS, Block, Features, fit
from classifier.ngrams import CharacterColumns, unpacked
from mailtriage.starters import shipped_examples

TEXTS = [example.body for example in shipped_examples("penelope")][:40]
ODD = [
    "",
    " ",
    "a",
    "é ß İ ﬁ",
    "x" * 500,
    "tab\tand\u00a0blank\u2028line",
    "don't-stop 5.6.0 \U0001f600",
    "ab abc abcd abcde",
]


@pytest.fixture(scope="module")
def fitted() -> Features:
    return fit(TEXTS, "lean")


@pytest.mark.parametrize("block", ["words", "characters"])
def test_the_features_are_those_of_scikit_learn(fitted: Features, block: str) -> None:
    kind = WORDS if block == "words" else CHARACTERS
    vectorizer = TfidfVectorizer(sublinear_tf=True, norm="l2", dtype=np.float32, **kind)
    theirs: Block = getattr(fitted, block)
    vectorizer.vocabulary_ = theirs.vocabulary
    vectorizer.fixed_vocabulary_ = True
    vectorizer.idf_ = theirs.idf
    columns = fitted.columns[0 if block == "words" else 1]
    ours = fitted.lexical([*TEXTS, *ODD])[:, columns]
    wanted = vectorizer.transform([fitted.mended(text) for text in [*TEXTS, *ODD]])
    assert (ours != wanted).nnz == 0


@given(st.text(max_size=60))
def test_no_text_is_counted_otherwise(text: str) -> None:
    analyse = TfidfVectorizer(**CHARACTERS).build_analyzer()
    vocabulary = {sequence: number for number, sequence in enumerate(dict.fromkeys(analyse(text)))}
    ours = unpacked(CharacterColumns(vocabulary).of(text)).tolist()
    assert ours == [vocabulary[sequence] for sequence in analyse(text)]


def test_a_hostile_mail_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("classifier.ngrams.REMEMBERED", 3)
    columns = CharacterColumns({"ab": 0})
    columns.of(" ".join(f"ab{number}" for number in range(100)) + " " + "ab" * 1000)
    assert len(columns._remembered) == 3
