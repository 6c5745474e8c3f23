"""The command that checks policy files."""

from __future__ import annotations

from pathlib import Path

import click

from errors import MailtriageError
from mailtriage.commands.opened import settings_of
from mailtriage.commands.output import echo_json
from mailtriage.office import open_policies
from policies import loader


@click.command("check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One object a file, or a policy, with its problems.")
@click.pass_context
def policy_check(context: click.Context, files: tuple[Path, ...], as_json: bool) -> None:
    """Check policy files: every problem by file, line, key and what is allowed there. Without FILES: those in force.

    Example: mailtriage policy check my-policy.toml
    """
    if not files:
        _in_force(context, as_json)
        return
    found = {file: loader.check(file) for file in files}
    for file, problems in found.items():
        if as_json:
            echo_json({"file": str(file), "problems": [problem.to_json() for problem in problems]})
        else:
            for problem in problems:
                click.echo(problem, err=True)
    total = sum(map(len, found.values()))
    if total:
        count = "1 problem" if total == 1 else f"{total} problems"
        raise MailtriageError(f"{count}; nothing of these files is used until all is mended.")
    if not as_json:
        click.echo("no problem")


def _in_force(context: click.Context, as_json: bool) -> None:
    for name, found in sorted(open_policies(settings_of(context)).items()):
        if as_json:
            echo_json({"policy": name, "version": found.version, "problems": []})
        else:
            click.echo(f"{name} {found.version}: {len(found.clauses)} clauses, {len(found.rules)} rules, no problem")
