"""Commands that keep an installation well."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from mailtriage import doctor as examination
from mailtriage.commands.opened import office_of, settings_of
from mailtriage.commands.output import echo_json
from mailtriage.replay import replay

PROBLEM = 1


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each check.")
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> int:
    """Try every setting and connection, and say what to do about each that fails (then the exit code is 1).

    Example: mailtriage --config /etc/mailtriage.toml doctor
    """
    findings = []
    for finding in examination.examine(settings_of(context)):
        findings.append(finding)
        if as_json:
            echo_json({"subject": finding.subject, "well": finding.well, "says": finding.says})
        else:
            click.echo(f"{'well ' if finding.well else 'WRONG'} {finding.subject}: {finding.says}")
    return 0 if all(finding.well for finding in findings) else PROBLEM


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def backup(context: click.Context, file: Path | None) -> None:
    """Write a consistent copy of the database while the program runs.

    Example: mailtriage backup tickets-today.db
    """
    with office_of(context) as office:
        suffix = "db" if office.settings.database_url is None else "dump"
        path = file or Path(f"mailtriage-{datetime.now(UTC):%Y%m%d-%H%M%S}.{suffix}")
        office.store.backup(str(path))
        click.echo(f"{path}: {path.stat().st_size} bytes. Keep {office.settings.data_dir} too: the models are there.")


@click.command("replay")
@click.argument("ticket", type=int)
@click.option("--json", "as_json", is_flag=True, help="Both verdicts as one JSON object.")
@click.pass_context
def replay_command(context: click.Context, ticket: int, as_json: bool) -> int:
    """Decide a ticket again with the facts, the model and the policy of then. Exit code 1 when the verdict differs.

    Example: mailtriage replay 42
    """
    with office_of(context) as office:
        result = replay(ticket, office)
    if as_json:
        now = result.now.to_json() if result.now else None
        echo_json(
            {"ticket": ticket, "same": result.same, "gone": result.gone, "then": result.then.to_json(), "now": now}
        )
    else:
        click.echo(f"ticket {ticket}: {'the same verdict' if result.same else 'NOT the same verdict'}")
        for part in result.gone:
            click.echo(f"no longer there: {part}")
    return 0 if result.same else PROBLEM
