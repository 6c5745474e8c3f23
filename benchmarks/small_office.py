"""An office that trains in a second: one policy, its mails few, the profile lean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from classifier.example import Example
from classifier.registry import Registry
from intake.ticket_reference import TicketReferences
from mailtriage import retraining, starters
from mailtriage.office import LoadedModels, Office
from mailtriage.settings import RetrainingTable, Settings
from policies.versions import as_policies
from tests.small_model import policy
from tickets.store import Store

POLICY = "penelope"


def small_settings(folder: Path, database_url: str | None = None) -> Settings:
    """Lean, in ``folder``; two versions and those that decided a ticket stay."""
    return Settings(
        data_dir=folder,
        profile="lean",
        database_url=database_url,
        retraining=RetrainingTable(keep_versions=2, keep_days=1),
    )


def small_office(settings: Settings, registry: type[Registry] = Registry) -> Office:
    """An office of one policy; open it in the process that uses it."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    policies = as_policies({POLICY: policy()})
    store = Store.open(settings.store_url()).counting_by(policies)
    models = LoadedModels(registry(settings.models_dir))
    return Office(settings, store, policies, models, TicketReferences(settings.reference_key()))


@contextmanager
def learning_from(mails: Sequence[Example]) -> Iterator[None]:
    """While it lasts, these are the mails that ship for the policy."""

    def shipped(name: str) -> list[Example]:
        return list(mails) if name == POLICY else []

    with patch.object(retraining, "shipped_examples", shipped), patch.object(starters, "shipped_examples", shipped):
        yield
