"""Reads the impact facts from single sentences: which sentence says what.

A machine for each fact is taught which sentences say its values, from the words that the labelled mails quote as
evidence; the best score of a mail's sentences for each value is what the mail's heads learn from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from classifier.head import TOLERANCE, C, Split, round_half
from classifier.space import Floats
from policies.labels import IMPACT_VALUES

NOTHING = ""
"""The class of a sentence that says nothing of a fact."""
COLUMNS: tuple[tuple[str, str], ...] = tuple(
    (fact, value) for fact, values in IMPACT_VALUES.items() for value in values
)
"""The (fact, value) of each column of a reading."""
# What a sentence scores for a value that no labelled mail has shown: as far from it as the margin's other side.
UNTAUGHT = -1.0


@dataclass(frozen=True, eq=False)
class Reader:
    """For each of :data:`COLUMNS` the coefficients of a sentence's words and cues, and its intercept."""

    coef: Floats
    intercept: Floats

    def scores(self, sentences: sp.csr_matrix) -> Floats:
        """One row a sentence, one column for each of :data:`COLUMNS`."""
        return np.asarray(sentences @ self.coef.T, dtype=np.float32) + self.intercept


@dataclass(frozen=True, slots=True)
class Teaching:
    """The sentences of one labelled mail (rows of the sentence matrix) with its impact facts and their evidence."""

    rows: range
    sentences: Sequence[str]
    impact: Mapping[str, str]
    evidence: Mapping[str, str]


def pool(scores: Floats, rows: Sequence[range]) -> Floats:
    """The best score of each mail's sentences, one row a mail."""
    return np.stack([scores[r.start : r.stop].max(axis=0) for r in rows]) if rows else scores[:0]


def fit(
    sentences: sp.csr_matrix, mails: Sequence[Teaching], splits: Sequence[Split], seed: int
) -> tuple[Reader, Floats]:
    """The reader taught by all ``mails``, and for each mail the pooled scores of a reader that was not taught by it."""
    reader = _teach(sentences, mails, seed)
    rows = [mail.rows for mail in mails]
    pooled = pool(reader.scores(sentences), rows)
    for inside, outside in splits:
        elsewhere = _teach(sentences, [mails[i] for i in inside], seed)
        pooled[outside] = pool(elsewhere.scores(sentences), [rows[i] for i in outside])
    return reader, pooled


def said_by(sentence_list: Sequence[str], evidence: str) -> set[int]:
    """The positions of the sentences that ``evidence`` was quoted from."""
    quoted = " ".join(evidence.split())
    plain = [" ".join(sentence.split()) for sentence in sentence_list]
    holding = {i for i, sentence in enumerate(plain) if quoted in sentence}
    return holding or {i for i, sentence in enumerate(plain) if sentence and sentence in quoted}


def _teach(sentences: sp.csr_matrix, mails: Sequence[Teaching], seed: int) -> Reader:
    coef = np.zeros((len(COLUMNS), sentences.shape[1]), np.float32)
    intercept = np.full(len(COLUMNS), UNTAUGHT, np.float32)
    # A mail without any evidence (an agent's correction has none) does not say where its facts stand.
    quoting = [mail for mail in mails if mail.evidence]
    if quoting:
        rows = np.concatenate([np.arange(mail.rows.start, mail.rows.stop) for mail in quoting])
        taught = sentences[rows]
        for fact in IMPACT_VALUES:
            _teach_fact(fact, taught, _targets(fact, quoting), coef, intercept, seed)
    return Reader(round_half(coef), intercept)


def _targets(fact: str, mails: Sequence[Teaching]) -> npt.NDArray[np.str_]:
    targets: list[str] = []
    for mail in mails:
        value = mail.impact.get(fact, NOTHING)
        saying = said_by(mail.sentences, mail.evidence[fact]) if fact in mail.evidence else set()
        targets.extend(value if i in saying else NOTHING for i in range(len(mail.sentences)))
    return np.asarray(targets)


def _teach_fact(
    fact: str, taught: sp.csr_matrix, targets: npt.NDArray[np.str_], coef: Floats, intercept: Floats, seed: int
) -> None:
    from sklearn.svm import LinearSVC  # see classifier.head

    classes = sorted(set(targets))
    if len(classes) < 2:
        return
    machine = LinearSVC(C=C, class_weight="balanced", tol=TOLERANCE, random_state=seed).fit(taught, targets)
    rows, biases = machine.coef_, machine.intercept_
    if len(classes) == 2:
        rows, biases = np.vstack([-rows, rows]), np.concatenate([-biases, biases])
    for row, bias, value in zip(rows, biases, classes, strict=True):
        if (fact, value) in COLUMNS:
            position = COLUMNS.index((fact, value))
            coef[position], intercept[position] = row, bias
