"""From training data and agents' words to a challenger, and to the model in force if the gate lets it through."""

from __future__ import annotations

import fcntl
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from classifier.card import ModelCard
from classifier.example import Example, read_jsonl
from classifier.features import Profile
from classifier.program import program_version
from classifier.registry import Registry
from classifier.training import GateReport, challenge
from errors import MailtriageError
from mailtriage.office import TRAINING_DATA, Office
from policies.policy import Policy
from tickets.labelled import examples as agent_examples


class TrainingError(MailtriageError):
    """Nothing can be trained: says what is missing or who is training already."""


def training_data(policy: str, office: Office) -> list[Example]:
    """The labelled mails a model of ``policy`` learns from: those that ship, those in the data folder, the agents'."""
    return [*shipped_examples(policy), *own_examples(policy, office), *agent_examples(office.store, policy)]


def shipped_examples(policy: str) -> list[Example]:
    """The labelled mails that ship for a policy; none for a policy of one's own."""
    path = TRAINING_DATA / f"{policy}.jsonl"
    return read_file(path) if path.exists() else []


def own_examples(policy: str, office: Office) -> list[Example]:
    """The labelled mails in ``DATA_DIR/training_data/POLICY.jsonl``, if there are any."""
    path = office.settings.data_dir / "training_data" / f"{policy}.jsonl"
    return read_file(path) if path.exists() else []


def read_file(path: Path, *, skip_bad: bool = False) -> list[Example]:
    """The examples of a JSON Lines file; raises :class:`~classifier.example.ExampleFileError` with the line."""
    try:
        with path.open(encoding="utf-8") as stream:
            return read_jsonl(stream, str(path), skip_bad=skip_bad)
    except OSError as error:
        raise TrainingError(f"{path}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise TrainingError(f"{path}: is not UTF-8 (byte {error.start}).") from error


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


def put_in_force(report: GateReport, policy: Policy, registry: Registry) -> str:
    """Adds the model of a report that passed the gate to the registry and promotes it; its version."""
    if report.model is None:
        raise ValueError("the gate refused this model")
    card = ModelCard(
        version="",
        policy=policy.name,
        profile=report.model.profile,
        created_at=datetime.now(UTC),
        program=program_version(),
        policy_version=policy.version,
        examples=len(report.snapshot.examples),
        agent_labelled=report.snapshot.agent_labelled,
        data_digest=report.snapshot.digest,
        metrics=report.parts[0].challenger.to_json() if report.parts else {},
        files={},
        note=" ".join(report.reasons),
    )
    added = registry.add(report.model, card)
    registry.promote(policy.name, added.version)
    return added.version


def pool_beside(policy: str, policies: Collection[str]) -> list[Example]:
    """The shipped mails of the other policies: severity, issue type and impact are learned from them too."""
    return [example for other in sorted(policies) if other != policy for example in shipped_examples(other)]


def new_labels(policy: str, office: Office) -> int:
    """How many agents' labels there are on tickets of ``policy`` since the model in force was made."""
    current = office.registry.current(policy)
    since = office.registry.card(policy, current).created_at if current else datetime.min.replace(tzinfo=UTC)
    return office.store.labels_since(policy, since)
