"""The words of a mail that spoke for or against a label's value, from the linear part of its head.

A weight is in log-odds: how much more probable the words make the value than its nearest rival. Character sequences
count for the word they stand in; what the sentence vector adds cannot be divided among words and is not shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from classifier.features import Features
from classifier.head import Head
from classifier.ngrams import NOTHING, terms
from classifier.verdict import WordWeight

SHOWN = 8
LEAST_WEIGHT = 0.01
WORD = re.compile(r"\w\w+")


class Words:
    """The words and word pairs of one mail, and how its lexical features are divided among them."""

    def __init__(self, features: Features, text: str, x: sp.csr_matrix) -> None:
        """``x`` is the mail's row of features, as :meth:`classifier.features.Features.transform` gives it."""
        units: dict[str, int] = {}
        vocabulary = features.words.vocabulary
        said = [(term, vocabulary[term]) for term in dict.fromkeys(terms(text)) if term in vocabulary]
        pieces = Counter(text.lower().split())
        spelled = [features.character_columns.of_piece(piece) for piece in pieces]
        lengths = [len(columns) for columns in spelled]
        owners = [units.setdefault(term, len(units)) for term, _ in said]
        owners += [units.setdefault(_word(piece), len(units)) for piece in pieces]
        self._owners = np.repeat(np.asarray(owners, np.int64), [1] * len(said) + lengths)
        spelled_columns = np.concatenate([NOTHING, *spelled]) + features.columns[1].start
        self._columns = np.concatenate([np.asarray([column for _, column in said], np.int64), spelled_columns])
        times = np.concatenate([np.ones(len(said)), np.repeat(list(pieces.values()), lengths)])
        # A feature's value is divided among the words by how often it stands in each.
        places = np.searchsorted(x.indices, self._columns)
        shared = np.bincount(places, weights=times, minlength=x.nnz)
        self._values = x.data[places] * times / shared[places]
        self._units = list(units)

    def weights(self, head: Head, value: str, rival: str) -> npt.NDArray[np.float64]:
        """For each word or pair, how much it adds to the log-odds of ``value`` against ``rival``."""
        difference = head.coef[head.classes.index(value)] - head.coef[head.classes.index(rival)]
        spoken = self._values * difference[self._columns]
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
    found = WORD.search(piece)
    return found.group() if found else piece
