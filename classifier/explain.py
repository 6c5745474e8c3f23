"""The words of a mail that spoke for or against a label's value, from the linear part of its head.

A weight is in log-odds: how much more probable the words make the value than its nearest rival. Character sequences
count for the word they stand in; what the sentence vector adds cannot be divided among words and is not shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from classifier.features import Features
from classifier.head import Head
from classifier.ngrams import LONGEST_REMEMBERED, REMEMBERED, WIDTH, unpacked
from classifier.verdict import WordWeight

SHOWN = 8
LEAST_WEIGHT = 0.01
WORD = re.compile(r"\w\w+")


class Words:
    """The words and word pairs of one mail, and how its lexical features are divided among them."""

    def __init__(self, features: Features, text: str, x: sp.csr_matrix) -> None:
        """``text`` is the mail as :meth:`classifier.features.Features.mended` gives it, ``x`` its row of features."""
        start = features.columns[1].start
        said = x.indices[: np.searchsorted(x.indices, start)]
        units = {features.terms[column]: number for number, column in enumerate(said.tolist())}
        pieces = Counter(text.lower().split())
        spelled = [features.character_columns.of_piece(piece) for piece in pieces]
        lengths = [len(columns) // WIDTH for columns in spelled]
        spellers = [units.setdefault(_word(piece), len(units)) for piece in pieces]
        self._owners = np.concatenate([np.arange(len(said)), np.repeat(np.asarray(spellers, np.int64), lengths)])
        self._columns = np.concatenate([said, unpacked(b"".join(spelled)) + start])
        times = np.concatenate([np.ones(len(said)), np.repeat(list(pieces.values()), lengths)])
        # A feature's value is divided among the words by how often it stands in each.
        shared = np.bincount(self._columns, weights=times, minlength=x.shape[1])
        values = np.zeros(x.shape[1])
        values[x.indices] = x.data
        self._values = values[self._columns] * times / shared[self._columns]
        self._units = list(units)

    def weights(self, head: Head, value: str, rival: str) -> npt.NDArray[np.float64]:
        """For each word or pair, how much it adds to the log-odds of ``value`` against ``rival``."""
        own, other = (head.coef[head.classes.index(name)].take(self._columns) for name in (value, rival))
        spoken = self._values * (own - other)
        return np.bincount(self._owners, weights=spoken, minlength=len(self._units)) / head.temperature

    def speaking(self, head: Head, value: str, probabilities: Mapping[str, float]) -> tuple[WordWeight, ...]:
        """The words with the largest weights for ``value`` against the most probable other value, largest first."""
        rivals = [name for name in head.classes if name != value]
        if value not in head.classes or not rivals or not self._units:
            return ()
        rival = max(rivals, key=lambda name: probabilities.get(name, 0.0))
        weights = self.weights(head, value, rival)
        order = np.argsort(-np.abs(weights), kind="stable")[:SHOWN]
        return tuple(
            WordWeight(self._units[i], round(float(weights[i]), 4)) for i in order if abs(weights[i]) >= LEAST_WEIGHT
        )


def _word(piece: str) -> str:
    """The word in a piece between blanks, without the marks around it; the piece itself when it holds none."""
    return _remembered_word(piece) if len(piece) <= LONGEST_REMEMBERED else _word_in(piece)


@lru_cache(REMEMBERED)
def _remembered_word(piece: str) -> str:
    return _word_in(piece)


def _word_in(piece: str) -> str:
    found = WORD.search(piece)
    return found.group() if found else piece
