"""Which columns of the features a text has, counted with its words looked up once.

The same numbers as scikit-learn's ``CountVectorizer`` gives for ``analyzer="word"`` with pairs and for ``"char_wb"``,
several times as fast: mail repeats its words, and the character sequences of a word are the same in every text.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

Columns = npt.NDArray[np.int32]
Packed = bytes
"""Columns as the bytes of an array: those of many words are joined far faster than arrays are."""
WIDTH = np.dtype(np.int32).itemsize

WORD = re.compile(r"(?u)\b\w\w+\b")
"""scikit-learn's ``token_pattern``."""
SHORTEST, LONGEST = 2, 5
REMEMBERED = 50_000
LONGEST_REMEMBERED = 40
"""So many pieces of so many characters are remembered: the words of a language, not what a hostile mail makes up."""


class WordColumns:
    """The columns of words and of pairs of neighbouring words."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self.vocabulary = vocabulary

    def of(self, text: str) -> Packed:
        """A column for each occurrence in ``text`` of a term of the vocabulary."""
        return _packed(terms(text), self.vocabulary)

    def of_parts(self, parts: Sequence[str]) -> tuple[list[Packed], Packed]:
        """What :meth:`of` gives for each of ``parts``, and for the parts joined by blanks (in another order)."""
        split = [WORD.findall(part.lower()) for part in parts]
        columns = [_packed(_with_pairs(words), self.vocabulary) for words in split]
        worded = [words for words in split if words]
        across = [f"{before[-1]} {after[0]}" for before, after in pairwise(worded)]
        return columns, b"".join([*columns, _packed(across, self.vocabulary)])


class CharacterColumns:
    """The columns of character sequences inside the words, blanks around them included (``char_wb``)."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self.vocabulary = vocabulary
        self._remembered: dict[str, Packed] = {}

    def of(self, text: str) -> Packed:
        """A column for each occurrence in ``text`` of a sequence of the vocabulary."""
        return b"".join(map(self.of_piece, text.lower().split()))

    def of_piece(self, piece: str) -> Packed:
        """The columns of one lower-case word as it stands between blanks."""
        found = self._remembered.get(piece)
        if found is None:
            found = _packed(_sequences(f" {piece} "), self.vocabulary)
            if len(piece) <= LONGEST_REMEMBERED and len(self._remembered) < REMEMBERED:
                self._remembered[piece] = found
        return found


def unpacked(packed: Packed) -> Columns:
    """The columns as an array, which cannot be written to."""
    return np.frombuffer(packed, np.int32)


def _packed(sequences: Sequence[str], vocabulary: Mapping[str, int]) -> Packed:
    get = vocabulary.get
    return array("i", [column for sequence in sequences if (column := get(sequence)) is not None]).tobytes()


def terms(text: str) -> list[str]:
    """The words of ``text`` in lower case, then the pairs of neighbours."""
    return _with_pairs(WORD.findall(text.lower()))


def _with_pairs(words: list[str]) -> list[str]:
    return words + [f"{first} {second}" for first, second in pairwise(words)]


def _sequences(padded: str) -> list[str]:
    length = len(padded)
    sizes = range(SHORTEST, min(LONGEST, length) + 1)
    return [padded[at : at + size] for size in sizes for at in range(length - size + 1)]


def counts(columns: Sequence[Packed], width: int) -> sp.csr_matrix:
    """How often each column occurs: one float32 row for each of ``columns``, ``width`` columns."""
    ends = np.cumsum([0, *(len(one) // WIDTH for one in columns)])
    indices = unpacked(b"".join(columns)).copy()
    matrix = sp.csr_matrix((np.ones(len(indices), np.float32), indices, ends), shape=(len(columns), width))
    matrix.sum_duplicates()
    return matrix
