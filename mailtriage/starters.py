"""The models an installation starts with: those that ship, or trained from the mails that ship."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from classifier.card import ModelCard
from classifier.encoder import installed_encoder
from classifier.example import Example, read_file, require_legal
from classifier.features import Profile
from classifier.figures.figures import figures_of
from classifier.figures.source import source_of
from classifier.judging import judged_while_held
from classifier.program import program_version
from classifier.registry import Registry
from classifier.sentences import whole
from classifier.snapshot import Snapshot, snapshot
from classifier.snapshot_folder import FOLDER, Snapshots
from classifier.training import GateReport, challenge
from errors import MailtriageError
from policies.policy import Policy

SHIPPED = Path(__file__).resolve().parents[1]
STARTER_PROFILES: tuple[Profile, ...] = ("standard", "full")
TRAINING_DATA = SHIPPED / "training_data"


log = logging.getLogger("mailtriage.starters")


class TrainingError(MailtriageError):
    """Nothing can be trained: says what is missing or who is training already."""


def ensure(
    registry: Registry, policies: Mapping[str, Policy], profile: Profile, own_mails: Callable[[Policy], list[Example]]
) -> None:
    """Gives each policy that has no model its starter: copied where one ships in that profile, else trained now.

    A policy that ships no mails learns from ``own_mails``. Where these cannot be used it stays without a model, and the
    log says why: other policies' mail does not wait for it.
    """
    if profile in STARTER_PROFILES:
        registry.install_starters(starter_models(profile), sorted(policies))
    wanting = [name for name in sorted(policies) if registry.current(name) is None]
    make(registry, policies, [name for name in wanting if shipped_examples(name)], profile)
    for name in wanting:
        if not shipped_examples(name):
            _first_of_own(registry, policies, name, profile, own_mails)


def starter_models(profile: Profile) -> Path:
    """The folder of the models that ship in that profile."""
    return SHIPPED / "models" / profile


def prime(profile: Profile, policies: Iterable[str]) -> None:
    """Hands the vectors that came with the starters to the encoder: a training does without making them again."""
    if profile not in STARTER_PROFILES:
        return
    starters = Registry(starter_models(profile))
    for name in policies:
        if starters.current(name) is None:
            continue
        known = starters.load(name).known
        texts = {example.id: whole(example.subject, example.body) for example in shipped_examples(name)}
        rows = zip(known.ids, known.vectors, strict=True)
        installed_encoder(profile).learn({texts[one]: row for one, row in rows if one in texts})


def _first_of_own(
    registry: Registry,
    policies: Mapping[str, Policy],
    name: str,
    profile: Profile,
    own_mails: Callable[[Policy], list[Example]],
) -> None:
    try:
        mails = own_mails(policies[name])
        if not mails:
            return
        prime(profile, policies)
        log.warning("%s has no model yet; one is trained from its %d mails, which may take a minute", name, len(mails))
        report = challenge(policies[name], None, mails, pool=pool_beside(name, policies), profile=profile)
        registry.promote(name, add_to_shelf(report, policies[name], registry))
    except MailtriageError as error:
        log.warning("%s stays without a model: %s", name, error)


def make(
    registry: Registry,
    policies: Mapping[str, Policy],
    names: Iterable[str],
    profile: Profile,
    progress: Callable[[str], None] = lambda name: None,
    *,
    shipping: bool = False,
) -> None:
    """Trains a first model of each named policy from the mails that ship, and puts it in force in ``registry``.

    ``shipping`` as in :func:`add_to_shelf`.
    """
    for name in names:
        report = challenge(
            policies[name], None, shipped_examples(name), pool=pool_beside(name, policies), profile=profile
        )
        registry.promote(name, add_to_shelf(report, policies[name], registry, shipping=shipping))
        progress(name)


def add_to_shelf(report: GateReport, policy: Policy, registry: Registry, *, shipping: bool = False) -> str:
    """Adds the model of a report to the registry, with its figures and the snapshot it was made from; its version.

    It is not in force by that, and one that the gate refused stays on the shelf. One that is to ship goes without its
    snapshot: the mails ship as well.
    """
    model = report.model
    if not shipping:
        snapshots_of(registry, policy.name).keep(report.snapshot)
    card = ModelCard(
        version="",
        policy=policy.name,
        profile=model.profile,
        created_at=datetime.now(UTC),
        program=program_version(),
        policy_version=policy.version,
        examples=len(report.snapshot.examples),
        agent_labelled=report.snapshot.agent_labelled,
        data_digest=report.snapshot.digest,
        metrics=report.parts[0].challenger.to_json() if report.parts else {},
        files={},
        note=report.told,
        recipe=model.recipe.to_json(),
        autonomy={label: autonomy.to_json() for label, autonomy in model.autonomy.items()},
        refuses_novel=model.novelty is not None,
        promoted=report.promoted,
        checks=tuple(check.to_json() for check in report.checks),
    )
    judged = judged_while_held(model, policy, [e for e in report.snapshot.examples if e.id in model.held], model.held)
    source = source_of(report.snapshot.examples, len(report.snapshot.pool))
    return registry.add(model, card, figures_of(policy, judged, model.autonomy, "held_back", source)).version


def shipped_snapshot(policy: str, policies: Collection[str]) -> Snapshot:
    """What a model is made from that learned the shipped mails and no others."""
    return snapshot(shipped_examples(policy), pool_beside(policy, policies))


def snapshots_of(registry: Registry, policy: str) -> Snapshots:
    """The snapshots that the models of a policy were made from."""
    return Snapshots(registry.folder(policy) / FOLDER)


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
