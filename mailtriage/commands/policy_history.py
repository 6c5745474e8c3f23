"""The command that lists the versions of a policy."""

from __future__ import annotations

import click

from mailtriage.commands.opened import settings_of
from mailtriage.commands.output import echo_json
from mailtriage.office import find_policy, opened_policies


@click.command("history")
@click.argument("name")
@click.option("--print", "printed", metavar="VERSION", help="Print that version's file, as it was recorded.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a version.")
@click.pass_context
def policy_history(context: click.Context, name: str, printed: str | None, as_json: bool) -> None:
    """List every version of a policy, who put it in force, from which day and why; * marks the one in force.

    Example: mailtriage policy history penelope
    """
    with opened_policies(settings_of(context)) as policies:
        present = find_policy(policies, name).version
        if printed is not None:
            click.echo(policies.version(name, printed).source, nl=False)
            return
        for row in policies.history(name):
            if as_json:
                told = {"policy": row.policy, "version": row.version, "effective": row.effective.isoformat()}
                told |= {"author": row.author, "reason": row.reason, "at": row.at.isoformat(), "digest": row.digest}
                echo_json(told | {"in_force": row.version == present})
            else:
                mark = "*" if row.version == present else " "
                noted = f"{row.author}, {row.at:%Y-%m-%d}: {row.reason}"
                click.echo(f"{mark} {row.version}\tfrom {row.effective}\t{noted}")
