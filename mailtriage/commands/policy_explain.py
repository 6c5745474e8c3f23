"""The command that explains a recorded ticket."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from mailtriage.commands.opened import office_of
from mailtriage.commands.output import echo_json
from mailtriage.explanation import Explanation, explain
from policies.explaining.telling import Told


@click.command("explain")
@click.argument("ticket", type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def policy_explain(context: click.Context, ticket: int, as_json: bool) -> None:
    """Say why a recorded ticket was decided as it was, under the policy that decided it.

    Every label with its source, every rule with the reason why it applied or did not, every clause with what cites it,
    and how the due time was counted.

    Example: mailtriage policy explain 42
    """
    with office_of(context) as office:
        told = explain(ticket, office)
    if as_json:
        echo_json(told.to_json())
        return
    for line in _lines(told):
        click.echo(line)


def _lines(told: Explanation) -> Iterator[str]:
    yield f"Ticket {told.ticket}: {told.subject}"
    yield f"Decided by policy {told.policy} {told.policy_version}, model {told.model}, mailtriage {told.program}."
    proven = {True: "proven", False: "proof failed", None: "not proven"}[told.sender_proven]
    yield f"Received {told.received_at.isoformat()}; customer {told.customer or 'not known'}; sender {proven}."
    yield from told.remarks
    yield from _section("Labels", [f"{label.label} {label.value}: {label.says}" for label in told.labels])
    yield from _section("Severity table", [told.severity_row])
    yield from _section("Rules", list(map(_told, told.rules)))
    yield from _section(
        "Clauses", [f"{clause.id}: {clause.sentence} Cited by {', '.join(clause.cited_by)}." for clause in told.clauses]
    )
    yield from _section("Response target", [*map(_told, told.targets), *told.due])
    yield from _section("Charge", [*map(_told, told.charges), told.charge or "none"])
    yield from _section("Asked of the sender", told.questions)
    yield from _section("Notes", told.notes)


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"\n{title}"
        yield from (f"  {line}" for line in lines)


def _told(told: Told) -> str:
    words = f" The words: {', '.join(map(repr, told.words))}." if told.words else ""
    return f"{told.id}: {told.says}.{words}"
