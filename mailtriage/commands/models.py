"""Commands on the learning side."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from classifier import experiment
from classifier.evaluation import cross_validate, evaluate
from classifier.features import Profile
from classifier.registry import Registry
from errors import MailtriageError
from mailtriage import starters
from mailtriage.commands.opened import office_of, settings_of
from mailtriage.commands.output import echo_json
from mailtriage.office import LoadedModels, find_policy, open_policies, open_registry
from mailtriage.retraining import retrain
from mailtriage.settings import Settings
from mailtriage.starters import pool_beside, read_legal
from policies.policy import Policy

REFUSED = 1
FILES = click.Path(path_type=Path, dir_okay=False)
PROFILES = click.Choice(["standard", "lean"])


@click.command()
@click.option("--policy", "names", multiple=True, help="The policy to train for; may be repeated (default: all).")
@click.option("--profile", type=PROFILES, help="Overrides the profile of the settings.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a policy: what was judged and decided.")
@click.pass_context
def train(context: click.Context, names: tuple[str, ...], profile: Profile | None, seed: int, as_json: bool) -> int:
    """Train on the labelled mails and all corrections; promote the model only if the gate finds it not worse.

    Exit code 1 when a model was refused. Example: mailtriage train --policy penelope
    """
    refused = False
    with office_of(context) as office:
        for name in names or sorted(office.policies):
            report = retrain(name, office, actor="command line", profile=profile, seed=seed)
            refused = refused or not report.promoted
            if as_json:
                echo_json(report.to_json() | {"version": office.registry.current(name)})
                continue
            outcome = f"promoted {office.registry.current(name)}" if report.promoted else "refused; the old model stays"
            agents = report.snapshot.agent_labelled
            click.echo(f"{name}: {outcome} ({len(report.snapshot.examples)} mails, {agents} labelled by agents)")
            for reason in report.reasons:
                click.echo(f"  {reason}")
    return REFUSED if refused else 0


@click.command("evaluate")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--policy", required=True, help="The policy whose model and rules are judged.")
@click.option("--folds", type=click.IntRange(2, 20), help="Cross-validate on the file instead.")
@click.option("--json", "as_json", is_flag=True, help="Every score and confusion matrix as one JSON object.")
@click.option("--skip-bad", is_flag=True, help="Leave out lines that cannot be read.")
@click.pass_context
def evaluate_command(
    context: click.Context, file: Path, policy: str, folds: int | None, as_json: bool, skip_bad: bool
) -> None:
    """Judge the model in force on labelled mails: by itself, and with the policy's rules.

    Example: mailtriage evaluate held-back.jsonl --policy penelope --json
    """
    settings = settings_of(context)
    policies = open_policies(settings)
    chosen = find_policy(policies, policy)
    examples = read_legal(file, chosen, skip_bad=skip_bad)
    if not examples:
        raise MailtriageError(f"{file}: holds no labelled mail.")
    if folds is None:
        model = LoadedModels(open_registry(settings, policies)).of(policy)
        found = evaluate(model, chosen, examples)
    else:
        pool = pool_beside(policy, policies)
        found = cross_validate(chosen, examples, folds=folds, profile=settings.profile, pool=pool)
    if as_json:
        echo_json(found.to_json())
        return
    for title, scores in (("model alone", found.model_alone), ("with rules", found.with_rules)):
        click.echo(title)
        for label, score in scores.items():
            click.echo(
                f"  {label:11} accuracy {score.accuracy:.3f}  macro-F1 {score.macro_f1:.3f}  ECE {score.ece:.3f}  "
                f"alone {score.share_alone:.2f}"
            )


@click.command("experiment")
@click.option("--train", "train_files", type=FILES, multiple=True, required=True, help="JSON Lines; may be repeated.")
@click.option("--test", "test_files", type=FILES, multiple=True, help="JSON Lines to judge on; may be repeated.")
@click.option("--label", default="label", show_default=True, help="The key that holds the label.")
@click.option("--group", help="The key whose values stay on one side of a split.")
@click.option("--none", "none_value", help="The label of texts that belong to no class.")
@click.option("--folds", type=click.IntRange(2, 20), help="Cross-validate, without --test.")
@click.option("--lean", is_flag=True, help="Without the sentence encoder.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def experiment_command(
    train_files: tuple[Path, ...],
    test_files: tuple[Path, ...],
    label: str,
    group: str | None,
    none_value: str | None,
    folds: int | None,
    lean: bool,
    seed: int,
    as_json: bool,
) -> None:
    """Train the product's own head on any labelled text, and see how it does.

    Example: mailtriage experiment --train train.jsonl --test test.jsonl --json
    """
    found = experiment.run(
        experiment.read_texts(train_files, label=label, group=group),
        experiment.read_texts(test_files, label=label, group=group) if test_files else None,
        none=none_value,
        folds=folds,
        profile="lean" if lean else "standard",
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


@models_group.command("promote")
@click.argument("policy")
@click.argument("version")
@click.pass_context
def models_promote(context: click.Context, policy: str, version: str) -> None:
    """Put a version in force; running processes take it between two batches.

    Example: mailtriage models promote penelope 20261122-153000-1a2b3c4d
    """
    registry, policies = _registry(context)
    find_policy(policies, policy)
    registry.load(policy, version)
    registry.promote(policy, version)
    click.echo(f"{policy}: {version} is in force")


@models_group.command("rollback")
@click.argument("policy")
@click.pass_context
def models_rollback(context: click.Context, policy: str) -> None:
    """Put the version that was in force before back in force.

    Example: mailtriage models rollback penelope
    """
    registry, policies = _registry(context)
    find_policy(policies, policy)
    click.echo(f"{policy}: {registry.rollback(policy)} is in force again")


@click.command("starters", hidden=True)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def starters_command(folder: Path) -> None:
    """Train the starter models that ship with the program, into FOLDER."""
    policies = open_policies(Settings())
    names = sorted(policies)
    with click.progressbar(length=len(names), label="training", file=sys.stderr) as bar:
        starters.make(Registry(folder), policies, names, starters.STARTER_PROFILE, lambda name: bar.update(1))
    click.echo(f"starter models of {', '.join(names)} are in {folder}")


def _registry(context: click.Context) -> tuple[Registry, Mapping[str, Policy]]:
    settings = settings_of(context)
    policies = open_policies(settings)
    return open_registry(settings, policies), policies
