"""What the product's own head makes of any labelled texts: the ``mailtriage experiment`` command."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import matthews_corrcoef, roc_auc_score

from classifier import features as feature_room
from classifier import head as head_room
from classifier import metrics, novelty
from classifier.example import ExampleFileError
from classifier.features import Features, Profile
from classifier.head import Head
from classifier.memory import peak_megabytes, reset_peak
from classifier.novelty import NoveltyGate
from classifier.sentences import whole
from classifier.space import span
from errors import MailtriageError

Scores = npt.NDArray[np.float64]


class ExperimentError(MailtriageError):
    """The experiment cannot be run as asked: says which texts or options are missing."""


@dataclass(frozen=True, slots=True)
class LabelledText:
    """One text with its label; ``group`` keeps texts that belong together on one side of a split."""

    text: str
    label: str
    group: str


@dataclass(frozen=True, eq=False)
class Learned:
    """A fitted head with its features, and the gate for texts that are none of its classes."""

    features: Features
    head: Head
    gate: NoveltyGate | None


@dataclass(frozen=True, eq=False)
class Answers:
    """What was said of some texts: probabilities (columns as ``classes``), and how familiar each text is.

    ``passed`` is False where the gate refused; all True without a gate.
    """

    texts: Sequence[LabelledText]
    classes: tuple[str, ...]
    probabilities: Scores
    familiarity: Scores
    passed: npt.NDArray[np.bool_]


def read_texts(paths: Iterable[Path], *, label: str = "label", group: str | None = None) -> list[LabelledText]:
    """The texts of JSON Lines files: ``text``, or ``subject`` and ``body``, with the label under ``label``.

    The key may also stand in the ``labels`` of a labelled mail. Raises :class:`ExampleFileError` with file and line.
    """
    texts = []
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8-sig").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ExampleFileError(f"{path} cannot be read: {error}.") from error
        for number, line in enumerate(lines, start=1):
            if line.strip():
                texts.append(_labelled_text(line, f"{path}, line {number}", label, group))
    return texts


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
    rounds = [(list(train), list(test))] if test is not None else _fold(train, folds or 0, seed)
    answers, timing = [], _Timing()
    for learning, asked in rounds:
        with timing.of("training"):
            learned = learn(
                [text for text in learning if text.label != none], profile, gated=none is not None, seed=seed
            )
        with timing.of("prediction"):
            answers.append(answer(learned, asked))
    return {
        "profile": profile,
        "train": len(train),
        "test": sum(len(a.texts) for a in answers),
        **_figures(answers, none),
        **timing.figures(),
    }


def learn(texts: Sequence[LabelledText], profile: Profile, *, gated: bool, seed: int = 0) -> Learned:
    """The product's features and head fitted on ``texts``, and the gate if ``gated``; may raise ExperimentError."""
    if len({text.label for text in texts}) < 2:
        raise ExperimentError("There is nothing to tell apart: the texts to learn from need at least two labels.")
    labels = [text.label for text in texts]
    features = feature_room.fit([text.text for text in texts], profile)
    x = features.transform([text.text for text in texts])
    splits = head_room.group_folds(labels, [text.group for text in texts], seed=seed)
    fitted = head_room.fit(span(x), np.arange(len(texts)), labels, splits, seed=seed)
    if not gated:
        return Learned(features, fitted.head, None)
    if not splits:
        raise ExperimentError("Too few texts to set the novelty gate by.")
    return Learned(features, fitted.head, novelty.fit(fitted.out_of_fold, feature_room.directions(features, x), splits))


def answer(learned: Learned, texts: Sequence[LabelledText]) -> Answers:
    """What the head says of ``texts``, and the gate."""
    x = learned.features.transform([text.text for text in texts])
    probabilities = learned.head.probabilities(x)
    if learned.gate is None:
        passed = np.ones(len(texts), dtype=bool)
        return Answers(texts, learned.head.classes, probabilities, np.zeros(len(texts)), passed)
    familiarity = learned.gate.familiarity(probabilities, feature_room.directions(learned.features, x))
    return Answers(texts, learned.head.classes, probabilities, familiarity, familiarity >= learned.gate.threshold)


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


def _fold(texts: Sequence[LabelledText], folds: int, seed: int) -> list[tuple[list[LabelledText], list[LabelledText]]]:
    splits = head_room.group_folds([t.label for t in texts], [t.group for t in texts], folds=folds, seed=seed)
    if not splits:
        raise ExperimentError(f"Too few texts for {folds} folds.")
    return [([texts[i] for i in inside], [texts[i] for i in outside]) for inside, outside in splits]


def _figures(answers: Sequence[Answers], none: str | None) -> dict[str, Any]:
    truth = [text.label for a in answers for text in a.texts]
    best = [a.classes[column] for a in answers for column in a.probabilities.argmax(axis=1)]
    passed = np.concatenate([a.passed for a in answers])
    decided = best if none is None else [value if ok else none for value, ok in zip(best, passed, strict=True)]
    inside = np.asarray([label != none for label in truth])
    confidences = np.concatenate([a.probabilities.max(axis=1) for a in answers])
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


def _labelled_text(line: str, place: str, label: str, group: str | None) -> LabelledText:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise ExampleFileError(f"{place}: is not JSON ({error}).") from error
    if not isinstance(record, dict):
        raise ExampleFileError(f"{place}: is not a JSON object.")
    nested = record.get("labels")
    value = record.get(label, nested.get(label) if isinstance(nested, dict) else None)
    if not isinstance(value, str | int | float):
        raise ExampleFileError(f"{place}: has no label under {label!r}; name its key with --label.")
    text = record.get("text")
    if text is None:
        text = whole(str(record.get("subject") or ""), str(record.get("body") or ""))
    if not isinstance(text, str):
        raise ExampleFileError(f"{place}: text is not a text.")
    belongs = record.get(group) if group is not None else None
    return LabelledText(text, str(value), place if belongs is None else str(belongs))
