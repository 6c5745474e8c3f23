"""Whether a text is like anything that was learned from: "none of these"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from classifier.head import Split

NEIGHBOURS = 5
# The gate is set so that it refuses this share of texts that it should let pass.
REFUSED_IN_SCOPE = 0.05
LEAST_ODDS = 1e-9

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

    def familiarity(self, probabilities: Scores, vectors: Vectors) -> Scores:
        """One number a text: the higher the more it is like what was learned from."""
        parts = log_odds(probabilities), nearness(vectors, self.vectors)
        scaled = [(part - c) / s for part, c, s in zip(parts, self.centre, self.spread, strict=True)]
        return np.asarray(scaled[0] + scaled[1])


def fit(probabilities: Scores, vectors: Vectors, splits: list[Split]) -> NoveltyGate:
    """The gate for texts with these out-of-fold ``probabilities``; each is compared with texts of other folds only."""
    near = np.full(len(probabilities), np.nan)
    for inside, outside in splits:
        near[outside] = nearness(vectors[outside], vectors[inside])
    seen = ~np.isnan(near) & ~np.isnan(probabilities).any(axis=1)
    parts = log_odds(probabilities[seen]), near[seen]
    centre = float(parts[0].mean()), float(parts[1].mean())
    spread = float(parts[0].std()) or 1.0, float(parts[1].std()) or 1.0
    familiar = (parts[0] - centre[0]) / spread[0] + (parts[1] - centre[1]) / spread[1]
    return NoveltyGate(vectors, centre, spread, float(np.quantile(familiar, REFUSED_IN_SCOPE)))


def log_odds(probabilities: Scores) -> Scores:
    """The log-odds of each row's most probable class."""
    best = np.clip(probabilities.max(axis=1), LEAST_ODDS, 1 - LEAST_ODDS)
    return np.asarray(np.log(best) - np.log1p(-best))


def nearness(vectors: Vectors, known: Vectors) -> Scores:
    """The mean cosine of each row to its five nearest rows of ``known``; all rows are unit vectors."""
    count = min(NEIGHBOURS, known.shape[0])
    means = []
    for start in range(0, vectors.shape[0], 512):
        cosines = vectors[start : start + 512] @ known.T
        dense = cosines if isinstance(cosines, np.ndarray) else cosines.toarray()
        means.append(np.partition(dense, -count, axis=1)[:, -count:].mean(axis=1))
    return np.concatenate(means) if means else np.zeros(0)
