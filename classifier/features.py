"""A text as numbers: TF-IDF of words and of characters in words, beside a sentence vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from classifier.beside import beside
from classifier.encoder import DIMENSION, Vectors, installed_encoder
from classifier.encoder import Profile as Profile
from classifier.ngrams import CharacterColumns, Packed, WordColumns, counts
from classifier.sentences import joined, plain
from classifier.space import Floats
from classifier.spelling import MOST_WORDS, Spelling

# Measured on Banking77: the vector counts twice beside the two TF-IDF blocks, each of length 1.
EMBEDDING_WEIGHT = 2.0
WORDS: Mapping[str, object] = {"analyzer": "word", "ngram_range": (1, 2)}
CHARACTERS: Mapping[str, object] = {"analyzer": "char_wb", "ngram_range": (2, 5)}


@dataclass(frozen=True, eq=False)
class Block:
    """The terms of one block of columns, each with its column, and their inverse document frequencies."""

    vocabulary: Mapping[str, int]
    idf: Floats

    def weighted(self, columns: Sequence[Packed]) -> sp.csr_matrix:
        """TF-IDF of texts whose columns are found: as scikit-learn's with ``sublinear_tf``, rows of length 1."""
        matrix = counts(columns, len(self.vocabulary))
        np.log(matrix.data, out=matrix.data)
        matrix.data += np.float32(1.0)
        matrix.data *= self.idf[matrix.indices]
        return unit_rows(matrix)


@dataclass(frozen=True, slots=True, eq=False)
class Transformed:
    """Mails as :meth:`Features.transform` gives them and their sentences as :meth:`Features.worded`, a row each.

    ``texts`` are the whole mails, mended.
    """

    x: sp.csr_matrix
    sentences: sp.csr_matrix
    texts: Sequence[str]


@dataclass(frozen=True, eq=False)
class Features:
    """Fitted features; the columns are words, then characters, then (not ``lean``) the sentence vector."""

    profile: Profile
    words: Block
    characters: Block

    @property
    def columns(self) -> tuple[slice, slice, slice]:
        """Where the words, the characters and the sentence vector stand."""
        words = len(self.words.vocabulary)
        characters = words + len(self.characters.vocabulary)
        width = DIMENSION[self.profile]
        return slice(0, words), slice(words, characters), slice(characters, characters + width)

    @property
    def width(self) -> int:
        """The number of columns."""
        return int(self.columns[2].stop)

    def transform(self, texts: Sequence[str]) -> sp.csr_matrix:
        """A sparse float32 matrix with one row a text, in order; each of the three blocks has length 1, 1 and 2."""
        texts = [self.mended(text) for text in texts]
        return self._beside_vectors(self._lexical(texts), texts)

    def _beside_vectors(self, lexical: sp.csr_matrix, texts: Sequence[str]) -> sp.csr_matrix:
        if self.profile == "lean":
            return lexical
        vectors = embed(texts, self.profile) * np.float32(EMBEDDING_WEIGHT)
        return beside(lexical, vectors)

    def of_mails(self, mails: Sequence[Sequence[str]]) -> Transformed:
        """The features of mails, each a list of its sentences, and of their sentences: no word is looked up twice."""
        texts, whole, single = [], [], []
        for sentences in mails:
            mended = [self.spelling.mended_and_counted(plain(sentence)) for sentence in sentences]
            columns, together = self.word_columns.of_parts([text for text, _ in mended])
            text = joined([text for text, _ in mended])
            if sum(count for _, count in mended) > MOST_WORDS:
                # So many words are not all mended in the whole text, which is counted for itself then.
                text = self.mended(joined(sentences))
                together = self.word_columns.of(text)
            texts.append(text)
            whole.append(together)
            single.extend(columns)
        x = self._beside_vectors(self._beside_characters(self.words.weighted(whole), texts), texts)
        return Transformed(x, self.words.weighted(single), texts)

    def lexical(self, texts: Sequence[str]) -> sp.csr_matrix:
        """The blocks of words and of characters alone."""
        return self._lexical([self.mended(text) for text in texts])

    def worded(self, texts: Sequence[str]) -> sp.csr_matrix:
        """The block of words alone."""
        return self._worded([self.mended(text) for text in texts])

    def mended(self, text: str) -> str:
        """The text as its features are counted: plain quotation marks, and slips in long words mended, word by word."""
        return self.spelling.mended(plain(text))

    def _lexical(self, texts: Sequence[str]) -> sp.csr_matrix:
        return self._beside_characters(self._worded(texts), texts)

    def _beside_characters(self, words: sp.csr_matrix, texts: Sequence[str]) -> sp.csr_matrix:
        characters = self.characters.weighted([self.character_columns.of(text) for text in texts])
        return beside(words, characters)

    def _worded(self, texts: Sequence[str]) -> sp.csr_matrix:
        return self.words.weighted([self.word_columns.of(text) for text in texts])

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """The words and pairs of words, by their columns."""
        return tuple(sorted(self.words.vocabulary, key=self.words.vocabulary.__getitem__))

    @cached_property
    def spelling(self) -> Spelling:
        """Mends words by those that were learned from."""
        return Spelling(self.words.vocabulary)

    @cached_property
    def word_columns(self) -> WordColumns:
        """Which columns of the block of words a text has."""
        return WordColumns(self.words.vocabulary)

    @cached_property
    def character_columns(self) -> CharacterColumns:
        """Which columns of the block of characters a text has."""
        return CharacterColumns(self.characters.vocabulary)

    def to_arrays(self) -> tuple[dict[str, list[str]], dict[str, np.ndarray]]:
        """The vocabularies in the order of their columns, and the inverse document frequencies."""
        blocks = {"words": self.words, "characters": self.characters}
        vocabularies = {name: sorted(b.vocabulary, key=b.vocabulary.__getitem__) for name, b in blocks.items()}
        return vocabularies, {f"{name}_idf": block.idf for name, block in blocks.items()}

    @classmethod
    def from_arrays(
        cls, profile: Profile, vocabularies: Mapping[str, Sequence[str]], arrays: Mapping[str, np.ndarray]
    ) -> Features:
        """The features that :meth:`to_arrays` took apart."""
        words, characters = (
            Block({term: i for i, term in enumerate(vocabularies[name])}, arrays[f"{name}_idf"].astype(np.float32))
            for name in ("words", "characters")
        )
        return cls(profile, words, characters)


def fit(texts: Sequence[str], profile: Profile) -> Features:
    """Features fitted on ``texts``; what stands in very few of many texts is left out."""
    # Measured: leaving out what stands in one or two texts costs nothing and makes the model a third smaller.
    texts = [plain(text) for text in texts]
    seldom = 3 if len(texts) >= 200 else 2 if len(texts) >= 20 else 1
    return Features(profile, _block(texts, WORDS, seldom), _block(texts, CHARACTERS, seldom))


def _block(texts: Sequence[str], kind: Mapping[str, object], seldom: int) -> Block:
    # scikit-learn takes a hundred megabytes, which a process that only classifies need not have.
    from sklearn.feature_extraction.text import TfidfVectorizer

    fitted = TfidfVectorizer(sublinear_tf=True, norm="l2", dtype=np.float32, min_df=seldom, **kind).fit(texts)
    # Rounded once, here, so that a model computes the same before it is saved and after it is loaded.
    return Block(fitted.vocabulary_, fitted.idf_.astype(np.float32))


def unit_rows(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """The rows of ``matrix`` scaled to length 1, in place; a row of zeros stays."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    lengths = np.sqrt(np.bincount(rows, weights=matrix.data * matrix.data, minlength=matrix.shape[0]))
    lengths[lengths == 0.0] = 1.0
    matrix.data = (matrix.data / lengths[rows]).astype(matrix.dtype)
    return matrix


def directions(features: Features, x: sp.csr_matrix) -> sp.csr_matrix | Vectors:
    """Unit vectors whose products say how near texts are: sentence vectors, or in ``lean`` the words and characters."""
    if features.profile != "lean":
        return np.asarray(x[:, features.columns[2]].toarray() / np.float32(EMBEDDING_WEIGHT), dtype=np.float32)
    return unit_rows(x.copy())


def embed(texts: Sequence[str], profile: Profile) -> Vectors:
    """The sentence vectors of ``texts`` by the encoder of ``profile``, one row each."""
    return installed_encoder(profile).encode(texts)
