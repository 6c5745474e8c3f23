"""The models an installation starts with: those that ship, or trained from the mails that ship."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from classifier.card import ModelCard
from classifier.example import Example, read_file, require_legal
from classifier.features import Profile
from classifier.program import program_version
from classifier.registry import Registry
from classifier.training import GateReport, challenge
from errors import MailtriageError
from policies.policy import Policy

SHIPPED = Path(__file__).resolve().parents[1]
STARTER_MODELS = SHIPPED / "models"
STARTER_PROFILE: Profile = "standard"
TRAINING_DATA = SHIPPED / "training_data"


class TrainingError(MailtriageError):
    """Nothing can be trained: says what is missing or who is training already."""


def ensure(registry: Registry, policies: Mapping[str, Policy], profile: Profile) -> None:
    """Gives each policy that has no model its starter: copied where one ships in that profile, else trained now."""
    if profile == STARTER_PROFILE:
        registry.install_starters(STARTER_MODELS, sorted(policies))
        return
    wanting = [name for name in sorted(policies) if shipped_examples(name) and not registry.versions(name)]
    make(registry, policies, wanting, profile)


def make(
    registry: Registry,
    policies: Mapping[str, Policy],
    names: Iterable[str],
    profile: Profile,
    progress: Callable[[str], None] = lambda name: None,
) -> None:
    """Trains a first model of each named policy from the mails that ship, and puts it in force in ``registry``."""
    for name in names:
        report = challenge(
            policies[name], None, shipped_examples(name), pool=pool_beside(name, policies), profile=profile
        )
        put_in_force(report, policies[name], registry)
        progress(name)


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


def shipped_examples(policy: str) -> list[Example]:
    """The labelled mails that ship for a policy; none for a policy of one's own."""
    path = TRAINING_DATA / f"{policy}.jsonl"
    return read_file(path) if path.exists() else []


def read_legal(path: Path, policy: Policy, *, skip_bad: bool = False) -> list[Example]:
    """The examples of a JSON Lines file, all of them labelled as ``policy`` allows.

    Raises :class:`~classifier.example.ExampleFileError` with the line or the mail.
    """
    examples = read_file(path, skip_bad=skip_bad)
    require_legal(examples, policy, str(path))
    return examples
