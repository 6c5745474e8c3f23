"""Features side by side, and of mails and their sentences at once, are those found for each by itself."""

import numpy as np
import pytest
import scipy.sparse as sp

from classifier import cues
from classifier.beside import beside
from classifier.features import Features, fit
from classifier.mail import mail_of
from classifier.model import cut
from classifier.sentences import joined
from mailtriage.starters import shipped_examples

MAILS = [mail_of(example) for example in shipped_examples("penelope")][::12]
ODD = [["", ""], ["", "the prodcution server", "", "\u03a3\u039f\u03a3 is down!!! it\u2019s"], ["x"]]
LONG = [["Slow", *("the prodcution environment recieves nothing whatsoever" for _ in range(60))]]


@pytest.fixture(scope="module")
def fitted() -> Features:
    return fit([f"{mail.subject} {mail.text}" for mail in MAILS], "lean")


def same(ours: sp.csr_matrix, wanted: sp.csr_matrix) -> bool:
    return ours.shape == wanted.shape and all(
        np.array_equal(one, other)
        for one, other in zip(
            (ours.indptr, ours.indices, ours.data), (wanted.indptr, wanted.indices, wanted.data), strict=True
        )
    )


@pytest.mark.parametrize("mails", [cut(MAILS)[0], ODD, LONG, []], ids=["mails", "odd", "long", "none"])
def test_mails_and_their_sentences_at_once_are_as_each_alone(fitted: Features, mails: list[list[str]]) -> None:
    found = fitted.of_mails(mails)
    assert same(found.x, fitted.transform([joined(sentences) for sentences in mails]))
    assert same(found.sentences, fitted.worded([sentence for sentences in mails for sentence in sentences]))
    assert found.texts == [fitted.mended(joined(sentences)) for sentences in mails]


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_beside_is_what_scipy_stacks(rows: int) -> None:
    generator = np.random.default_rng(0)
    left = sp.random(rows, 7, 0.4, format="csr", dtype=np.float32, random_state=0)
    sparse = sp.random(rows, 4, 0.5, format="csr", dtype=np.float32, random_state=1)
    dense = (generator.random((rows, 3)) * (generator.random((rows, 3)) < 0.5)).astype(np.float32)
    assert same(beside(left, sparse), sp.hstack([left, sparse], format="csr"))
    assert same(beside(left, dense), sp.hstack([left, sp.csr_matrix(dense)], format="csr"))


def test_the_matrix_of_cues_holds_those_found_in_each_sentence() -> None:
    mails = cut(MAILS)[0]
    matrix = cues.matrix(mails)
    found = [
        {match.column for match in cues.find(sentence, cues.language_of(sentences))}
        for sentences in mails
        for sentence in sentences
    ]
    assert [set(np.flatnonzero(row[: -len(cues.SHAPES)]).tolist()) for row in matrix] == found
