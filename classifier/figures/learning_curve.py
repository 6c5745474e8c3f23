"""How right a model is by how many labelled mails it learns from: whether more labels would help."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from classifier.evaluation import evaluate
from classifier.example import WRITTEN, Example
from classifier.families import group_families
from classifier.figures.share import share
from classifier.figures.step import Step
from classifier.fitting import Progress, TrainingError, fit_model, silent
from classifier.head import FOLDS
from classifier.holding_back import fixed_folds, unit_of
from classifier.model import Profile
from classifier.recipe import Recipe
from policies.labels import LABELS
from policies.policy import Policy

PARTS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""Of the mails to learn from: each step twice the one before."""
LEAST_MAILS = 20
"""Fewer mails make no model that is worth a point."""


def learning_curve(
    policy: Policy,
    examples: Sequence[Example],
    *,
    pool: Sequence[Example],
    profile: Profile,
    recipe: Recipe,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[Step, ...]:
    """At most five points, each a training. One of the fixed folds judges them all, and the others are learned from.

    Smaller parts lie within larger ones and keep a customer's mails together. ``pool``, the mails of other policies, is
    learned from at every point. Raises :class:`~classifier.fitting.TrainingError` where there are too few mails.
    """
    families = group_families(examples)
    splits = fixed_folds(examples, [families[example.digest] for example in examples], FOLDS)
    if not splits:
        raise TrainingError("There are too few labelled mails for a learning curve: label more.")
    # The fold that holds back the most mails judges.
    inside, outside = max(splits, key=lambda split: len(split[1]))
    judging = [examples[row] for row in outside if examples[row].origin != WRITTEN]
    ordered = _shuffled([examples[row] for row in inside], families, seed)
    steps = []
    for number, part in enumerate(PARTS):
        learning = ordered[: round(part * len(ordered))]
        progress(f"learning from {len(learning)} mails", number / len(PARTS))
        if len(learning) >= LEAST_MAILS and all(any(label in e.labels for e in learning) for label in LABELS):
            steps.append(_step(policy, learning, judging, pool, profile, recipe, seed))
    progress("learned", 1.0)
    return tuple(steps)


def _step(
    policy: Policy,
    learning: Sequence[Example],
    judging: Sequence[Example],
    pool: Sequence[Example],
    profile: Profile,
    recipe: Recipe,
    seed: int,
) -> Step:
    model = fit_model(policy, learning, profile=profile, seed=seed, pool=pool, recipe=recipe).model
    found = evaluate(model, policy, judging)
    right = {
        label: share(round(scores.accuracy * scores.examples), scores.examples)
        for label, scores in found.with_rules.items()
    }
    return Step(len(learning), right, round(found.severity_with_rules.cost, 6))


def _shuffled(examples: Sequence[Example], families: Mapping[str, str], seed: int) -> list[Example]:
    """Customer by customer (or family by family), in an order that only the seed decides."""

    def place(example: Example) -> tuple[str, str]:
        unit = unit_of(example, families[example.digest])
        return hashlib.sha256(f"{seed} {unit}".encode()).hexdigest(), example.id

    return sorted(examples, key=place)
