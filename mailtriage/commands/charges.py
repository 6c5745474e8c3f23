"""Commands on charges that are only proposed."""

from __future__ import annotations

from typing import get_args

import click

from mailtriage.commands.listing import printable
from mailtriage.commands.opened import office_of
from mailtriage.commands.output import echo_json
from tickets.work.charges import Charge, ChargeState


@click.group("charges")
def charges() -> None:
    """Charges that a person confirms or waives."""


@charges.command("list")
@click.option("--state", type=click.Choice(get_args(ChargeState)), help="Those that wait, or those decided so.")
@click.option("--json", "as_json", is_flag=True, help="One charge (JSON object) a line.")
@click.pass_context
def charges_list(context: click.Context, state: str | None, as_json: bool) -> None:
    """List the charges that wait for a person's word, or have it.

    Example: mailtriage charges list --state proposed
    """
    with office_of(context) as office:
        for charge in office.store.charges(state):
            echo_json(_json(charge)) if as_json else click.echo(_line(charge))


@charges.command("confirm")
@click.argument("ticket", type=int)
@click.option("--by", required=True, help="The agent who says so.")
@click.option("--reason", required=True, help="Why it is charged.")
@click.pass_context
def charges_confirm(context: click.Context, ticket: int, by: str, reason: str) -> None:
    """Confirm the charge that the terms of a ticket propose.

    Example: mailtriage charges confirm 12 --by maria --reason "nothing was critical; agreed by phone"
    """
    _decide(context, ticket, "confirmed", by, reason)


@charges.command("waive")
@click.argument("ticket", type=int)
@click.option("--by", required=True, help="The agent who says so.")
@click.option("--reason", required=True, help="Why it is not charged.")
@click.pass_context
def charges_waive(context: click.Context, ticket: int, by: str, reason: str) -> None:
    """Waive the charge of a ticket.

    Example: mailtriage charges waive 12 --by maria --reason "the first time"
    """
    _decide(context, ticket, "waived", by, reason)


def _decide(context: click.Context, ticket: int, word: str, by: str, reason: str) -> None:
    with office_of(context) as office:
        click.echo(_line(office.store.decide_charge(ticket, word, agent=by, reason=reason)))


def _line(charge: Charge) -> str:
    customer = charge.customer_name or "unknown customer"
    said = f" ({charge.by}: {charge.reason})" if charge.by else ""
    gone = "" if charge.standing else " The terms no longer name it."
    return printable(f"{charge.ticket}  {charge.state}  {customer}  {charge.sentence}{said}{gone}")


def _json(charge: Charge) -> dict[str, object]:
    return {
        "ticket": charge.ticket,
        "subject": charge.subject,
        "customer": charge.customer_name,
        "charge": charge.sentence,
        "state": charge.state,
        "named_by_terms": charge.standing,
        "by": charge.by,
        "reason": charge.reason,
        "at": charge.at.isoformat() if charge.at else None,
    }
