"""From training data and agents' words to a challenger, and to the model in force if the gate lets it through."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from classifier.example import Example
from classifier.features import Profile
from classifier.fitting import Progress, silent
from classifier.model import Model
from classifier.recipe import Recipe
from classifier.registry import OutdatedModel
from classifier.snapshot_folder import without_erased
from classifier.training import GateReport, challenge
from mailtriage.following import followed
from mailtriage.live_mix import live_mix
from mailtriage.office import Office
from mailtriage.own_mails import own_mails, where_to_write
from mailtriage.starters import (
    TrainingError,
    add_to_shelf,
    pool_beside,
    prime,
    shipped_examples,
    shipped_snapshot,
    snapshots_of,
)
from tickets.labelled import examples as agent_examples
from tickets.training_runs import TrainingRun

OVERTAKEN = (
    "Another model was put in force while this one was trained, and it was not judged against that: promote it by hand "
    "(`mailtriage models promote`) or train again."
)


def training_data(policy: str, office: Office) -> list[Example]:
    """The labelled mails a model of ``policy`` learns from: those that ship, one's own, the agents'; none erased."""
    own = own_mails(office.policy(policy), office.settings)
    every = [*shipped_examples(policy), *own, *agent_examples(office.store, policy)]
    return without_erased(every, snapshots_of(office.registry, policy).erased())


def retrain(
    policy: str,
    office: Office,
    *,
    actor: str,
    profile: Profile | None = None,
    seed: int = 0,
    recipe: Recipe | None = None,
    progress: Progress = silent,
    run: TrainingRun | None = None,
) -> GateReport:
    """Trains a challenger for ``policy`` on everything known now, and puts it in force if the gate lets it through.

    It is a run (``run``, which waits for its turn, or a new one): one at a time goes on, and what was decided, and why,
    is an event. A challenger that is refused stays on the shelf. Without a ``recipe`` it is that of the model in force.
    """
    chosen = office.policy(policy)
    with followed(policy, office, actor=actor, seed=seed, run=run, progress=progress) as following:
        examples = training_data(policy, office)
        if not examples:
            raise TrainingError(where_to_write(policy, office.settings))
        champion = _champion(policy, office)
        _keep_shipped(policy, office)
        prime(profile or office.settings.profile, office.policies)
        report = challenge(
            chosen,
            champion,
            examples,
            pool=pool_beside(policy, office.policies),
            profile=profile or office.settings.profile,
            seed=seed,
            recipe=recipe,
            live_mix=live_mix(policy, office.store),
            progress=following.progress,
        )
        version = add_to_shelf(report, chosen, office.registry)
        following.made(version)
        if report.promoted and not office.registry.succeed(policy, version, following.run.champion):
            report = replace(report, promoted=False, reasons=(*report.reasons, OVERTAKEN))
        following.done(report.promoted, report.reasons, version)
    return report


def _champion(policy: str, office: Office) -> Model | None:
    """The model in force; None where there is none, or one that this version of the program cannot use."""
    try:
        return office.models.of(policy) if office.registry.current(policy) else None
    except OutdatedModel:
        return None


def _keep_shipped(policy: str, office: Office) -> None:
    """Keeps what the starter was made from while it still ships: a later program may ship other mails."""
    current = office.registry.current(policy)
    kept = snapshots_of(office.registry, policy)
    if current is not None and not kept.has(digest := office.registry.card(policy, current).data_digest):
        shipped = shipped_snapshot(policy, office.policies)
        if shipped.digest == digest:
            kept.keep(shipped)


def new_labels(policy: str, office: Office) -> int:
    """How many agents' labels there are on tickets of ``policy`` since the model in force was made."""
    return office.store.labels_since(policy, _made(policy, office))


def untried_labels(policy: str, office: Office) -> int:
    """How many there are since then or since the last run began: those that no training has seen."""
    moments = [run.started_at for run in office.store.training_runs(policy, limit=1) if run.started_at]
    return office.store.labels_since(policy, max([_made(policy, office), *moments]))


def _made(policy: str, office: Office) -> datetime:
    current = office.registry.current(policy)
    return office.registry.card(policy, current).created_at if current else datetime.min.replace(tzinfo=UTC)
