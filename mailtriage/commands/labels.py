"""Commands on labels: which to ask for next, where more would help most, which want a second look."""

from __future__ import annotations

import click

from classifier.needed import LABELS_MORE
from classifier.teaching import WEIGHTS
from mailtriage.commands.listing import printable
from mailtriage.commands.opened import office_of
from mailtriage.commands.output import echo_json
from mailtriage.labelling import Labelling
from mailtriage.office import Office, find_policy
from webui.labelling import NextLabel

LIMIT = 20


@click.group("labels")
def labels() -> None:
    """Which labels to give next, and which to look at again."""


@labels.command("next")
@click.option("--policy", help="Only tickets under this policy.")
@click.option("--limit", type=click.IntRange(min=1), default=LIMIT, show_default=True, help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def labels_next(context: click.Context, policy: str | None, limit: int, as_json: bool) -> None:
    """List the tickets that wait in the order in which labelling them teaches the next model most.

    A ticket's score is the weighted sum of its parts: how unsure the model is of it, how unlike it is to what is
    labelled, how many others it stands for, how soon its response is due, and whether it is of the audit sample.

    Example: mailtriage labels next --policy penelope --limit 10
    """
    with office_of(context) as office:
        if policy is not None:
            find_policy(office.policies, policy)
        found = Labelling(office).next(policy)[:limit]
        for one in found:
            echo_json(one.to_json()) if as_json else click.echo(_line(one))
        if not found and not as_json:
            click.echo("Nothing waits for a person.")


@labels.command("needed")
@click.option("--policy", help="Only labels of this policy.")
@click.option("--labels", "count", type=click.IntRange(1, 10_000), default=LABELS_MORE, show_default=True)
@click.option("--limit", type=click.IntRange(min=1), default=LIMIT, show_default=True, help="At most so many a policy.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def labels_needed(context: click.Context, policy: str | None, count: int, limit: int, as_json: bool) -> None:
    """Say where more labels would help most, from what the model got wrong while it was held back.

    Example: mailtriage labels needed --policy penelope
    """
    with office_of(context) as office:
        labelling = Labelling(office)
        for name in _names(office, policy):
            for need in labelling.needed(name, count)[:limit]:
                portion = f"{need.portion:4} of {count}" if need.portion else " " * len(f"{0:4} of {count}")
                line = f"{name}  {portion}  {need.reason}"
                echo_json({"policy": name} | need.to_json()) if as_json else click.echo(printable(line))


@labels.command("suspicious")
@click.option("--policy", help="Only labels of this policy.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def labels_suspicious(context: click.Context, policy: str | None, as_json: bool) -> None:
    """List the labels of agents that want a second look before a model learns from them, and why.

    Example: mailtriage labels suspicious --policy penelope
    """
    with office_of(context) as office:
        labelling = Labelling(office)
        found = [(name, one) for name in _names(office, policy) for one in labelling.suspicious(name)]
        for name, one in found:
            if as_json:
                echo_json({"policy": name} | one.to_json())
            else:
                mails = ", ".join(one.mails[:5]) + (f" and {len(one.mails) - 5} more" if len(one.mails) > 5 else "")
                click.echo(printable(f"{name}  {one.kind.replace('_', ' ')}  {one.reason}  ({mails})"))
        if not found and not as_json:
            click.echo("No agent's label stands out.")


def _names(office: Office, policy: str | None) -> list[str]:
    return [find_policy(office.policies, policy).name] if policy is not None else sorted(office.policies)


def _line(one: NextLabel) -> str:
    parts = "  ".join(f"{part} {getattr(one.worth, part):.2f}" for part in WEIGHTS)
    audit = "  (audit)" if one.item.audit else ""
    subject = one.item.subject or "(no subject)"
    return printable(f"{one.item.number}  {one.item.policy}  {one.worth.score:.2f}  {parts}{audit}  {subject}")
