"""The command that says what one version of a policy says differently from another."""

from __future__ import annotations

import click

from mailtriage.commands.output import echo_json
from mailtriage.commands.policy_named import named
from policies.explaining.difference import differences
from policies.policy import Policy


@click.command("diff")
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--json", "as_json", is_flag=True, help="One object with every change.")
@click.pass_context
def policy_diff(context: click.Context, old: str, new: str, as_json: bool) -> None:
    """Say in words what NEW says differently from OLD: clauses, topics, rules, severities, targets, charges ...

    Each is a file, the name of a policy in force, or NAME@VERSION for a version that was recorded.

    Example: mailtriage policy diff perfana@1.0.0 my-perfana.toml
    """
    before, after = named(context, [old, new])
    changes = differences(before, after)
    if as_json:
        echo_json({"old": _which(before), "new": _which(after), "changes": [change.to_json() for change in changes]})
        return
    for change in changes:
        click.echo(change.says)
    if not changes:
        same = "the same file" if before.digest == after.digest else "comments and layout aside"
        click.echo(f"Nothing changed: {before.name} {before.version} and {after.name} {after.version} ({same}).")


def _which(policy: Policy) -> dict[str, str]:
    return {
        "policy": policy.name,
        "version": policy.version,
        "effective": policy.effective.isoformat(),
        "digest": policy.digest,
    }
