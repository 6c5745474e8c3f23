"""Commands on policies."""

from __future__ import annotations

import click

from mailtriage.commands.opened import settings_of
from mailtriage.commands.policy_adopt import policy_adopt
from mailtriage.commands.policy_backtest import policy_backtest
from mailtriage.commands.policy_check import policy_check
from mailtriage.commands.policy_conflicts import policy_conflicts
from mailtriage.commands.policy_diff import policy_diff
from mailtriage.commands.policy_explain import policy_explain
from mailtriage.commands.policy_history import policy_history
from mailtriage.commands.policy_new import policy_new
from mailtriage.commands.policy_test import policy_test
from mailtriage.office import opened_policies


@click.group("policy")
def policy() -> None:
    """The support policies."""


@policy.command("list")
@click.pass_context
def policy_list(context: click.Context) -> None:
    """List the policies in force, and the versions that are to take effect.

    Example: mailtriage policy list
    """
    with opened_policies(settings_of(context)) as policies:
        for name, found in policies.items():
            coming = "".join(f"; {row.version} from {row.effective}" for row in policies.coming(name))
            click.echo(f"{name}\t{found.version}\t{found.effective}\t{found.title}{coming}")


policy.add_command(policy_new)
policy.add_command(policy_check)
policy.add_command(policy_conflicts)
policy.add_command(policy_diff)
policy.add_command(policy_explain)
policy.add_command(policy_adopt)
policy.add_command(policy_history)
policy.add_command(policy_backtest)
policy.add_command(policy_test)
