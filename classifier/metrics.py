"""How right decisions and probabilities were."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

BINS = 15


def accuracy(truth: Sequence[str], decided: Sequence[str]) -> float:
    """The share decided rightly; 0 when there is nothing."""
    return float(np.mean([a == b for a, b in zip(truth, decided, strict=True)])) if truth else 0.0


def macro_f1(truth: Sequence[str], decided: Sequence[str]) -> float:
    """The mean F1 of all values that occur in either."""
    from sklearn.metrics import f1_score  # see classifier.head

    return float(f1_score(truth, decided, average="macro", zero_division=0.0)) if truth else 0.0


def confusion(truth: Sequence[str], decided: Sequence[str]) -> dict[str, dict[str, int]]:
    """For each true value how often each value was decided; zeros left out."""
    counts: dict[str, dict[str, int]] = {}
    for true, said in sorted(zip(truth, decided, strict=True)):
        row = counts.setdefault(true, {})
        row[said] = row.get(said, 0) + 1
    return counts


def expected_calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """The mean distance of confidence and accuracy over 15 bins of equal width."""
    if not confidences:
        return 0.0
    confidence, hit = np.asarray(confidences, dtype=float), np.asarray(right, dtype=float)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs(hit[bins == b].sum() - confidence[bins == b].sum()) for b in range(BINS)]
    return float(sum(gaps) / len(confidence))


def log_loss(probabilities: npt.NDArray[np.float64], truth: Sequence[int | None]) -> float:
    """The mean negative log of the true class's probability; a class that is no column (None) counts as improbable."""
    chosen = [probabilities[row, column] if column is not None else 0.0 for row, column in enumerate(truth)]
    return float(-np.log(np.maximum(chosen, 1e-15)).mean())


def quadratic_kappa(truth: Sequence[str], decided: Sequence[str], order: Sequence[str]) -> float | None:
    """Cohen's kappa with quadratic weights over the values in ``order``; None where it is not defined."""
    from sklearn.metrics import cohen_kappa_score  # see classifier.head

    if len(set(truth) | set(decided)) < 2:
        return None
    ranks = {value: rank for rank, value in enumerate(order)}
    kappa = cohen_kappa_score(
        [ranks[v] for v in truth], [ranks[v] for v in decided], labels=list(range(len(order))), weights="quadratic"
    )
    return None if np.isnan(kappa) else float(kappa)
