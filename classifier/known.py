"""The labelled mails a model was fitted on, as unit vectors: which of them a mail is most like.

Of the texts nothing is kept but the vectors; who may see a mail looks it up by its id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from classifier.example import Example
from classifier.features import Features, embed, unit_rows
from classifier.head import round_half
from classifier.novelty import Vectors

NAME = "known"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A labelled mail and how near it is: the cosine of the two vectors, at most 1."""

    id: str
    labels: Mapping[str, str]
    cosine: float


@dataclass(frozen=True, eq=False)
class Known:
    """Labelled mails by their ids, each with the labels known of it, and a unit row of ``vectors`` for each.

    The rows are sentence vectors, or (``lean``) the weights of words; :func:`vectors_of` gives them of other mails.
    """

    ids: tuple[str, ...]
    labels: tuple[Mapping[str, str], ...]
    vectors: Vectors

    def nearest(self, vector: Vectors, count: int) -> list[Neighbour]:
        """The ``count`` mails nearest to the one row of ``vector``, nearest first; fewer when fewer are known."""
        if not self.ids:
            return []
        found = vector @ self.vectors.T
        cosines = (found if isinstance(found, np.ndarray) else found.toarray()).ravel()
        order = np.argsort(-cosines, kind="stable")[:count]
        return [Neighbour(self.ids[i], self.labels[i], min(1.0, float(cosines[i]))) for i in order.tolist()]

    def to_arrays(self) -> tuple[list[list[object]], dict[str, np.ndarray]]:
        """A row of id and labels for each mail, and the vectors in half precision."""
        rows: list[list[object]] = [[one, dict(labels)] for one, labels in zip(self.ids, self.labels, strict=True)]
        if isinstance(self.vectors, np.ndarray):
            return rows, {f"{NAME}_vectors": self.vectors.astype(np.float16)}
        sparse = self.vectors
        return rows, {
            f"{NAME}_data": sparse.data.astype(np.float16),
            f"{NAME}_indices": sparse.indices.astype(np.int32),
            f"{NAME}_ends": sparse.indptr.astype(np.int32),
            f"{NAME}_width": np.asarray([sparse.shape[1]], np.int32),
        }

    @classmethod
    def from_arrays(cls, rows: Sequence[Sequence[object]], arrays: Mapping[str, np.ndarray]) -> Known:
        """What :meth:`to_arrays` took apart; nothing known for no rows."""
        if not rows:
            return NOTHING
        ids = tuple(str(one) for one, _ in rows)
        labels = tuple(found if isinstance(found, dict) else {} for _, found in rows)
        if f"{NAME}_vectors" in arrays:
            return cls(ids, labels, arrays[f"{NAME}_vectors"].astype(np.float32))
        parts = (arrays[f"{NAME}_{part}"] for part in ("data", "indices", "ends"))
        data, indices, ends = parts
        shape = (len(ids), int(arrays[f"{NAME}_width"][0]))
        return cls(ids, labels, sp.csr_matrix((data.astype(np.float32), indices, ends), shape=shape))


NOTHING = Known((), (), np.zeros((0, 0), np.float32))
"""What a model knows that was made before vectors were kept."""


def vectors_of(features: Features, x: sp.csr_matrix) -> Vectors:
    """Unit rows of the mails whose features are ``x`` (of :meth:`Features.transform`): sentence vectors or words."""
    words, _, sentence = features.columns
    if sentence.stop > sentence.start:
        dense = x[:, sentence].toarray()
        lengths = np.linalg.norm(dense, axis=1, keepdims=True)
        lengths[lengths == 0.0] = 1.0
        return np.asarray(dense / lengths, dtype=np.float32)
    return unit_rows(x[:, words].tocsr(copy=True))


def quick_vectors(features: Features, texts: Sequence[str]) -> Vectors:
    """The same rows of texts of which nothing else of the features is needed."""
    if features.profile == "lean":
        return features.worded(texts)
    return embed([features.mended(text) for text in texts], features.profile)


def stacked(parts: Sequence[Vectors]) -> Vectors:
    """The rows of several, of which there is one at least, as one."""
    if isinstance(parts[0], np.ndarray):
        return np.vstack([part for part in parts if isinstance(part, np.ndarray)])
    return sp.vstack(list(parts), format="csr")


def known_mails(examples: Sequence[Example], features: Features, x: sp.csr_matrix) -> Known:
    """The labelled ``examples`` with the vectors of their features, rounded as they are stored."""
    vectors = vectors_of(features, x)
    if isinstance(vectors, np.ndarray):
        vectors = round_half(vectors)
    else:
        vectors.data = round_half(vectors.data)
    return Known(tuple(e.id for e in examples), tuple(dict(e.labels) for e in examples), vectors)
