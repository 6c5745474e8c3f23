"""Rare classes: a decision that leans towards them where that costs nothing.

The class of the highest probability is right most often, and so never a rare one when in doubt. Subtracting a part of
the log of each class's share ("logit adjustment", Menon et al., ICLR 2021) evens that out; how large a part is chosen
on held-out texts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from classifier import metrics

Scores = npt.NDArray[np.float64]

PARTS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)
# Less is noise of the folds.
LEAST_GAIN = 0.002
LEAST_PROBABILITY = 1e-9


def leaning(out_of_fold: Scores, classes: Sequence[str], labels: Sequence[str]) -> Scores:
    """What to add to each class's log-probability: the mean of accuracy and macro-F1 on held-out texts decides."""
    names = np.asarray(classes)
    truth = np.searchsorted(names, np.asarray(labels, dtype=str))
    shares = np.bincount(truth, minlength=len(names)) / len(truth)
    judged = ~np.isnan(out_of_fold).any(axis=1)
    if not judged.any():
        return np.zeros(len(names))
    best, least = 0.0, -np.inf
    for part in PARTS:
        said = names[decide(out_of_fold[judged], -part * np.log(shares))].tolist()
        right = names[truth[judged]].tolist()
        score = (metrics.accuracy(right, said) + metrics.macro_f1(right, said)) / 2
        if score >= least + LEAST_GAIN:
            best, least = part, score
    return np.asarray(-best * np.log(shares))


def decide(probabilities: Scores, leaning: Scores) -> npt.NDArray[np.intp]:
    """The column decided for each row."""
    return np.asarray(np.argmax(np.log(np.maximum(probabilities, LEAST_PROBABILITY)) + leaning, axis=1))
