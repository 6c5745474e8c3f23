"""Commands on the clocks of tickets: what is due next, and what was answered."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from errors import MailtriageError
from mailtriage.commands.listing import printable
from mailtriage.commands.opened import office_of
from mailtriage.commands.output import echo_json
from mailtriage.office import Office, find_policy
from tickets.clocks.clock import support_clock
from tickets.clocks.due import DueTicket, Which
from webui.clock import in_short, left_at
from webui.words import stamp

SECOND = timedelta(seconds=1)
DIFFERS = 1
LIMIT = 50


@click.command("due")
@click.option("--policy", help="Only tickets under this policy.")
@click.option("--limit", type=click.IntRange(min=1), default=LIMIT, show_default=True, help="At most so many of each.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--recount", is_flag=True, help="Count every open ticket again from its history, and mend what differs.")
@click.pass_context
def due(context: click.Context, policy: str | None, limit: int, as_json: bool, recount: bool) -> int:
    """List the first responses that are owed: overdue ones first, then what is due next, then those that wait for
    their customer.

    --recount works out every open ticket's clock anew from its mails, pauses and events; it says what differed, and
    then the exit code is 1.

    Example: mailtriage due --policy perfana --limit 10
    """
    with office_of(context) as office:
        if recount:
            return _recount(office, as_json=as_json)
        if policy is not None:
            find_policy(office.policies, policy)
        now = datetime.now(UTC)
        lists: tuple[Which, ...] = ("running", "paused")
        tickets = [each for which in lists for each in office.store.due(which, policy=policy, limit=limit)]
        for ticket in tickets:
            left = _left(ticket, office, now)
            echo_json(_as_json(ticket, left, now)) if as_json else click.echo(_as_line(ticket, left))
        if not tickets and not as_json:
            click.echo("Nothing is due.")
        return 0


@click.command("answered")
@click.argument("ticket", type=click.IntRange(min=1))
@click.option("--by", required=True, help="Who gave the first response.")
@click.option("--at", "moment", metavar="TIME", help="When (ISO 8601, with offset or in UTC); now where not given.")
@click.option("--undo", is_flag=True, help="Take back that it was answered.")
@click.pass_context
def answered(context: click.Context, ticket: int, by: str, moment: str | None, undo: bool) -> None:
    """Note that the first response to TICKET was given, as over the phone.

    Example: mailtriage answered 12 --by maria --at 2026-11-23T10:15+01:00
    """
    now = datetime.now(UTC)
    at = now if moment is None else _moment(moment)
    if at > now:
        raise MailtriageError(f"--at {moment} has not come yet: give the time of the answer.")
    with office_of(context) as office:
        if undo:
            done = office.store.take_back_answer(ticket, actor=by)
            click.echo(f"Ticket {ticket} {'is not answered: taken back' if done else 'was not answered'}.")
            return
        asked = office.store.ticket(ticket)
        if moment is not None and asked is not None and at < asked.created_at:
            raise MailtriageError(
                f"--at {moment} is before the mail of ticket {ticket} came, {stamp(asked.created_at)}."
            )
        first = office.store.answer(ticket, by=by, actor=by, at=at)
        found = office.store.ticket(ticket)
        if first or found is None or found.answered_at is None:
            click.echo(f"Ticket {ticket} is answered.")
        else:
            click.echo(f"Ticket {ticket} was answered before: {stamp(found.answered_at)} by {found.answered_by}.")


def _recount(office: Office, *, as_json: bool) -> int:
    with click.progressbar(length=0, label="recounting", show_pos=True, file=sys.stderr) as bar:

        def advance(number: int) -> None:
            bar.length = max(bar.length or 0, number)
            bar.update(number - bar.pos)

        found = office.store.recount(advance)
    for each in found:
        if as_json:
            difference = {"column": each.column, "recorded": each.recorded, "counted": each.counted}
            echo_json({"ticket": each.ticket, **difference})
        else:
            click.echo(f"ticket {each.ticket}: {each.column} was {each.recorded}, is {each.counted} by its history")
    if not as_json:
        click.echo(f"{len(found)} {'difference' if len(found) == 1 else 'differences'}")
    return DIFFERS if found else 0


def _left(ticket: DueTicket, office: Office, now: datetime) -> timedelta:
    version = ticket.policy_version
    clock = support_clock(office.policies, ticket.policy, version, ticket.created_at, ticket.calendar)
    left = left_at(clock, ticket.due_at, ticket.paused_at, now)
    return timedelta(0) if left is None else left


def _as_json(ticket: DueTicket, left: timedelta, now: datetime) -> dict[str, Any]:
    state = "paused" if ticket.paused_at else "breached" if ticket.due_at <= now else "running"
    return {
        "ticket": ticket.number,
        "policy": ticket.policy,
        "policy_version": ticket.policy_version,
        "state": state,
        "severity": ticket.severity,
        "due": ticket.due_at.isoformat(),
        "support_seconds_left": round(left / SECOND),
        "within": ticket.within,
        "calendar": ticket.calendar,
        "paused_at": ticket.paused_at.isoformat() if ticket.paused_at else None,
        "customer": ticket.customer_name,
        "from": {"name": ticket.sender_name, "address": ticket.sender_address},
        "subject": ticket.subject,
    }


def _as_line(ticket: DueTicket, left: timedelta) -> str:
    when = f"paused, {in_short(left)}" if ticket.paused_at else f"due {stamp(ticket.due_at)}, {in_short(left)}"
    who = ticket.customer_name or ticket.sender_address or "unknown sender"
    return printable(f"{ticket.number}  {ticket.severity}  {when}  {who}  {ticket.subject or '(no subject)'}")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise MailtriageError(f"--at {text!r} is no time: write it as 2026-11-23T10:15+01:00.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
