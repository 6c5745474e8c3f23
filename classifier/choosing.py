"""The recipe that suits some labelled texts, chosen by cross-validation on a part of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from classifier import head as head_room
from classifier.recipe import DEFAULT, Recipe
from classifier.space import Space

FOLDS = 4
# So many texts tell recipes apart, and cost less than the fit itself where there are many.
SAMPLE = 2400
# How strong to regularise depends on how many texts there are, so a small part of them cannot tell.
TOLD_BY_ALL: Mapping[str, tuple[float, ...]] = {"embedding": (1.0, 3.0), "c": (0.1, 1.0)}
TOLD_BY_SOME: Mapping[str, tuple[float, ...]] = {"subject": (1.0,), "balance": (0.5,), "logistic": (0.5,)}
# A recipe must lessen the log loss by this part of it; less is noise of the folds.
LEAST_GAIN = 0.005
# A logistic regression keeps twenty times its coefficients in memory while it is fitted: 4 million are 640 MB.
LARGEST_LOGISTIC = 4_000_000


def choose(
    space_of: Callable[[npt.NDArray[np.intp], Recipe], Space],
    labels: Sequence[str],
    groups: Sequence[str],
    *,
    with_subject: bool,
    with_vectors: bool,
    columns: int,
    seed: int = 0,
) -> Recipe:
    """The recipe with the least log loss on held-out texts, found by changing one ingredient after the other.

    It is the default where nothing can tell. ``space_of`` gives the training rows of some texts under a recipe,
    ``columns`` is how many columns those have.
    """
    rows = _sample(labels, seed)
    splits = head_room.group_folds([labels[i] for i in rows], [groups[i] for i in rows], folds=FOLDS, seed=seed)
    if not splits:
        return DEFAULT
    ingredients = {**TOLD_BY_SOME}
    if not with_subject:
        ingredients.pop("subject")
    if len(set(labels)) * columns > LARGEST_LOGISTIC:
        ingredients.pop("logistic")
    if len(rows) * 2 >= len(labels):
        ingredients = {**TOLD_BY_ALL, **ingredients}
    if not with_vectors:
        ingredients.pop("embedding", None)

    def loss(recipe: Recipe) -> float:
        truth = [labels[i] for i in rows]
        return head_room.held_out_loss(space_of(rows, recipe), truth, splits, recipe=recipe, seed=seed)

    # Log loss and not accuracy: it tells recipes apart on far fewer texts, and chose the more accurate ones (measured).
    best, least = DEFAULT, loss(DEFAULT)
    for name, values in ingredients.items():
        for recipe in [replace(best, **{name: value}) for value in values]:
            if (found := loss(recipe)) < least * (1 - LEAST_GAIN):
                best, least = recipe, found
    return best


def _sample(labels: Sequence[str], seed: int) -> npt.NDArray[np.intp]:
    """Rows to try recipes on: of classes with enough texts to be in every fold, a random part."""
    names, inverse, counts = np.unique(np.asarray(labels, dtype=str), return_inverse=True, return_counts=True)
    usable = np.flatnonzero(counts[inverse] >= FOLDS)
    if len(usable) > SAMPLE:
        usable = np.sort(np.random.default_rng(seed).choice(usable, SAMPLE, replace=False))
    return usable if len(names) > 1 else np.zeros(0, np.intp)
