"""What the product's own head makes of any labelled texts: the ``mailtriage experiment`` command."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import matthews_corrcoef, roc_auc_score

from classifier import head as head_room
from classifier import metrics
from classifier.features import Profile
from classifier.labelled_text import LabelledText as LabelledText
from classifier.labelled_text import read_texts as read_texts
from classifier.learned import Answers, answer, learn
from classifier.learned import ExperimentError as ExperimentError
from classifier.memory import peak_megabytes, reset_peak

Scores = npt.NDArray[np.float64]


def run(
    train: Sequence[LabelledText],
    test: Sequence[LabelledText] | None = None,
    *,
    none: str | None = None,
    folds: int | None = None,
    profile: Profile = "standard",
    seed: int = 0,
) -> dict[str, Any]:
    """Trains and tests the head, or cross-validates it over ``train`` when there is no ``test``; the figures as JSON.

    With ``none``, texts of that label are not learned as a class: the novelty gate must refuse them. Then accuracy,
    macro-F1 and MCC are those of the gated decisions over all texts, a refusal counting as that label; log loss and ECE
    are those of the texts in scope. Raises :class:`ExperimentError`.
    """
    if (test is None) == (folds is None):
        raise ExperimentError("Give either texts to test on (--test) or a number of folds (--folds).")
    rounds = [(list(train), list(test))] if test is not None else fold(train, folds or 0, seed)
    answers, recipes, timing = [], [], _Timing()
    for learning, asked in rounds:
        with timing.of("training"):
            learned = learn(
                [text for text in learning if text.label != none], profile, gated=none is not None, seed=seed
            )
        with timing.of("prediction"):
            answers.append(answer(learned, asked))
        recipes.append(str(learned.recipe))
    return {
        "profile": profile,
        "train": len(train),
        "test": sum(len(a.texts) for a in answers),
        "recipes": recipes,
        **_figures(answers, none),
        **timing.figures(),
    }


class _Timing:
    """Seconds and peak memory of training and of prediction, over all rounds."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._megabytes: dict[str, float] = {}

    def of(self, step: str) -> _Step:
        return _Step(self, step)

    def note(self, step: str, seconds: float, megabytes: float) -> None:
        self._seconds[step] = self._seconds.get(step, 0.0) + seconds
        self._megabytes[step] = max(self._megabytes.get(step, 0.0), megabytes)

    def figures(self) -> dict[str, Any]:
        return {
            "seconds": {step: round(value, 3) for step, value in self._seconds.items()},
            "peak_memory_mb": {step: round(value, 1) for step, value in self._megabytes.items()},
        }


class _Step:
    def __init__(self, timing: _Timing, name: str) -> None:
        self._timing, self._name = timing, name

    def __enter__(self) -> None:
        reset_peak()
        self._start = time.perf_counter()

    def __exit__(self, *exc: object) -> None:
        self._timing.note(self._name, time.perf_counter() - self._start, peak_megabytes())


def fold(texts: Sequence[LabelledText], folds: int, seed: int) -> list[tuple[list[LabelledText], list[LabelledText]]]:
    """The rounds of a cross-validation: what is learned from and what is asked; raises ExperimentError."""
    splits = head_room.group_folds([t.label for t in texts], [t.group for t in texts], folds=folds, seed=seed)
    if not splits:
        raise ExperimentError(f"Too few texts for {folds} folds.")
    return [([texts[i] for i in inside], [texts[i] for i in outside]) for inside, outside in splits]


def _figures(answers: Sequence[Answers], none: str | None) -> dict[str, Any]:
    truth = [text.label for a in answers for text in a.texts]
    best = [a.classes[column] for a in answers for column in a.decided]
    passed = np.concatenate([a.passed for a in answers])
    decided = best if none is None else [value if ok else none for value, ok in zip(best, passed, strict=True)]
    inside = np.asarray([label != none for label in truth])
    confidences = np.concatenate([a.probabilities[np.arange(len(a.texts)), a.decided] for a in answers])
    right = np.asarray([a == b for a, b in zip(truth, best, strict=True)])
    figures: dict[str, Any] = {
        "accuracy": metrics.accuracy(truth, decided),
        "macro_f1": metrics.macro_f1(truth, decided),
        "log_loss": _log_loss(answers, none),
        "ece": metrics.expected_calibration_error(confidences[inside].tolist(), right[inside].tolist()),
        "mcc": float(matthews_corrcoef(truth, decided)),
        "quadratic_kappa": _kappa(truth, decided),
    }
    if none is not None:
        familiarity = np.concatenate([a.familiarity for a in answers])
        figures["none"] = _gate_figures(inside, right, passed, familiarity)
    return figures


def _gate_figures(
    inside: npt.NDArray[np.bool_], right: npt.NDArray[np.bool_], passed: npt.NDArray[np.bool_], familiarity: Scores
) -> dict[str, Any]:
    """How the gate did on texts in scope and on those it had to refuse; shares are None where there are no texts."""

    def share(chosen: npt.NDArray[np.bool_], where: npt.NDArray[np.bool_]) -> float | None:
        return float(chosen[where].mean()) if where.any() else None

    both = bool(inside.any() and not inside.all())
    return {
        "in_scope": int(inside.sum()),
        "in_scope_accuracy": share(right, inside),
        "in_scope_accuracy_gated": share(right & passed, inside),
        "in_scope_refused": share(~passed, inside),
        "out_of_scope": int((~inside).sum()),
        "out_of_scope_refused": share(~passed, ~inside),
        "auroc": float(roc_auc_score(inside, familiarity)) if both else None,
    }


def _log_loss(answers: Sequence[Answers], none: str | None) -> float | None:
    losses, count = 0.0, 0
    for a in answers:
        rows = [i for i, text in enumerate(a.texts) if text.label != none]
        columns = [a.classes.index(a.texts[i].label) if a.texts[i].label in a.classes else None for i in rows]
        if rows:
            losses += metrics.log_loss(a.probabilities[rows], columns) * len(rows)
            count += len(rows)
    return losses / count if count else None


def _kappa(truth: Sequence[str], decided: Sequence[str]) -> float | None:
    """Quadratic kappa where all labels are numbers, else None."""
    try:
        order = sorted({*truth, *decided}, key=float)
    except ValueError:
        return None
    return metrics.quadratic_kappa(truth, decided, order)
