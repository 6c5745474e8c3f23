"""The words of a mail that spoke for or against a label's value, from the linear part of its head.

A weight is in log-odds: how much more probable the words make the value than its nearest rival. Character sequences
count for the word they stand in; what the sentence vector adds cannot be divided among words and is not shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

import numpy as np
import scipy.sparse as sp

from classifier.features import Features
from classifier.head import Head
from classifier.verdict import WordWeight

SHOWN = 8
LEAST_WEIGHT = 0.01
WORD = re.compile(r"\w\w+")


class Words:
    """The words and word pairs of one mail, and how its lexical features are divided among them."""

    def __init__(self, features: Features, text: str, x: sp.csr_matrix) -> None:
        """``x`` is the mail's row of features, as :meth:`classifier.features.Features.transform` gives it."""
        units: dict[str, int] = {}
        entries: list[tuple[int, int, float]] = []
        values = dict(zip(x.indices.tolist(), x.data.tolist(), strict=True))
        for term in set(features.words.build_analyzer()(text)):
            column = features.words.vocabulary_.get(term)
            if column is not None:
                entries.append((units.setdefault(term, len(units)), column, values[column]))
        offset = features.columns[1].start
        for word, column, share in _character_shares(features, text):
            entries.append((units.setdefault(word, len(units)), offset + column, values[offset + column] * share))
        rows, columns, data = zip(*entries, strict=True) if entries else ((), (), ())
        self._units = list(units)
        self._matrix = sp.csr_matrix((data, (rows, columns)), shape=(len(units), features.columns[1].stop))

    def speaking(self, head: Head, value: str, probabilities: Mapping[str, float]) -> tuple[WordWeight, ...]:
        """The words with the largest weights for ``value`` against the most probable other value, largest first."""
        rivals = [name for name in head.classes if name != value]
        if value not in head.classes or not rivals or not self._units:
            return ()
        rival = max(rivals, key=lambda name: probabilities.get(name, 0.0))
        difference = head.coef[head.classes.index(value)] - head.coef[head.classes.index(rival)]
        weights = self._matrix @ difference[: self._matrix.shape[1]] / head.temperature
        order = np.argsort(-np.abs(weights), kind="stable")[:SHOWN]
        return tuple(
            WordWeight(self._units[i], round(float(weights[i]), 4)) for i in order if abs(weights[i]) >= LEAST_WEIGHT
        )


def _character_shares(features: Features, text: str) -> list[tuple[str, int, float]]:
    """(word, column, share) for each character sequence of each word: how much of it stands in that word."""
    analyse = features.characters.build_analyzer()
    vocabulary = features.characters.vocabulary_
    counted: Counter[tuple[str, int]] = Counter()
    for piece, times in Counter(text.lower().split()).items():
        found = WORD.search(piece)
        word = found.group() if found else piece
        for sequence in analyse(piece):
            if sequence in vocabulary:
                counted[word, vocabulary[sequence]] += times
    totals: Counter[int] = Counter()
    for (_, column), times in counted.items():
        totals[column] += times
    return [(word, column, times / totals[column]) for (word, column), times in counted.items()]
