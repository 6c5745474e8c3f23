"""Commands on the learning side."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import click

from classifier import experiment
from classifier.encoder import DIMENSION
from classifier.features import Profile
from classifier.registry import Registry
from classifier.written import wanting
from errors import MailtriageError
from mailtriage import encoders, starters
from mailtriage.commands.model_told import lines_of_model, model_told
from mailtriage.commands.models_card import models_card
from mailtriage.commands.opened import office_of, settings_of
from mailtriage.commands.output import echo_json, training_bar
from mailtriage.office import find_policy, open_policies, open_registry
from mailtriage.promoting import promote, rollback
from mailtriage.provenance import as_json as as_json_mail
from mailtriage.provenance import mails_of, told
from mailtriage.pruning import prune
from mailtriage.recipe_search import BACKENDS, Backend, search_recipe
from mailtriage.retraining import retrain
from mailtriage.starters import shipped_examples
from mailtriage.training_turn import training_alone
from policies.loader import load_folder
from policies.policy import Policy

REFUSED = 1
NOTHING_ALONE = (
    "Nothing is decided without a person yet: too few labelled mails that really came show how often it is right."
)
FILES = click.Path(path_type=Path, dir_okay=False)
SHARE = click.FloatRange(0, 1, min_open=True)
PROFILES = click.Choice(list(DIMENSION))


@click.command()
@click.option("--policy", "names", multiple=True, help="The policy to train for; may be repeated (default: all).")
@click.option("--profile", type=PROFILES, help="Overrides the profile of the settings.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--search", "searching", is_flag=True, help="First find the recipe that suits the mails (takes long).")
@click.option("--backend", type=click.Choice(BACKENDS), default="loky", show_default=True, help="Where --search runs.")
@click.option(
    "--scheduler", help="The address of the Dask scheduler for --backend dask (default: one on this machine)."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a policy: what was judged and decided.")
@click.pass_context
def train(
    context: click.Context,
    names: tuple[str, ...],
    profile: Profile | None,
    seed: int,
    searching: bool,
    backend: Backend,
    scheduler: str | None,
    as_json: bool,
) -> int:
    """Train on the labelled mails and all corrections; promote the model only if the gate finds it not worse.

    What --search found stays the recipe of later trainings. Exit code 1 when a model was refused.

    Example: mailtriage train --policy penelope
    """
    refused = False
    with office_of(context, train_own=False) as office:
        for name in names or sorted(office.policies):
            recipe = None
            if searching:
                recipe = search_recipe(name, office, profile=profile, seed=seed, backend=backend, scheduler=scheduler)
            with training_bar(name) as progress:
                report = retrain(
                    name, office, actor="command line", profile=profile, seed=seed, recipe=recipe, progress=progress
                )
            refused = refused or not report.promoted
            own = [] if shipped_examples(name) else list(wanting(report.snapshot.examples, office.policy(name)))
            if as_json:
                alone = list(report.model.acts_alone) if report.promoted else None
                version = office.registry.current(name)
                echo_json(report.to_json() | {"version": version, "acts_alone": alone, "wanting": own})
                continue
            outcome = f"promoted {office.registry.current(name)}" if report.promoted else "refused; the old model stays"
            agents = report.snapshot.agent_labelled
            click.echo(f"{name}: {outcome} ({len(report.snapshot.examples)} mails, {agents} labelled by agents)")
            nothing_alone = report.promoted and not report.model.acts_alone
            for reason in (*report.reasons, *([NOTHING_ALONE] if nothing_alone else []), *own):
                click.echo(f"  {reason}")
    return REFUSED if refused else 0


@click.command("experiment")
@click.option("--train", "train_files", type=FILES, multiple=True, required=True, help="JSON Lines; may be repeated.")
@click.option("--test", "test_files", type=FILES, multiple=True, help="JSON Lines to judge on; may be repeated.")
@click.option("--label", default="label", show_default=True, help="The key that holds the label.")
@click.option("--group", help="The key whose values stay on one side of a split.")
@click.option("--none", "none_value", help="The label of texts that belong to no class.")
@click.option("--folds", type=click.IntRange(2, 20), help="Cross-validate, without --test.")
@click.option("--profile", type=PROFILES, default="standard", show_default=True)
@click.option("--lean", is_flag=True, help="Without the sentence encoder: --profile lean.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def experiment_command(
    context: click.Context,
    train_files: tuple[Path, ...],
    test_files: tuple[Path, ...],
    label: str,
    group: str | None,
    none_value: str | None,
    folds: int | None,
    profile: Profile,
    lean: bool,
    seed: int,
    as_json: bool,
) -> None:
    """Train the product's own head on any labelled text, and see how it does.

    Example: mailtriage experiment --train train.jsonl --test test.jsonl --json
    """
    encoders.configure(settings_of(context))
    found = experiment.run(
        experiment.read_texts(train_files, label=label, group=group),
        experiment.read_texts(test_files, label=label, group=group) if test_files else None,
        none=none_value,
        folds=folds,
        profile="lean" if lean else profile,
        seed=seed,
    )
    if as_json:
        echo_json(found)
        return
    for key, value in found.items():
        click.echo(f"{key}: {value:.4f}" if isinstance(value, float) else f"{key}: {value}")


@click.group("models")
def models_group() -> None:
    """The trained models."""


models_group.add_command(models_card)


@models_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="One model card a line.")
@click.pass_context
def models_list(context: click.Context, as_json: bool) -> None:
    """List the models of each policy, the newest first; * marks the one in force.

    Example: mailtriage models list
    """
    registry, policies = _registry(context)
    for name in sorted(policies):
        current = registry.current(name)
        for card in registry.versions(name):
            if as_json:
                echo_json(card.to_json() | {"in_force": card.version == current})
            else:
                mark = "*" if card.version == current else " "
                click.echo(f"{mark} {name} {card.version} {card.profile}, {card.examples} mails, {card.note}")


@models_group.command("show")
@click.argument("policy")
@click.argument("version", required=False)
@click.option("--coverage", type=SHARE, help="How right it would be if this share of the mail were decided alone.")
@click.option("--precision", type=SHARE, help="How much could be decided alone with this share of it right.")
@click.option("--json", "as_json", is_flag=True, help="The model card, and what was asked about, as one JSON object.")
@click.pass_context
def models_show(
    context: click.Context,
    policy: str,
    version: str | None,
    coverage: float | None,
    precision: float | None,
    as_json: bool,
) -> None:
    """Say what a model (default: the one in force) decides alone, how right that is, and what other targets would give.

    Nothing is trained and nothing changes: the targets are the policy's.

    Example: mailtriage models show penelope --coverage 0.5
    """
    registry, policies = _registry(context)
    find_policy(policies, policy)
    chosen = version or registry.current(policy)
    if chosen is None:
        raise MailtriageError(f"There is no model for {policy} yet: make one with `mailtriage train`.")
    card = registry.card(policy, chosen)
    if as_json:
        echo_json(model_told(card, coverage, precision) | {"in_force": chosen == registry.current(policy)})
        return
    for line in lines_of_model(card, coverage, precision):
        click.echo(line)


@models_group.command("mails")
@click.argument("policy")
@click.argument("version", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a mail.")
@click.pass_context
def models_mails(context: click.Context, policy: str, version: str | None, as_json: bool) -> None:
    """List the mails that made a model (default: the one in force): digest, id, origin and what each taught.

    Those of other policies, from which severity, issue type and impact are learned too, come last. Of a mail that was
    erased the digest is left.

    Example: mailtriage models mails penelope
    """
    registry, policies = _registry(context)
    find_policy(policies, policy)
    chosen = version or registry.current(policy)
    if chosen is None:
        raise MailtriageError(f"There is no model for {policy} yet: make one with `mailtriage train`.")
    card = registry.card(policy, chosen)
    found = mails_of(card, registry, policies)
    if as_json:
        for mail in found:
            echo_json(as_json_mail(mail))
        return
    click.echo(f"{policy} {chosen}, snapshot {card.data_digest}: {len(found)} mails")
    for line in told(found):
        click.echo(f"  {line}")


@models_group.command("promote")
@click.argument("policy")
@click.argument("version")
@click.option("--reason", default="", help="Why; needed for a version that the gate refused.")
@click.option("--by", "actor", default="command line", show_default=True, help="Whose decision it is.")
@click.pass_context
def models_promote(context: click.Context, policy: str, version: str, reason: str, actor: str) -> None:
    """Put a version in force; running processes take it between two batches.

    One that the gate refused needs a --reason. Who did it and why is an event.

    Example: mailtriage models promote penelope 20261122-153000-1a2b3c4d --reason "the refusal rests on old labels"
    """
    with office_of(context) as office:
        promote(policy, version, office, actor=actor, reason=reason)
    click.echo(f"{policy}: {version} is in force")


@models_group.command("rollback")
@click.argument("policy")
@click.option("--reason", default="", help="Why.")
@click.option("--by", "actor", default="command line", show_default=True, help="Whose decision it is.")
@click.pass_context
def models_rollback(context: click.Context, policy: str, reason: str, actor: str) -> None:
    """Put the version that was in force before back in force; an event says who did it and why.

    Example: mailtriage models rollback penelope --reason "it took every outage for a question"
    """
    with office_of(context) as office:
        version = rollback(policy, office, actor=actor, reason=reason)
    click.echo(f"{policy}: {version} is in force again")


@models_group.command("prune")
@click.option("--policy", "names", multiple=True, help="Only this policy's; may be repeated.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a policy: what goes, and why the rest stays.")
@click.pass_context
def models_prune(context: click.Context, names: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Remove the versions that nobody needs any more, as each training does at its end.

    The one in force, the one before it, the newest (keep_versions of [retraining]) and those that decided tickets of
    the last keep_days days or that wait for a person stay.

    Example: mailtriage models prune --dry-run
    """
    with office_of(context) as office, ExitStack() as held:
        if not dry_run:
            held.enter_context(training_alone(office.store, office.settings.data_dir))
        for name in names or sorted(office.policies):
            done = prune(office.policy(name).name, office, dry_run=dry_run)
            if as_json:
                echo_json(done.to_json())
                continue
            click.echo(f"{name}: {len(done.gone)} {'would go' if dry_run else 'gone'}, {len(done.kept)} stay")
            for version in done.gone:
                click.echo(f"  - {version}")
            for version, reason in done.kept.items():
                click.echo(f"    {version} {reason}")


@click.command("starters", hidden=True)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--profile", "profiles", type=click.Choice(starters.STARTER_PROFILES), multiple=True)
@click.pass_context
def starters_command(context: click.Context, folder: Path, profiles: tuple[Profile, ...]) -> None:
    """Train the starter models that ship with the program, into a folder of FOLDER for each profile."""
    encoders.configure(settings_of(context))
    policies = load_folder()
    names, wanted = sorted(policies), profiles or starters.STARTER_PROFILES
    with click.progressbar(length=len(names) * len(wanted), label="training", file=sys.stderr) as bar:
        for profile in wanted:
            registry = Registry(folder / profile)
            starters.make(registry, policies, names, profile, lambda name: bar.update(1), shipping=True)
    click.echo(f"starter models of {', '.join(names)} are in {folder}")


def _registry(context: click.Context) -> tuple[Registry, Mapping[str, Policy]]:
    settings = settings_of(context)
    policies = open_policies(settings)
    return open_registry(settings, policies), policies
