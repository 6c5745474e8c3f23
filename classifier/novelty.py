"""Whether a text is like anything that was learned from: "none of these"."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from classifier.head import Split

NEIGHBOURS = 5
# The gate is set so that it refuses this share of texts that it should let pass.
REFUSED_IN_SCOPE = 0.05
LEAST_ODDS = 1e-9
WORD = re.compile(r"\w\w+")

Scores = npt.NDArray[np.float64]
Vectors: TypeAlias = sp.csr_matrix | npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class NoveltyGate:
    """Adds, each in standard deviations, the log-odds of the best class and the mean cosine to the nearest texts.

    ``vectors`` are the unit vectors of the texts learned from; below ``threshold`` a text is none of the classes.
    """

    vectors: Vectors
    centre: tuple[float, float]
    spread: tuple[float, float]
    threshold: float

    def familiarity(self, probabilities: Scores, vectors: Vectors, shares: Scores | float = 1.0) -> Scores:
        """One number a text: the higher the more it is like what was learned from. ``shares`` as in :func:`fit`."""
        certainty, near = self.parts(probabilities, vectors, shares)
        return np.asarray(certainty + near)

    def parts(self, probabilities: Scores, vectors: Vectors, shares: Scores | float = 1.0) -> tuple[Scores, Scores]:
        """What adds up to each text's familiarity: how sure its best class is, and how near it is to known texts."""
        return self._scaled(log_odds(probabilities), _mean_of_nearest(vectors, self._known) * shares)

    def out_of_fold(
        self, probabilities: Scores, vectors: Vectors, splits: Sequence[Split], shares: Scores | float = 1.0
    ) -> Scores:
        """The familiarity of the texts that the gate was fitted on, as :func:`fit` saw it; NaN for one in no fold."""
        certainty, near = self._scaled(log_odds(probabilities), _nearness_elsewhere(vectors, splits) * shares)
        return np.asarray(certainty + near)

    def _scaled(self, certainty: Scores, near: Scores) -> tuple[Scores, Scores]:
        first, second = (
            np.asarray((part - c) / s) for part, c, s in zip((certainty, near), self.centre, self.spread, strict=True)
        )
        return first, second

    @cached_property
    def _known(self) -> Vectors:
        return _turned(self.vectors)


def fit(probabilities: Scores, vectors: Vectors, splits: Sequence[Split], shares: Scores | float = 1.0) -> NoveltyGate:
    """The gate for texts with these out-of-fold ``probabilities``; each is compared with texts of other folds only.

    ``shares`` shorten the texts' vectors (:func:`known_shares`) where these say nothing of words not learned.
    """
    near = _nearness_elsewhere(vectors, splits) * shares
    seen = ~np.isnan(near) & ~np.isnan(probabilities).any(axis=1)
    parts = log_odds(probabilities[seen]), near[seen]
    centre = float(parts[0].mean()), float(parts[1].mean())
    spread = float(parts[0].std()) or 1.0, float(parts[1].std()) or 1.0
    familiar = (parts[0] - centre[0]) / spread[0] + (parts[1] - centre[1]) / spread[1]
    return NoveltyGate(vectors, centre, spread, float(np.quantile(familiar, REFUSED_IN_SCOPE)))


def known_shares(texts: Sequence[str], vocabulary: Container[str]) -> Scores:
    """How long each text's vector of words is beside one that had its unknown words too; 0 where none is known.

    Without this a text in another language is near to many by the one or two words that they happen to share.
    """
    words = [set(WORD.findall(text.lower())) for text in texts]
    return np.sqrt([sum(word in vocabulary for word in own) / max(1, len(own)) for own in words])


def log_odds(probabilities: Scores) -> Scores:
    """The log-odds of each row's most probable class."""
    best = np.clip(probabilities.max(axis=1), LEAST_ODDS, 1 - LEAST_ODDS)
    return np.asarray(np.log(best) - np.log1p(-best))


def nearness(vectors: Vectors, known: Vectors) -> Scores:
    """The mean cosine of each row to its five nearest rows of ``known``; all rows are unit vectors."""
    return _mean_of_nearest(vectors, _turned(known))


def _turned(known: Vectors) -> Vectors:
    """A column each: what a product needs, made once."""
    return known.T if isinstance(known, np.ndarray) else known.T.tocsr()


def _mean_of_nearest(vectors: Vectors, known: Vectors) -> Scores:
    count = min(NEIGHBOURS, known.shape[1])
    means = []
    for start in range(0, vectors.shape[0], 512):
        cosines = vectors[start : start + 512] @ known
        dense = cosines if isinstance(cosines, np.ndarray) else cosines.toarray()
        means.append(np.partition(dense, -count, axis=1)[:, -count:].mean(axis=1))
    return np.concatenate(means) if means else np.zeros(0)


def _nearness_elsewhere(vectors: Vectors, splits: Sequence[Split]) -> Scores:
    """How near each row is to those of other folds; NaN for one in no fold."""
    near = np.full(vectors.shape[0], np.nan)
    for inside, outside in splits:
        near[outside] = nearness(vectors[outside], vectors[inside])
    return near
