"""The verdicts of a model on the mails that made it, each as it was decided while it was held back."""

from __future__ import annotations

from collections.abc import Collection

from classifier.card import ModelCard
from classifier.evaluation import Judged
from classifier.example import Example
from classifier.fitting import Progress, fit_model, silent
from classifier.judging import judged_while_held
from classifier.model import Model
from classifier.registry import Registry
from classifier.snapshot_folder import SnapshotError
from mailtriage.starters import pool_beside, prime, shipped_snapshot, snapshots_of
from policies.policy import Policy


def learned_from(card: ModelCard, registry: Registry, policies: Collection[str]) -> list[Example]:
    """The mails that made that model, of its own policy, whose texts are still there.

    Raises :class:`~classifier.snapshot_folder.SnapshotError` where they are not kept.
    """
    kept = snapshots_of(registry, card.policy)
    if kept.has(card.data_digest):
        return kept.examples(card.data_digest)
    shipped = shipped_snapshot(card.policy, policies)
    if shipped.digest == card.data_digest:
        return list(shipped.examples)
    raise SnapshotError(
        f"The mails that made model {card.policy} {card.version} are not kept: give a FILE of labelled mails, or train "
        "again; the next training keeps them."
    )


def judged_held_back(
    model: Model,
    policy: Policy,
    examples: list[Example],
    policies: Collection[str],
    progress: Progress = silent,
) -> list[Judged]:
    """The verdicts on those of ``examples`` that were held back.

    A model made before that was kept is fitted once more on them, which takes as long as a training.
    """
    held = model.held
    if not held.ids:
        prime(model.profile, policies)
        again = fit_model(
            policy,
            examples,
            profile=model.profile,
            seed=0,
            pool=pool_beside(policy.name, policies),
            recipe=model.recipe,
            progress=progress,
        )
        held = again.model.held
    return judged_while_held(model, policy, [example for example in examples if example.id in held], held)
