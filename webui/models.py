"""The trained models of each policy, how they did, and which one is in force."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template
from flask_login import current_user

from classifier.promise import asked, promise, thresholds_told
from classifier.registry import ModelCard, Registry, RegistryError
from policies.policy import Policy
from tickets.store import Store
from tickets.training_runs import TrainingRun
from webui.pictures.coverage import coverage
from webui.roles import may_edit
from webui.room import room

bp = Blueprint("models", __name__)
RUNS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Shelf:
    """One policy's model versions, newest first, and the version in force; ``fault`` says why they cannot be read.

    ``outdated`` says why the program cannot use the version in force. ``before`` is what it can be taken back to.
    ``runs`` are the last trainings, the newest first.
    """

    policy: Policy
    cards: tuple[ModelCard, ...] = ()
    current: str | None = None
    fault: str | None = None
    outdated: str | None = None
    before: str | None = None
    runs: tuple[TrainingRun, ...] = ()


@bp.get("/models")
def show() -> str:
    here = room()
    shelves = [_shelf(here.registry, here.store, policy) for policy in here.policies.values()]
    return render_template(
        "models/show.html",
        shelves=shelves,
        asked=asked,
        coverage=coverage,
        promise=promise,
        thresholds_told=thresholds_told,
        may_promote=here.promote is not None and may_edit(current_user.role),
        may_train=here.training is not None and may_edit(current_user.role),
    )


def _shelf(registry: Registry, store: Store, policy: Policy) -> Shelf:
    runs = tuple(store.training_runs(policy.name, limit=RUNS_SHOWN))
    try:
        cards, current = tuple(registry.versions(policy.name)), registry.current(policy.name)
        before = next(iter(registry.history(policy.name)[1:]), None)
    except RegistryError as error:
        return Shelf(policy, fault=str(error), runs=runs)
    outdated = next((registry.outdated(card) for card in cards if card.version == current), None)
    return Shelf(policy, cards, current, outdated=outdated, before=before, runs=runs)
