"""Commands on the audit of what is decided without a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import click

from classifier.live_accuracy import LiveAccuracy
from classifier.promise import percent
from mailtriage.commands.listing import printable
from mailtriage.commands.opened import office_of
from mailtriage.commands.output import echo_json
from tickets.audit_report import DAYS, AuditReport, report
from tickets.holds import told


@click.group("audit", invoke_without_command=True)
@click.option("--policy", help="Only this policy.")
@click.option("--days", type=click.IntRange(1, 3660), default=DAYS, show_default=True, help="How far to look back.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a policy: by label, by value and by month.")
@click.pass_context
def audit(context: click.Context, policy: str | None, days: int, as_json: bool) -> None:
    """Say how right the labels are that are decided without a person, as agents who judged blind found.

    Example: mailtriage audit --policy penelope --json
    """
    if context.invoked_subcommand is not None:
        return
    with office_of(context) as office:
        names = [office.policy(policy).name] if policy else sorted(office.policies)
        for name in names:
            found = report(office.store, name, datetime.now(UTC), days=days)
            if as_json:
                echo_json(found.to_json())
                continue
            for line in lines_of(found):
                click.echo(printable(line))


@audit.command("lift")
@click.argument("hold", type=int)
@click.option("--by", required=True, help="The lead who says so.")
@click.option("--reason", required=True, help="What was looked at, and what was done about it.")
@click.pass_context
def audit_lift(context: click.Context, hold: int, by: str, reason: str) -> None:
    """Let a label decide alone again that the audit's alarm holds.

    Example: mailtriage audit lift 3 --by maria --reason "the new version knows the new product's words"
    """
    with office_of(context) as office:
        lifted = office.store.lift_hold(hold, actor=by, why=reason)
        click.echo(printable(f"{lifted.policy}: {told(lifted)} decides alone again ({by}: {lifted.why})"))


def lines_of(found: AuditReport) -> Iterator[str]:
    """A policy's audit for people, a line each."""
    yield f"{found.policy}: {found.whole.judged} judged of {found.whole.drawn} drawn, {found.waiting} wait"
    for each in found.labels:
        promised = f", promised {percent(each.promised)}" if each.promised is not None else ""
        against = f", evidence against it {each.evidence:.1f} of {each.needed:.0f}"
        yield f"  {each.label:11} {_told(each.accuracy)}{promised}{against}"
    yield f"  {'all four':11} {_told(found.whole)}"
    for month in found.months:
        yield f"  {month.month:11} {_told(month.whole)}"
    for hold in found.holds:
        if hold.stands:
            yield f"  HELD {hold.id}: {told(hold)} decides nothing alone since {hold.since:%Y-%m-%d}: {hold.reason}"


def _told(measured: LiveAccuracy) -> str:
    if measured.accuracy is None:
        return "nothing judged"
    interval = f"{measured.lower * 100:.1f}% to {measured.upper * 100:.1f}%"
    return f"{measured.accuracy * 100:.1f}% right ({interval}; {measured.right} of {measured.judged})"
