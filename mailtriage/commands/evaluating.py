"""How a model does: in numbers, and as a report with pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from classifier.card import ModelCard
from classifier.evaluation import Evaluation, Judged, cross_validate, judge, score
from classifier.figures.figures import Figures, figures_of
from classifier.figures.learning_curve import learning_curve
from classifier.figures.source import source_of
from classifier.model import Model
from classifier.registry import Registry
from errors import MailtriageError
from mailtriage import encoders
from mailtriage.commands.opened import settings_of
from mailtriage.commands.output import echo_json, training_bar
from mailtriage.evaluation_report import write_report
from mailtriage.held_back import judged_held_back, learned_from
from mailtriage.office import find_policy, open_policies, open_registry
from mailtriage.starters import pool_beside, prime, read_legal
from policies.policy import Policy

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("evaluate")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--policy", required=True, help="The policy whose model and rules are judged.")
@click.option("--report", type=FOLDER, help="Write index.html with pictures, and report.json, into this folder.")
@click.option("--with-mails", is_flag=True, help="In the report show the texts of mails decided wrongly.")
@click.option("--learning-curve", "learning", is_flag=True, help="Draw it in the report: up to five trainings.")
@click.option("--folds", type=click.IntRange(2, 20), help="Cross-validate on the file instead.")
@click.option("--json", "as_json", is_flag=True, help="Every score and confusion matrix as one JSON object.")
@click.option("--skip-bad", is_flag=True, help="Leave out lines that cannot be read.")
@click.pass_context
def evaluate_command(
    context: click.Context,
    file: Path | None,
    policy: str,
    report: Path | None,
    with_mails: bool,
    learning: bool,
    folds: int | None,
    as_json: bool,
    skip_bad: bool,
) -> None:
    """Judge the model in force on labelled mails: by itself, and with the policy's rules.

    Without FILE on the mails that made it, each as it was decided while it was held back.

    \b
    Example: mailtriage evaluate held-back.jsonl --policy penelope --json
    Example: mailtriage evaluate --policy penelope --report report
    """
    _check_options(file, report, with_mails=with_mails, learning=learning, folds=folds)
    settings = settings_of(context)
    encoders.prepare(settings)
    policies = open_policies(settings)
    chosen = find_policy(policies, policy)
    examples = read_legal(file, chosen, skip_bad=skip_bad) if file is not None else None
    if examples is not None and not examples:
        raise MailtriageError(f"{file}: holds no labelled mail.")
    if examples is not None and folds is not None:
        prime(settings.profile, policies)
        pool = pool_beside(policy, policies)
        _tell(cross_validate(chosen, examples, folds=folds, profile=settings.profile, pool=pool), as_json=as_json)
        return
    registry = open_registry(settings, policies)
    model = registry.load(policy)
    card = registry.card(policy, model.version)
    if examples is None:
        mails = learned_from(card, registry, policies)
        with training_bar(policy) as progress:
            judged = judged_held_back(model, chosen, mails, policies, progress)
    else:
        judged = judge(model, chosen, examples)
        if seen := _seen(model, judged):
            click.echo(f"The model has learned from {seen} of these mails: of those it is right too often.", err=True)
    _tell(score(chosen, judged), as_json=as_json)
    if report is not None:
        figures = _figures(card, model, chosen, judged, registry, policies, from_file=examples is not None)
        if learning:
            figures = _with_learning(figures, card, model, chosen, registry, policies)
        page = write_report(report, card, chosen, figures, judged, written=datetime.now(UTC), with_mails=with_mails)
        click.echo(f"The report is {page}.", err=as_json)


def _check_options(
    file: Path | None, report: Path | None, *, with_mails: bool, learning: bool, folds: int | None
) -> None:
    if folds is not None and (file is None or report is not None):
        raise MailtriageError("--folds cross-validates on a FILE, without a model to report on: leave out one of them.")
    if report is None and (with_mails or learning):
        raise MailtriageError("--with-mails and --learning-curve are about the report: say where with --report FOLDER.")


def _figures(
    card: ModelCard,
    model: Model,
    policy: Policy,
    judged: list[Judged],
    registry: Registry,
    policies: Mapping[str, Policy],
    *,
    from_file: bool,
) -> Figures:
    kept = registry.figures(policy.name, card.version)
    source = kept.source if kept else None
    if source is None and not from_file:
        source = source_of([one.example for one in judged], len(pool_beside(policy.name, policies)))
    figures = figures_of(policy, judged, model.autonomy, "file" if from_file else "held_back", source)
    return replace(figures, seen=_seen(model, judged)) if from_file else figures


def _seen(model: Model, judged: list[Judged]) -> int:
    return sum(one.example.digest in model.learned_from for one in judged)


def _with_learning(
    figures: Figures,
    card: ModelCard,
    model: Model,
    policy: Policy,
    registry: Registry,
    policies: Mapping[str, Policy],
) -> Figures:
    mails = learned_from(card, registry, policies)
    prime(model.profile, policies)
    pool = pool_beside(policy.name, policies)
    with training_bar(policy.name) as progress:
        steps = learning_curve(policy, mails, pool=pool, profile=model.profile, recipe=model.recipe, progress=progress)
    return replace(figures, learning=steps)


def _tell(found: Evaluation, *, as_json: bool) -> None:
    if as_json:
        echo_json(found.to_json())
        return
    for title, scores in (("model alone", found.model_alone), ("with rules", found.with_rules)):
        click.echo(title)
        for label, one in scores.items():
            click.echo(
                f"  {label:11} accuracy {one.accuracy:.3f}  macro-F1 {one.macro_f1:.3f}  ECE {one.ece:.3f}  "
                f"alone {one.share_alone:.2f}"
            )
