"""Commands on the work on tickets: estimate, approval, work, hand-over; requests opened from others; quotas."""

from __future__ import annotations

from typing import Any

import click

from mailtriage.commands.listing import printable
from mailtriage.commands.opened import office_of
from mailtriage.commands.output import echo_json
from mailtriage.office import Office
from mailtriage.open_request import open_request
from policies.values import whole_number
from policies.work.quota import Quota
from tickets.rows import CustomerRecord, Ticket
from tickets.store import NoSuchTicket
from tickets.work import working
from tickets.work.working import NoSuchWork, Standing


@click.group("work")
def work() -> None:
    """Estimate, approval, work and hand-over of requests."""


@work.command("show")
@click.argument("ticket", type=int)
@click.option("--json", "as_json", is_flag=True, help="As a JSON object.")
@click.pass_context
def work_show(context: click.Context, ticket: int, as_json: bool) -> None:
    """Show where the work on a ticket stands, and which steps may be taken.

    Example: mailtriage work show 12
    """
    with office_of(context) as office:
        found = _ticket(office, ticket)
        now = working.standing(office.store, office.policy_of(found), found)
        if as_json:
            echo_json(_json(found, now, office.store.opened_from(ticket)))
            return
        for line in _lines(found, now, office.store.opened_from(ticket)):
            click.echo(printable(line))


@work.command("estimate")
@click.argument("ticket", type=int)
@click.option("--work", "given", required=True, multiple=True, help="KIND=MINUTES, such as consultant=120; repeatable.")
@click.option("--by", required=True, help="The agent who estimates.")
@click.option("--note", default="", help="Kept with it.")
@click.pass_context
def work_estimate(context: click.Context, ticket: int, given: tuple[str, ...], by: str, note: str) -> None:
    """Estimate the work on a ticket: minutes for each kind of work, priced by the price list.

    Example: mailtriage work estimate 12 --by maria --work consultant=120 --work developer=60
    """
    with office_of(context) as office:
        found = _ticket(office, ticket)
        policy, prices = office.policy_of(found), working.price_list(office.policy(found.policy))
        working.estimate(office.store, policy, found, _minutes(given), agent=by, note=note, prices=prices)
        _show(office, found)


@work.command("step")
@click.argument("ticket", type=int)
@click.argument("step", type=click.Choice([name for name in working.STEP_WORDS if name != "estimate"]))
@click.option("--by", required=True, help="The agent who takes the step.")
@click.option("--said-by", default="", help="Who of the customer approved, declined or accepted.")
@click.option("--note", default="", help="Kept with it.")
@click.pass_context
def work_step(context: click.Context, ticket: int, step: str, by: str, said_by: str, note: str) -> None:
    """Take the next step: send for approval, approve or decline, start, hand over, accept, done.

    Example: mailtriage work step 12 approve --by maria --said-by "Jana Novakova"
    """
    with office_of(context) as office:
        found = _ticket(office, ticket)
        policy = office.policy_of(found)
        working.step(office.store, policy, found, step, agent=by, said_by=said_by, note=note)
        _show(office, found)


@work.command("open-request")
@click.argument("ticket", type=int)
@click.option("--topic", required=True, help="What the request is about: a topic of the policy.")
@click.option("--by", required=True, help="The agent who opens it.")
@click.option("--why", default="", help="Kept with it.")
@click.pass_context
def work_open_request(context: click.Context, ticket: int, topic: str, by: str, why: str) -> None:
    """Open a request from a ticket, such as the set-up that a question turned out to need; both are linked.

    Example: mailtriage work open-request 12 --by maria --topic new_function
    """
    with office_of(context) as office:
        number = open_request(ticket, topic, office, agent=by, why=why)
        click.echo(f"ticket {number}, opened from ticket {ticket}")
        _show(office, _ticket(office, number))


@work.command("no-request")
@click.argument("ticket", type=int)
@click.option("--by", required=True, help="The agent who says so.")
@click.option("--why", default="", help="Kept with it.")
@click.pass_context
def work_no_request(context: click.Context, ticket: int, by: str, why: str) -> None:
    """Close a ticket that never was a request: what it used of a quota is given back.

    Example: mailtriage work no-request 12 --by maria --why "sent by mistake"
    """
    with office_of(context) as office:
        office.store.close_as_no_request(ticket, agent=by, why=why)
        click.echo(f"ticket {ticket} is closed: it never was a request")


@click.command("quotas")
@click.argument("customer", required=False)
@click.option("--policy", help="Customers of this policy alone.")
@click.option("--json", "as_json", is_flag=True, help="One customer and quota (JSON object) a line.")
@click.pass_context
def quotas(context: click.Context, customer: str | None, policy: str | None, as_json: bool) -> None:
    """List what customers have left of the contract's quotas, and the tickets that used them.

    Example: mailtriage quotas "Brewery South"
    """
    with office_of(context) as office:
        found = office.store.customers_named(customer, policy) if customer else office.store.customer_records(policy)
        if customer and not found:
            raise NoSuchWork(f"There is no customer {customer!r}; the name must be written as in the record.")
        uses = office.store.quota_uses([record.customer.id for record in found])
        for record in found:
            for quota in _quotas(office, record):
                theirs = [use for use in uses if use.customer_id == record.customer.id and use.quota == quota.id]
                told = {
                    "policy": record.customer.policy,
                    "customer": record.customer.name,
                    "quota": quota.id,
                    "left": whole_number(record.customer.facts.get(quota.fact)),
                    "used": [
                        {"ticket": use.ticket, "subject": use.subject, "used_at": use.used_at.isoformat()}
                        for use in theirs
                        if use.returned_at is None
                    ],
                    "given_back": sorted({use.ticket for use in theirs if use.returned_at is not None}),
                }
                if as_json:
                    echo_json(told)
                    continue
                for line in _quota_lines(told, quota):
                    click.echo(printable(line))


def _quotas(office: Office, record: CustomerRecord) -> tuple[Quota, ...]:
    policy = office.policies.get(record.customer.policy)
    found: tuple[Quota, ...] = policy.file.quotas if policy is not None else ()
    return found


def _quota_lines(told: dict[str, Any], quota: Quota) -> list[str]:
    left = "not known" if told["left"] is None else told["left"]
    lines = [f"{told['customer']} ({told['policy']}), {quota.title}: {left} left, {len(told['used'])} used"]
    lines += [f"  ticket {use['ticket']}: {use['subject'] or '(no subject)'}" for use in told["used"]]
    if told["given_back"]:
        lines.append(f"  given back: {', '.join(f'ticket {number}' for number in told['given_back'])}")
    return lines


def _ticket(office: Office, number: int) -> Ticket:
    found = office.store.ticket(number)
    if found is None:
        raise NoSuchTicket(number)
    return found


def _minutes(given: tuple[str, ...]) -> dict[str, int]:
    minutes: dict[str, int] = {}
    for each in given:
        kind, sign, number = each.rpartition("=")
        if not sign or not number.strip().isdecimal():
            raise NoSuchWork(f"{each!r} is not KIND=MINUTES, such as consultant=120.")
        minutes[kind.strip()] = minutes.get(kind.strip(), 0) + int(number)
    return minutes


def _show(office: Office, ticket: Ticket) -> None:
    now = working.standing(office.store, office.policy_of(ticket), ticket)
    for line in _lines(ticket, now, []):
        click.echo(printable(line))


def _lines(ticket: Ticket, now: Standing | None, opened: list[int]) -> list[str]:
    lines = [f"ticket {ticket.number}: {f'{now.title} ({now.procedure.title})' if now else 'in no procedure'}"]
    if now is not None and now.estimate is not None:
        amount, currency = now.estimate["amount"], now.estimate["currency"]
        missing = ", ".join(now.estimate["missing_prices"])
        cost = f"{currency} {amount}" if amount is not None else f"amount open, no price for {missing}"
        minutes = ", ".join(f"{kind} {number} min" for kind, number in now.estimate["minutes"].items())
        lines.append(f"  estimate: {minutes}; {now.estimate['units']} started units; {cost}")
    if now is not None:
        lines.append(f"  next: {', '.join(now.steps) or 'nothing, it is in the last state'}")
    if ticket.origin is not None:
        lines.append(f"  opened from ticket {ticket.origin}")
    if opened:
        lines.append(f"  opened from it: {', '.join(f'ticket {number}' for number in opened)}")
    return lines


def _json(ticket: Ticket, now: Standing | None, opened: list[int]) -> dict[str, Any]:
    return {
        "ticket": ticket.number,
        "procedure": now.procedure.id if now else None,
        "state": now.state if now else None,
        "waits_for_customer": now.waits if now else False,
        "next": dict(now.steps) if now else {},
        "estimate": now.estimate if now else None,
        "opened_from": ticket.origin,
        "opened": opened,
    }
