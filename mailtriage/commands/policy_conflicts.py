"""The command that looks for what contradicts itself in a policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from mailtriage.commands.output import echo_json
from mailtriage.commands.policy_named import PROBLEM, named
from policies.contradictions.conflicts import examine
from policies.contradictions.finding import Finding
from policies.policy import Policy


@click.command("conflicts")
@click.argument("policies", nargs=-1, metavar="[NAME|FILE]...")
@click.option("--json", "as_json", is_flag=True, help="One object a policy.")
@click.pass_context
def policy_conflicts(context: click.Context, policies: tuple[str, ...], as_json: bool) -> None:
    """Find rules that contradict each other, what can never apply, and clauses that nothing can cite.

    Found from the conditions, without any mail; each contradiction comes with an example mail. Without arguments: the
    policies in force. Leaves with 1 when there is something.

    Example: mailtriage policy conflicts my-policy.toml
    """
    found = False
    for policy in named(context, policies):
        findings = examine(policy)
        found = found or bool(findings)
        if as_json:
            echo_json(
                {
                    "policy": policy.name,
                    "version": policy.version,
                    "findings": [finding.to_json() for finding in findings],
                }
            )
        else:
            for line in _lines(policy, findings):
                click.echo(line)
    if found:
        context.exit(PROBLEM)


def _lines(policy: Policy, findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        yield f"{policy.name}: line {finding.line}: {finding.says}"
        if finding.witness is not None:
            yield f"  for example: {finding.witness.words()}"
    count = len(findings)
    rules, clauses = len(policy.rules), len(policy.clauses)
    says = "no conflict" if not count else "1 finding" if count == 1 else f"{count} findings"
    yield f"{policy.name} {policy.version}: {rules} rules, {clauses} clauses, {says}"
