"""What every page works with: the open store, the policies, the models and the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app

from classifier.registry import Registry
from policies.policy import Policy
from tickets.store import Store

EXTENSION = "mailtriage"


@dataclass(frozen=True, slots=True)
class Room:
    """The parts given to :func:`webui.app.create_app`; ``clock`` gives the present as an aware datetime."""

    store: Store
    policies: Mapping[str, Policy]
    registry: Registry
    clock: Callable[[], datetime]
    health: Callable[[], Mapping[str, object]] | None


def room() -> Room:
    """The parts of the application that is answering."""
    return cast(Room, current_app.extensions[EXTENSION])
