"""The reply that asks for what a mail leaves out."""

from __future__ import annotations

import click

from errors import MailtriageError
from mailtriage.commands.opened import office_of
from mailtriage.commands.output import echo_json
from policies.reply_draft import reply_draft


@click.command("draft")
@click.argument("ticket", type=int)
@click.option("--json", "as_json", is_flag=True, help="What is missing, and the draft, as one JSON object.")
@click.pass_context
def draft_command(context: click.Context, ticket: int, as_json: bool) -> None:
    """Print a reply that asks for what the mail of a ticket leaves out, in the mail's language (English or Dutch).

    Nothing is sent. Example: mailtriage draft 42
    """
    with office_of(context) as office:
        found = office.store.ticket(ticket)
        if found is None:
            raise MailtriageError(f"There is no ticket {ticket}.")
        questions = found.terms.questions
        text = reply_draft(
            questions,
            sender_name=found.sender_name,
            language=found.facts.language,
            sign=office.policy(found.policy).title,
        )
        if as_json:
            asked = [{"id": question.id, "asks": question.text(found.facts.language)} for question in questions]
            echo_json({"ticket": ticket, "missing": asked, "draft": text or None})
        else:
            click.echo(text.rstrip("\n") if text else f"Nothing is missing from the mail of ticket {ticket}.")
