"""Commands on policies."""

from __future__ import annotations

from pathlib import Path

import click

from errors import MailtriageError
from mailtriage.commands.opened import settings_of
from mailtriage.office import open_policies
from policies import loader


@click.group("policy")
def policy() -> None:
    """The support policies."""


@policy.command("check")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.pass_context
def policy_check(context: click.Context, files: tuple[Path, ...]) -> None:
    """Check policy files: every problem by file, key and what is allowed there. Without FILES: those in force.

    Example: mailtriage policy check my-policy.toml
    """
    if not files:
        for name, found in sorted(open_policies(settings_of(context)).items()):
            click.echo(f"{name} {found.version}: {len(found.clauses)} clauses, {len(found.rules)} rules, no problem")
        return
    problems = [problem for file in files for problem in loader.check(file)]
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise MailtriageError(f"{count}; nothing of these files is used until all is mended.")
    click.echo("no problem")


@policy.command("list")
@click.pass_context
def policy_list(context: click.Context) -> None:
    """List the policies in force.

    Example: mailtriage policy list
    """
    for name, found in sorted(open_policies(settings_of(context)).items()):
        click.echo(f"{name}\t{found.version}\t{found.effective}\t{found.title}")
