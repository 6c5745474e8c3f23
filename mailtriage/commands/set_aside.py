"""Commands on the mails that were set aside."""

from __future__ import annotations

from typing import get_args

import click

from intake.screening import Kind
from mailtriage import second_look
from mailtriage.commands.listing import every, mail_json, mail_line, outcome_json, outcome_line
from mailtriage.commands.opened import office_of
from mailtriage.commands.output import echo_json

KINDS = [*(kind for kind in get_args(Kind) if kind != "accept"), "duplicate"]


@click.group("set-aside")
def set_aside() -> None:
    """The mails that are no request: auto-replies, bounces, bulk mail, duplicates."""


@set_aside.command("list")
@click.option("--kind", type=click.Choice(KINDS), help="Only these.")
@click.option("--search", "words", default="", help="Only those whose sender, subject and text contain all the words.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def list_command(context: click.Context, kind: str | None, words: str, as_json: bool) -> None:
    """List what was set aside, newest first.

    Example: mailtriage set-aside list --kind bulk --search invoice
    """
    with office_of(context) as office:
        for mail in every(lambda limit, offset: office.store.set_aside(words, kind=kind, limit=limit, offset=offset)):
            what = "duplicate" if mail.disposition == "duplicate" else mail.kind
            echo_json(mail_json(mail)) if as_json else click.echo(mail_line(mail, what))


@set_aside.command()
@click.argument("message", metavar="ID", type=click.IntRange(min=1))
@click.option("--agent", required=True, help="Who says that it is a request.")
@click.option("--json", "as_json", is_flag=True, help="What became of it as a JSON object.")
@click.pass_context
def accept(context: click.Context, message: int, agent: str, as_json: bool) -> None:
    """Make a ticket (or a reply) of a mail that was set aside, for it is a request after all.

    Example: mailtriage set-aside accept 12 --agent maria
    """
    with office_of(context) as office:
        done = second_look.accept(message, office, agent=agent)
        mail = office.store.message(message)
        told = (done, mail.reason if mail else "")
        echo_json(outcome_json(*told)) if as_json else click.echo(outcome_line(*told))
