"""How sure a difference of two models on the same mails is: the paired bootstrap over what belongs together.

Whole families of mails are drawn with replacement (Efron and Tibshirani 1993, chapter 8; for paired systems Koehn 2004,
"Statistical Significance Tests for Machine Translation Evaluation"): mails of one customer or conversation are one
proof, not many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
RESAMPLES = 2000
AT_ONCE = 500_000
"""So many draws are kept in memory."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more the second has than the first, with an interval; over ``mails`` mails of ``units`` families."""

    first: float
    second: float
    low: float
    high: float
    mails: int
    units: int

    @property
    def more(self) -> float:
        """The second's mean less the first's."""
        return self.second - self.first


def paired(
    first: Values, second: Values, weights: Values, units: Sequence[str], *, outside: float, seed: int = 0
) -> Difference:
    """The weighted means of two measures of the same mails, and the interval of their difference.

    A mail with NaN in either measure does not count. The interval leaves ``outside`` of the resamples out, half of it
    on each side. Deterministic under ``seed``.
    """
    seen = ~(np.isnan(first) | np.isnan(second))
    if not seen.any():
        return Difference(0.0, 0.0, 0.0, 0.0, 0, 0)
    a, b, w = first[seen], second[seen], weights[seen]
    names, inverse = np.unique(np.asarray(units, dtype=str)[seen], return_inverse=True)
    sums = np.stack([np.bincount(inverse, part, len(names)) for part in (w * (b - a), w)], axis=1).astype(np.float64)
    drawn = _resampled(sums, np.random.default_rng(seed))
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [outside / 2, 1 - outside / 2])
    total = float(w.sum())
    means = float((w * a).sum()) / total, float((w * b).sum()) / total
    return Difference(*means, float(low), float(high), int(seen.sum()), len(names))


def _resampled(sums: Values, rng: np.random.Generator) -> Values:
    """The sums over each resample of the rows, a row a resample."""
    count = len(sums)
    step = max(1, AT_ONCE // count)
    parts = []
    for start in range(0, RESAMPLES, step):
        drawn = rng.integers(count, size=(min(step, RESAMPLES - start), count))
        parts.append(sums[drawn].sum(axis=1))
    return np.concatenate(parts)
