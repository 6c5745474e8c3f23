"""The command that tells outside tools how to mark the answers that they send."""

from __future__ import annotations

import click

from mailtriage.commands.opened import office_of
from mailtriage.commands.output import echo_json
from tickets.store import NoSuchTicket


@click.command("reference")
@click.argument("ticket", type=int)
@click.option("--json", "as_json", is_flag=True, help="One JSON object: ticket, subject, addresses.")
@click.pass_context
def reference_command(context: click.Context, ticket: int, as_json: bool) -> None:
    """Print what makes an answer find its ticket: a tag for the subject, and plus-addresses of its mailboxes.

    Example: mailtriage reference 42
    """
    with office_of(context) as office:
        found = office.store.ticket(ticket)
        if found is None:
            raise NoSuchTicket(ticket)
        subject = office.references.subject_tag(ticket)
        addresses = [office.references.address(ticket, each) for each in office.settings.addresses_of(found.policy)]
    if as_json:
        echo_json({"ticket": ticket, "subject": subject, "addresses": addresses})
        return
    click.echo(subject)
    for address in addresses:
        click.echo(address)
    if not addresses:
        click.echo(
            f"No mailbox of {found.policy} names its own address: set own_addresses (docs/settings.md).", err=True
        )
