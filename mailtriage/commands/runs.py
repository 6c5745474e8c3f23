"""Commands on runs of training: which there were, how far one is, and ending one."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime

import click

from classifier.registry import Registry
from mailtriage.commands.opened import settings_of
from mailtriage.commands.output import echo_json
from mailtriage.following import put_in_order
from mailtriage.settings import Settings
from mailtriage.training_turn import TrainingBusy, training_alone
from tickets.store import Store
from tickets.training_runs import TrainingRun

LOOK_SECONDS = 1.0
NOT_PROMOTED = 1
NUMBER = click.IntRange(min=1)


@click.group("runs")
def runs_group() -> None:
    """Trainings: asked for, going on, and done."""


@runs_group.command("list")
@click.option("--policy", help="Only runs of this policy.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def runs_list(context: click.Context, policy: str | None, limit: int, as_json: bool) -> None:
    """List the last trainings, the newest first.

    Example: mailtriage runs list --policy penelope
    """
    with _store(context) as store:
        for run in store.training_runs(policy, limit=limit):
            echo_json(run.to_json()) if as_json else click.echo(line(run))


@runs_group.command("show")
@click.argument("number", type=NUMBER)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def runs_show(context: click.Context, number: int, as_json: bool) -> None:
    """Say how far a training is, or what came of it and why.

    Example: mailtriage runs show 12
    """
    with _store(context) as store:
        run = store.training_run(number)
        echo_json(run.to_json()) if as_json else _tell(run)


@runs_group.command("watch")
@click.argument("number", type=NUMBER, required=False)
@click.pass_context
def runs_watch(context: click.Context, number: int | None) -> int:
    """Follow a training (default: the one that goes on or waits) to its end; exit code 1 when it promoted nothing.

    Example: mailtriage runs watch
    """
    with _store(context) as store:
        if number is None:
            live = store.training_runs(states=("running",)) or store.training_runs(states=("waiting",))
            if not live:
                click.echo("No training goes on, and none waits.")
                return 0
            number = live[-1].id
        run = store.training_run(number)
        with click.progressbar(length=1000, label=run.step, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
            while run.live:
                bar.label = f"{run.policy}: {run.step}"
                bar.update(round(run.share * 1000) - bar.pos)
                bar.render_progress()
                time.sleep(LOOK_SECONDS)
                put_late_in_order(store, settings_of(context))
                run = store.training_run(number)
        _tell(run)
    return 0 if run.state == "promoted" else NOT_PROMOTED


@runs_group.command("cancel")
@click.argument("number", type=NUMBER)
@click.pass_context
def runs_cancel(context: click.Context, number: int) -> None:
    """End a training that waits or goes on; the model in force stays.

    Example: mailtriage runs cancel 12
    """
    with _store(context) as store:
        was = store.training_run(number)
        store.cancel_training(number, actor="command line")
        ended = {"waiting": "is cancelled", "running": "ends within seconds"}
        click.echo(f"run {number} {ended.get(was.state, f'had ended already: {was.state}')}")


def line(run: TrainingRun) -> str:
    """A run in one line for people."""
    how = f"{run.share:.0%}, {run.step}" if run.state == "running" else run.version or run.error or ""
    silent = ", no sign of life" if run.is_late(datetime.now(UTC)) else ""
    return f"{run.id} {run.asked_at:%Y-%m-%d %H:%M} {run.policy} {run.state} ({run.actor}) {how}{silent}".rstrip()


def _tell(run: TrainingRun) -> None:
    click.echo(line(run))
    for sentence in (*run.reasons, *([run.error] if run.error and run.error not in line(run) else [])):
        click.echo(f"  {sentence}")


@contextmanager
def _store(context: click.Context) -> Iterator[Store]:
    """The store, in which no run is going on any more that was killed."""
    settings = settings_of(context)
    with closing(Store.open(settings.store_url())) as store:
        put_late_in_order(store, settings)
        yield store


def put_late_in_order(store: Store, settings: Settings) -> None:
    """Ends a run that gives no sign of life, unless its process lives all the same."""
    late = [run for run in store.training_runs(states=("running",)) if run.is_late(datetime.now(UTC))]
    if late:
        with suppress(TrainingBusy), training_alone(store, settings.data_dir):
            put_in_order(store, Registry(settings.models_dir), [run.policy for run in late])
