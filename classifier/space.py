"""The space that training texts span, in which linear machines are fitted faster and come out the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

Floats = npt.NDArray[np.float32]
# Directions with less of the variance than this, as a part of the largest, are rounding noise.
LEAST_VARIANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Space:
    """Training rows to fit machines on, and the way back from their coefficients to those of the features.

    ``scale`` is what each column of the features counts in fitting.
    """

    rows: sp.csr_matrix | Floats
    features: sp.csr_matrix
    turn: Floats | None
    scale: Floats | None = None

    def coefficients(self, fitted: npt.ArrayLike) -> Floats:
        """Coefficients for the features, from coefficients for :attr:`rows`; one row a class."""
        if self.turn is None:
            coef = np.asarray(fitted, dtype=np.float32)
            return coef if self.scale is None else coef * self.scale
        coef = np.asarray((np.asarray(fitted) @ self.turn.T) @ self.features, dtype=np.float32)
        return coef if self.scale is None else coef * self.scale**2


def span(x: sp.csr_matrix, scale: Floats | None = None) -> Space:
    """The rows of ``x`` in no more columns than there are rows, where that is less to compute with.

    With ``scale`` a machine sees each column times its scale, and the coefficients are for ``x`` as it is.

    A linear machine sees rows only through their inner products, so turning them into the space they span changes
    nothing but the time: a quarter for a few hundred long texts.
    """
    scaled = x if scale is None else sp.csr_matrix(x.multiply(scale[None, :]), dtype=np.float32)
    if x.shape[0] * x.shape[0] >= x.nnz:
        return Space(scaled, x, None, scale)
    variances, directions = np.linalg.eigh((scaled @ scaled.T).toarray().astype(np.float64))
    kept = variances > variances[-1] * LEAST_VARIANCE
    lengths = np.sqrt(variances[kept])
    rows = (directions[:, kept] * lengths).astype(np.float32)
    return Space(rows, x, (directions[:, kept] / lengths).astype(np.float32), scale)
