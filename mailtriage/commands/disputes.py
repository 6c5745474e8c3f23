"""Commands on labels of which two agents say different things."""

from __future__ import annotations

import click

from errors import MailtriageError
from mailtriage.commands.listing import printable
from mailtriage.commands.opened import settings_of
from mailtriage.commands.output import echo_json
from mailtriage.office import find_policy, opened_books, policy_that_decided
from tickets import desk
from tickets.faults import NoSuchTicket
from tickets.rows import Correction, Dispute


@click.group("disputes")
def disputes() -> None:
    """Labels of which two agents say different things: no model learns from them until a lead settles them."""


@disputes.command("list")
@click.option("--policy", help="Only the disputes under this policy.")
@click.option("--all", "every", is_flag=True, help="Those that are settled, too.")
@click.option("--json", "as_json", is_flag=True, help="One dispute (JSON object) a line.")
@click.pass_context
def disputes_list(context: click.Context, policy: str | None, every: bool, as_json: bool) -> None:
    """List the disputes, the oldest first.

    Example: mailtriage disputes list --policy penelope
    """
    with opened_books(settings_of(context)) as (store, policies):
        if policy is not None:
            find_policy(policies, policy)
        offset = 0
        while found := store.disputes(policy=policy, open_only=not every, offset=offset):
            for dispute in found:
                echo_json(dispute.to_json()) if as_json else click.echo(_line(dispute))
            offset += len(found)


@disputes.command("settle")
@click.argument("number", type=int)
@click.argument("value")
@click.option("--by", required=True, help="The lead who says so.")
@click.option("--reason", required=True, help="Why it is that.")
@click.pass_context
def disputes_settle(context: click.Context, number: int, value: str, by: str, reason: str) -> None:
    """Settle the dispute NUMBER: the label is VALUE, whatever the two said.

    Example: mailtriage disputes settle 3 SEV2 --by maria --reason "one site alone is out"
    """
    with opened_books(settings_of(context)) as (store, policies):
        dispute = store.dispute(number)
        if dispute is None:
            raise MailtriageError(f"There is no dispute {number}; `mailtriage disputes list` shows them.")
        ticket = store.ticket(dispute.ticket)
        if ticket is None:
            raise NoSuchTicket(dispute.ticket)
        policy, change = policy_that_decided(policies, ticket), {dispute.label: value}
        desk.correct(store, policy, ticket.number, change, agent=by, why=reason, settles=number)
        click.echo(f"{number}  ticket {ticket.number}: {dispute.label} is {value}")


def _line(dispute: Dispute) -> str:
    settled = f"; settled by {dispute.settled_by}: {dispute.settled_value}" if dispute.settlement else ""
    over = "; over" if dispute.settled_at and not dispute.settlement else settled
    said = f"{_said(dispute.first)}, {_said(dispute.second)}"
    return printable(f"{dispute.id}  {dispute.policy} ticket {dispute.ticket}  {dispute.label}: {said}{over}")


def _said(word: Correction) -> str:
    why = f" ({word.why})" if word.why else ""
    return f"{word.agent} {word.at:%Y-%m-%d} {word.to_value}{why}"
