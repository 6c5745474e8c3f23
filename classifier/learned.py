"""The product's features and head, learned from labelled texts of any origin, and what they say of others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from classifier import choosing, novelty, rare
from classifier import features as feature_room
from classifier import head as head_room
from classifier.features import EMBEDDING_WEIGHT, Features, Profile
from classifier.head import Head
from classifier.labelled_text import LabelledText
from classifier.novelty import NoveltyGate
from classifier.recipe import Recipe
from classifier.space import Floats, Space, span
from errors import MailtriageError

Scores = npt.NDArray[np.float64]


class ExperimentError(MailtriageError):
    """The experiment cannot be run as asked: says which texts or options are missing."""


@dataclass(frozen=True, eq=False)
class Learned:
    """A fitted head with its features, how it was fitted, and the gate for texts that are none of its classes.

    ``leaning`` is added to the log-probabilities before a class is decided, so that rare classes are not overlooked.
    ``out_of_fold`` has what was said of each text learned from while it was held out.
    """

    features: Features
    recipe: Recipe
    head: Head
    leaning: Scores
    gate: NoveltyGate | None
    out_of_fold: Scores


@dataclass(frozen=True, eq=False)
class Answers:
    """What was said of some texts: probabilities (columns as ``classes``), the column decided, how familiar each is.

    ``passed`` is False where the gate refused; all True without a gate.
    """

    texts: Sequence[LabelledText]
    classes: tuple[str, ...]
    probabilities: Scores
    decided: npt.NDArray[np.intp]
    familiarity: Scores
    passed: npt.NDArray[np.bool_]


def learn(
    texts: Sequence[LabelledText], profile: Profile, *, gated: bool, seed: int = 0, recipe: Recipe | None = None
) -> Learned:
    """The product's features and head fitted on ``texts``, and the gate if ``gated``; may raise ExperimentError.

    Without a ``recipe`` the one that suits the texts is looked for first, which takes several times as long.
    """
    if len({text.label for text in texts}) < 2:
        raise ExperimentError("There is nothing to tell apart: the texts to learn from need at least two labels.")
    labels, groups = [text.label for text in texts], [text.group for text in texts]
    features = feature_room.fit([text.text for text in texts], profile)
    with_subject = any(text.subject for text in texts)
    x = _matrix(features, texts, with_subject)

    def space_of(rows: npt.NDArray[np.intp], recipe: Recipe) -> Space:
        kept = _kept(features, recipe, x)
        return span(kept[rows], _scale(features, recipe, kept.shape[1]))

    recipe = recipe or choosing.choose(
        space_of,
        labels,
        groups,
        with_subject=with_subject,
        with_vectors=profile != "lean",
        columns=x.shape[1],
        seed=seed,
    )
    splits = head_room.group_folds(labels, groups, seed=seed)
    rows = np.arange(len(texts))
    fitted = head_room.fit(space_of(rows, recipe), rows, labels, splits, seed=seed, recipe=recipe)
    leaning = rare.leaning(fitted.out_of_fold, fitted.head.classes, labels)
    learned = Learned(features, recipe, fitted.head, leaning, None, fitted.out_of_fold)
    if not gated:
        return learned
    if not splits:
        raise ExperimentError("Too few texts to set the novelty gate by.")
    gate = novelty.fit(fitted.out_of_fold, feature_room.directions(features, x[:, : features.width]), splits)
    return replace(learned, gate=gate)


def answer(learned: Learned, texts: Sequence[LabelledText]) -> Answers:
    """What the head says of ``texts``, and the gate."""
    x = _matrix(learned.features, texts, learned.recipe.subject > 0)
    probabilities = learned.head.probabilities(x)
    decided = rare.decide(probabilities, learned.leaning)
    if learned.gate is None:
        passed = np.ones(len(texts), dtype=bool)
        return Answers(texts, learned.head.classes, probabilities, decided, np.zeros(len(texts)), passed)
    vectors = feature_room.directions(learned.features, x[:, : learned.features.width])
    familiarity = learned.gate.familiarity(probabilities, vectors)
    passed = familiarity >= learned.gate.threshold
    return Answers(texts, learned.head.classes, probabilities, decided, familiarity, passed)


def _matrix(features: Features, texts: Sequence[LabelledText], with_subject: bool) -> sp.csr_matrix:
    """The features of the whole texts, and beside them those of their subjects."""
    x = features.transform([text.text for text in texts])
    if not with_subject:
        return x
    return sp.hstack([x, features.transform([text.subject for text in texts])], format="csr")


def _kept(features: Features, recipe: Recipe, x: sp.csr_matrix) -> sp.csr_matrix:
    return x if recipe.subject > 0 or x.shape[1] == features.width else x[:, : features.width]


def _scale(features: Features, recipe: Recipe, width: int) -> Floats:
    scale = np.ones(features.width, np.float32)
    scale[features.columns[2]] = recipe.embedding / EMBEDDING_WEIGHT
    return scale if width == features.width else np.concatenate([scale, scale * np.float32(recipe.subject)])
