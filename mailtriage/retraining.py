"""From training data and agents' words to a challenger, and to the model in force if the gate lets it through."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from classifier.example import Example
from classifier.features import Profile
from classifier.training import GateReport, challenge
from mailtriage.office import Office
from mailtriage.starters import TrainingError, pool_beside, put_in_force, read_legal, shipped_examples
from tickets.labelled import examples as agent_examples


def training_data(policy: str, office: Office) -> list[Example]:
    """The labelled mails a model of ``policy`` learns from: those that ship, those in the data folder, the agents'."""
    return [*shipped_examples(policy), *own_examples(policy, office), *agent_examples(office.store, policy)]


def own_examples(policy: str, office: Office) -> list[Example]:
    """The labelled mails in ``DATA_DIR/training_data/POLICY.jsonl``, if there are any."""
    path = office.settings.data_dir / "training_data" / f"{policy}.jsonl"
    return read_legal(path, office.policy(policy)) if path.exists() else []


@contextmanager
def training_alone(data_dir: Path) -> Iterator[None]:
    """Holds the data folder's training lock: one training at a time, however many processes."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "training.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TrainingError("Another process is training; try again when it is done.") from error
        yield


def retrain(policy: str, office: Office, *, actor: str, profile: Profile | None = None, seed: int = 0) -> GateReport:
    """Trains a challenger for ``policy`` on everything known now, and puts it in force if the gate lets it through.

    What was decided, and why, is an event either way. One training runs at a time in a data folder.
    """
    chosen = office.policy(policy)
    with training_alone(office.settings.data_dir):
        examples = training_data(policy, office)
        champion = office.models.of(policy) if office.registry.current(policy) else None
        report = challenge(
            chosen,
            champion,
            examples,
            pool=pool_beside(policy, office.policies),
            profile=profile or office.settings.profile,
            seed=seed,
        )
        details: dict[str, object] = {"policy": policy, "promoted": report.promoted, "reasons": list(report.reasons)}
        if report.model is not None:
            details["version"] = put_in_force(report, chosen, office.registry)
        office.store.add_event("model_trained", actor=actor, details=details)
    return report


def new_labels(policy: str, office: Office) -> int:
    """How many agents' labels there are on tickets of ``policy`` since the model in force was made."""
    current = office.registry.current(policy)
    since = office.registry.card(policy, current).created_at if current else datetime.min.replace(tzinfo=UTC)
    return office.store.labels_since(policy, since)
