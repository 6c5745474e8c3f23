"""The trained models of each policy, how they did, and which one is in force."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template

from classifier.registry import ModelCard, Registry, RegistryError
from policies.policy import Policy
from webui.room import room

bp = Blueprint("models", __name__)


@dataclass(frozen=True, slots=True)
class Shelf:
    """One policy's model versions, newest first, and the version in force; ``fault`` says why they cannot be read."""

    policy: Policy
    cards: tuple[ModelCard, ...] = ()
    current: str | None = None
    fault: str | None = None


@bp.get("/models")
def show() -> str:
    here = room()
    return render_template("models/show.html", shelves=[_shelf(here.registry, p) for p in here.policies.values()])


def _shelf(registry: Registry, policy: Policy) -> Shelf:
    try:
        return Shelf(policy, tuple(registry.versions(policy.name)), registry.current(policy.name))
    except RegistryError as error:
        return Shelf(policy, fault=str(error))
