"""Which words of a text its lexical features belong to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from classifier.explaining.mail_text import MailText
from classifier.explaining.margin import Numbers
from classifier.features import Features
from classifier.ngrams import WORD, unpacked


class Owners:
    """The words of a stretch of a mail, and how its lexical features are divided among them.

    A feature belongs to all words in which it stands, as often as it stands there; a pair to both of its words.
    """

    def __init__(self, features: Features, text: MailText, numbers: Sequence[int]) -> None:
        """``numbers`` are the places in ``text.words`` of the words of the stretch."""
        owners: list[int] = []
        columns: list[int] = []
        parts: list[float] = []
        start = features.columns[1].start
        spoken: list[tuple[str, int]] = []
        for number in numbers:
            chunk = features.mended(text.chunks[number]).lower()
            spelled = unpacked(features.character_columns.of_piece(chunk)).tolist()
            owners += [number] * len(spelled)
            columns += [column + start for column in spelled]
            parts += [1.0] * len(spelled)
            spoken += [(word, number) for word in WORD.findall(chunk)]
        vocabulary = features.words.vocabulary
        terms = [(word, (number,)) for word, number in spoken]
        pairs = [(f"{first} {second}", (one, other)) for (first, one), (second, other) in pairwise(spoken)]
        for term, holders in [*terms, *pairs]:
            column = vocabulary.get(term)
            if column is not None:
                owners += holders
                columns += [column] * len(holders)
                parts += [1.0 / len(holders)] * len(holders)
        self._count = len(text.words)
        self._owners, self._columns = np.asarray(owners, np.intp), np.asarray(columns, np.intp)
        self._parts = np.asarray(parts)
        self._width = features.columns[1].stop
        self._shared = np.bincount(self._columns, weights=self._parts, minlength=self._width)

    def divide(self, columns: Numbers) -> tuple[Numbers, float]:
        """What each word of the mail has of ``columns``, and what belongs to none.

        ``columns`` has a number for each of the features' columns, or for the first of them: the words alone.
        """
        looked_at = self._columns < len(columns)
        features = self._columns[looked_at]
        held = columns[features] * self._parts[looked_at] / self._shared[features]
        words: Numbers = np.bincount(self._owners[looked_at], weights=held, minlength=self._count).astype(np.float64)
        return words, float(columns.sum() - words.sum())
