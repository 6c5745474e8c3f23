"""One calibrated head: a linear machine whose scores become probabilities by temperature scaling."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from classifier.recipe import DEFAULT, Recipe
from classifier.space import Floats, Space

Split = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]

C = DEFAULT.c
FOLDS = 5
# A logistic regression wants this many times a support vector machine's C (measured on Banking77 and Mozilla's bugs).
LOGISTIC_C = 30.0
LOGISTIC_TOLERANCE = 1e-3
LOGISTIC_ROUNDS = 100
# A logistic regression's scores are this much larger than a support vector machine's when both are equally sure.
LOGISTIC_SCALE = 0.25
# Beyond these, a temperature says that the scores and the labels have nothing to do with each other.
TEMPERATURES = (0.05, 20.0)
# Tighter changes no decision (measured) and costs half as much time again.
TOLERANCE = 1e-2
UNSEEN = -np.inf
LEAST_PROBABILITY = 1e-9


@dataclass(frozen=True, eq=False)
class Head:
    """A label's classes with one row of coefficients each (zeros when the label has one class only)."""

    classes: tuple[str, ...]
    coef: Floats
    intercept: Floats
    temperature: float

    def scores(self, x: sp.csr_matrix | Floats) -> Floats:
        """The distance to each class's margin, one row a text and one column a class."""
        return np.asarray(x @ self.coef.T, dtype=np.float32) + self.intercept

    def probabilities(self, x: sp.csr_matrix) -> npt.NDArray[np.float64]:
        """Calibrated probabilities, one row a text and one column a class; rows sum to 1."""
        return self.calibrated(self.scores(x))

    def calibrated(self, scores: Floats) -> npt.NDArray[np.float64]:
        """The probabilities that :meth:`scores` stand for."""
        return softmax(scores / np.float32(self.temperature))


@dataclass(frozen=True, eq=False)
class Fitted:
    """A head with the probabilities it gave to each training text while that text was held out.

    ``out_of_fold`` has NaN in the rows of texts that no fold held out (too few texts to fold).
    """

    head: Head
    out_of_fold: npt.NDArray[np.float64]


def fit(
    space: Space,
    rows: npt.NDArray[np.intp],
    y: Sequence[str],
    splits: Sequence[Split],
    *,
    weights: Sequence[float] | None = None,
    seed: int = 0,
    calibrate: npt.NDArray[np.bool_] | None = None,
    recipe: Recipe = DEFAULT,
) -> Fitted:
    """A head fitted on those ``rows`` of ``space``, its temperature on their scores when held out by ``splits``.

    ``y`` has the rows' labels and ``splits`` are positions among them. ``weights`` says how much each counts in
    fitting, ``calibrate`` which the temperature is made for. Deterministic under ``seed``.
    """
    x = space.rows[rows]
    labels = np.asarray(y, dtype=object)
    weight = np.ones(len(labels)) if weights is None else np.asarray(weights, dtype=float)
    classes = tuple(sorted(set(y)))
    held_out = np.full((len(labels), len(classes)), np.nan, np.float32)
    for inside, outside in splits:
        held_out[outside] = _scores_elsewhere(x, labels, weight, classes, inside, outside, seed, recipe)
    truth = np.searchsorted(np.asarray(classes), labels.astype(str))
    chosen = slice(None) if calibrate is None else calibrate
    temperature = fit_temperature(held_out[chosen], truth[chosen])
    coef, intercept = _machine(x, labels, weight, classes, seed, recipe)
    with np.errstate(invalid="ignore"):
        out_of_fold = softmax(held_out / np.float32(temperature))
    return Fitted(Head(classes, round_half(space.coefficients(coef)), intercept, temperature), out_of_fold)


def elsewhere(
    space: Space,
    rows: npt.NDArray[np.intp],
    y: Sequence[str],
    asked: npt.NDArray[np.intp],
    *,
    like: Head,
    weights: Sequence[float],
    seed: int = 0,
    recipe: Recipe = DEFAULT,
) -> npt.NDArray[np.float64]:
    """The probabilities, by the classes and the temperature of ``like``, of the rows ``asked`` by a head fitted on
    ``rows`` alone; a class that those do not show gets none."""
    labels = np.asarray(y, dtype=object)
    seen = tuple(sorted(set(y)))
    coef, intercept = _machine(space.rows[rows], labels, np.asarray(weights, dtype=float), seen, seed, recipe)
    placed = np.full((len(asked), len(like.classes)), UNSEEN, np.float32)
    columns = [like.classes.index(name) for name in seen]
    placed[:, columns] = Head(seen, coef, intercept, 1.0).scores(space.rows[asked])
    return like.calibrated(placed)


def held_out_loss(
    space: Space, y: Sequence[str], splits: Sequence[Split], *, recipe: Recipe = DEFAULT, seed: int = 0
) -> float:
    """The log loss of calibrated heads fitted on one side of each split and asked for the other.

    Every row must be in one split's other side, and every class on both sides.
    """
    labels = np.asarray(y, dtype=object)
    classes = tuple(sorted(set(y)))
    scores = np.zeros((len(labels), len(classes)), np.float32)
    for inside, outside in splits:
        scores[outside] = _scores_elsewhere(
            space.rows, labels, np.ones(len(labels)), classes, inside, outside, seed, recipe
        )
    truth = np.searchsorted(np.asarray(classes), labels.astype(str))
    chosen = softmax(scores / np.float32(fit_temperature(scores, truth)))[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(chosen, LEAST_PROBABILITY)).mean())


def group_folds(y: Sequence[str], groups: Sequence[str], *, folds: int = FOLDS, seed: int = 0) -> list[Split]:
    """Splits that keep a group on one side and the classes as even as that allows; none for too few groups."""
    count = min(folds, len(set(groups)))
    if count < 2 or len(y) < 2 * count:
        return []
    # Here and below: a process that only classifies does without scikit-learn and scipy's optimisers (100 MB).
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(n_splits=count, shuffle=True, random_state=seed)
    return [split for split in splitter.split(np.zeros(len(y)), _spreadable(y, count), groups) if len(split[1])]


def fit_temperature(scores: Floats, truth: npt.NDArray[np.intp]) -> float:
    """The temperature with the least log loss of the true classes; 1 when no row can say.

    Rows are left out whose true class was unseen where they were scored: no temperature makes those right.
    """
    from scipy.optimize import minimize_scalar

    usable = np.isfinite(scores[np.arange(len(truth)), truth])
    if not usable.any() or scores.shape[1] < 2:
        return 1.0
    rows, target = scores[usable].astype(float), truth[usable]

    def loss(log_temperature: float) -> float:
        chosen = softmax(rows / np.exp(log_temperature))[np.arange(len(target)), target]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    bounds = tuple(np.log(TEMPERATURES))
    return float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x))


def softmax(scores: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Rows turned into probabilities; a score of minus infinity gets none, a row of NaN stays NaN."""
    values = np.asarray(scores, dtype=np.float64)
    shifted = np.exp(values - np.max(values, axis=1, keepdims=True))
    probabilities: npt.NDArray[np.float64] = shifted / shifted.sum(axis=1, keepdims=True)
    return probabilities


def _machine(
    x: sp.csr_matrix | Floats,
    labels: npt.NDArray[np.object_],
    weight: npt.NDArray[np.float64],
    classes: Sequence[str],
    seed: int,
    recipe: Recipe,
) -> tuple[Floats, Floats]:
    """Coefficients and intercepts, a row for each of ``classes``."""
    if len(classes) == 1:
        return np.zeros((1, x.shape[1]), np.float32), np.zeros(1, np.float32)
    weight = weight * _balancing(labels, recipe.balance)
    parts = []
    if recipe.logistic < 1:
        parts.append((1 - recipe.logistic, _support_vectors(x, labels, weight, seed, recipe.c)))
    if recipe.logistic > 0:
        parts.append((recipe.logistic * LOGISTIC_SCALE, _logistic(x, labels, weight, recipe.c * LOGISTIC_C)))
    coef = sum(share * _both_sides(machine[0]) for share, machine in parts)
    intercept = sum(share * _both_sides(machine[1]) for share, machine in parts)
    return np.asarray(coef, np.float32), np.asarray(intercept, np.float32)


def _both_sides(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """What scikit-learn gives for two classes is one row, of the second: the first has the opposite."""
    return np.concatenate([-values, values]) if len(values) == 1 else values


def _balancing(labels: npt.NDArray[np.object_], power: float) -> npt.NDArray[np.float64]:
    """What each row counts so that rare classes count more; 1 is as much as the others, 0 as they are."""
    _, inverse, counts = np.unique(labels.astype(str), return_inverse=True, return_counts=True)
    return np.asarray((counts.mean() / counts[inverse]) ** power)


def _support_vectors(
    x: sp.csr_matrix | Floats, labels: npt.NDArray[np.object_], weight: npt.NDArray[np.float64], seed: int, c: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    from sklearn.svm import LinearSVC

    with warnings.catch_warnings():
        # Most values of a label may have one mail each while there are few: that is no regression problem.
        warnings.filterwarnings("ignore", message="The number of unique classes is greater than 50%")
        machine = LinearSVC(C=c, tol=TOLERANCE, random_state=seed).fit(x, labels.astype(str), sample_weight=weight)
    return machine.coef_, machine.intercept_


def _logistic(
    x: sp.csr_matrix | Floats, labels: npt.NDArray[np.object_], weight: npt.NDArray[np.float64], c: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The number of unique classes is greater than 50%")
        # The last digits of the coefficients change no decision.
        warnings.filterwarnings("ignore", category=ConvergenceWarning)
        machine = LogisticRegression(C=c, tol=LOGISTIC_TOLERANCE, max_iter=LOGISTIC_ROUNDS)
        machine.fit(x, labels.astype(str), sample_weight=weight)
    return machine.coef_, machine.intercept_


def round_half(values: npt.ArrayLike) -> Floats:
    """Rounded to what half precision holds, kept in single precision: halves the file and moves no decision."""
    return np.asarray(values).astype(np.float16).astype(np.float32)


def _scores_elsewhere(
    x: sp.csr_matrix | Floats,
    labels: npt.NDArray[np.object_],
    weight: npt.NDArray[np.float64],
    classes: tuple[str, ...],
    inside: npt.NDArray[np.intp],
    outside: npt.NDArray[np.intp],
    seed: int,
    recipe: Recipe,
) -> Floats:
    seen = tuple(sorted(set(labels[inside])))
    coef, intercept = _machine(x[inside], labels[inside], weight[inside], seen, seed, recipe)
    scores = Head(seen, coef, intercept, 1.0).scores(x[outside])
    placed = np.full((len(outside), len(classes)), UNSEEN, np.float32)
    placed[:, [classes.index(name) for name in seen]] = scores
    return placed


def _spreadable(y: Sequence[str], count: int) -> list[str]:
    """Classes too rare to be in every fold count as the most frequent one: they cannot be spread evenly anyway."""
    names, counts = np.unique(np.asarray(y, dtype=str), return_counts=True)
    rare = set(names[counts < count])
    commonest = str(names[counts.argmax()])
    return [commonest if label in rare else label for label in y]
