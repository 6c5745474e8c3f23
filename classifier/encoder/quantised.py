"""Weights in one byte each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

STEPS = 63
"""Largest absolute value of a quantised weight: 7 bits.

With 8, two products of a byte and a weight overflow the 16 bits in which processors without VNNI add them (onnxruntime
calls it ``reduce_range``), and vectors would depend on the machine.
"""
TABLE_STEPS = 127
"""Of a table, whose rows are only looked up, all 8."""


@dataclass(frozen=True, slots=True, eq=False)
class Quantised:
    """A matrix of ``values * scale[:, None]``: signed bytes, and one scale a row."""

    values: npt.NDArray[np.int8]
    scale: npt.NDArray[np.float32]


def quantise(matrix: npt.NDArray[np.float32], steps: int = STEPS) -> Quantised:
    """Each row divided by its largest absolute value and rounded; bit-equal on every machine."""
    largest = np.abs(matrix).max(axis=1)
    scale = np.where(largest > 0, largest / np.float32(steps), np.float32(1)).astype(np.float32)
    return Quantised(np.round(matrix / scale[:, None]).astype(np.int8), scale)


def stacked(*parts: Quantised) -> Quantised:
    """The rows of all ``parts``, in order."""
    return Quantised(np.concatenate([p.values for p in parts]), np.concatenate([p.scale for p in parts]))
