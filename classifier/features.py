"""A text as numbers: TF-IDF of words and of characters in words, beside a sentence vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize

from classifier.encoder import DIMENSION, Vectors, installed_encoder
from classifier.ngrams import CharacterColumns, Columns, WordColumns, counts

Profile = Literal["lean", "standard"]

# Measured on Banking77: the vector counts twice beside the two TF-IDF blocks, each of length 1.
EMBEDDING_WEIGHT = 2.0
WORDS: Mapping[str, object] = {"analyzer": "word", "ngram_range": (1, 2)}
CHARACTERS: Mapping[str, object] = {"analyzer": "char_wb", "ngram_range": (2, 5)}


@dataclass(frozen=True)
class Features:
    """Fitted features; the columns are words, then characters, then (``standard``) the sentence vector."""

    profile: Profile
    words: TfidfVectorizer
    characters: TfidfVectorizer

    @property
    def columns(self) -> tuple[slice, slice, slice]:
        """Where the words, the characters and the sentence vector stand."""
        words = len(self.words.vocabulary_)
        characters = words + len(self.characters.vocabulary_)
        width = DIMENSION if self.profile == "standard" else 0
        return slice(0, words), slice(words, characters), slice(characters, characters + width)

    @property
    def width(self) -> int:
        """The number of columns."""
        return int(self.columns[2].stop)

    def transform(self, texts: Sequence[str]) -> sp.csr_matrix:
        """A sparse float32 matrix with one row a text, in order; each of the three blocks has length 1, 1 and 2."""
        lexical = self.lexical(texts)
        if self.profile == "lean":
            return lexical
        return sp.hstack([lexical, sp.csr_matrix(embed(texts) * np.float32(EMBEDDING_WEIGHT))], format="csr")

    def lexical(self, texts: Sequence[str]) -> sp.csr_matrix:
        """The blocks of words and of characters alone."""
        blocks = ((self.word_columns, self.words), (self.character_columns, self.characters))
        weighted = [_weighted([columns.of(text) for text in texts], fitted) for columns, fitted in blocks]
        return sp.hstack(weighted, format="csr")

    @cached_property
    def word_columns(self) -> WordColumns:
        """Which columns of the block of words a text has."""
        return WordColumns(self.words.vocabulary_)

    @cached_property
    def character_columns(self) -> CharacterColumns:
        """Which columns of the block of characters a text has."""
        return CharacterColumns(self.characters.vocabulary_)

    def to_arrays(self) -> tuple[dict[str, list[str]], dict[str, np.ndarray]]:
        """The vocabularies in the order of their columns, and the inverse document frequencies."""
        vocabularies = {
            name: sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)
            for name, vectorizer in (("words", self.words), ("characters", self.characters))
        }
        return vocabularies, {
            "words_idf": self.words.idf_.astype(np.float32),
            "characters_idf": self.characters.idf_.astype(np.float32),
        }

    @classmethod
    def from_arrays(
        cls, profile: Profile, vocabularies: Mapping[str, Sequence[str]], arrays: Mapping[str, np.ndarray]
    ) -> Features:
        """The features that :meth:`to_arrays` took apart."""
        fitted = {}
        for name, kind in (("words", WORDS), ("characters", CHARACTERS)):
            vectorizer = _vectorizer(kind, vocabulary={term: i for i, term in enumerate(vocabularies[name])})
            vectorizer.idf_ = arrays[f"{name}_idf"].astype(np.float32)
            fitted[name] = vectorizer
        return cls(profile, fitted["words"], fitted["characters"])


def fit(texts: Sequence[str], profile: Profile) -> Features:
    """Features fitted on ``texts``; what stands in very few of many texts is left out."""
    # Measured: leaving out what stands in one or two texts costs nothing and makes the model a third smaller.
    seldom = 3 if len(texts) >= 200 else 2 if len(texts) >= 20 else 1
    words = _vectorizer(WORDS, min_df=seldom).fit(texts)
    characters = _vectorizer(CHARACTERS, min_df=seldom).fit(texts)
    vocabularies, arrays = Features(profile, words, characters).to_arrays()
    # Rounded once, here, so that a model computes the same before it is saved and after it is loaded.
    return Features.from_arrays(profile, vocabularies, arrays)


def directions(features: Features, x: sp.csr_matrix) -> sp.csr_matrix | Vectors:
    """Unit vectors whose products say how near texts are: sentence vectors, or in ``lean`` the words and characters."""
    if features.profile == "standard":
        return np.asarray(x[:, features.columns[2]].toarray() / np.float32(EMBEDDING_WEIGHT), dtype=np.float32)
    return normalize(x)


def embed(texts: Sequence[str]) -> Vectors:
    """The sentence vectors of ``texts``, one row each."""
    return installed_encoder().encode(texts)


def _weighted(columns: Sequence[Columns], fitted: TfidfVectorizer) -> sp.csr_matrix:
    """TF-IDF as ``fitted`` gives it (sublinear, rows of length 1), of columns that are found already."""
    matrix = counts(columns, len(fitted.vocabulary_))
    np.log(matrix.data, out=matrix.data)
    matrix.data += np.float32(1.0)
    matrix.data *= fitted.idf_[matrix.indices]
    return normalize(matrix, copy=False)


def _vectorizer(kind: Mapping[str, object], **options: object) -> TfidfVectorizer:
    return TfidfVectorizer(sublinear_tf=True, norm="l2", dtype=np.float32, **kind, **options)
