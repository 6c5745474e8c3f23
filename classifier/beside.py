"""Sparse features side by side."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from classifier.space import Floats


def beside(left: sp.csr_matrix, right: sp.csr_matrix | Floats) -> sp.csr_matrix:
    """The columns of ``left``, then those of ``right``, of which zeros are not stored if it is dense.

    What ``scipy.sparse.hstack`` gives, in a quarter of its time for a single mail.
    """
    if isinstance(right, np.ndarray):
        rows, columns = right.nonzero()
        values = right[rows, columns]
        counts = np.bincount(rows, minlength=right.shape[0])
    else:
        columns, values, counts = right.indices, right.data, np.diff(right.indptr)
        rows = np.repeat(np.arange(right.shape[0]), counts)
    places = np.arange(len(columns)) + left.indptr[rows + 1]
    ends = left.indptr + np.concatenate([[0], np.cumsum(counts)])
    from_left = np.ones(len(left.indices) + len(columns), dtype=bool)
    from_left[places] = False
    indices = np.empty(len(from_left), np.int32)
    indices[from_left], indices[places] = left.indices, columns + left.shape[1]
    data = np.empty(len(from_left), np.result_type(left.dtype, values.dtype))
    data[from_left], data[places] = left.data, values
    return sp.csr_matrix((data, indices, ends), shape=(left.shape[0], left.shape[1] + right.shape[1]))
