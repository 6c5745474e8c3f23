"""Commands on the time worked on tickets, and the invoice of it."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime

import click

from errors import MailtriageError
from mailtriage.commands.listing import printable
from mailtriage.commands.opened import office_of
from mailtriage.commands.output import echo_json
from mailtriage.office import Office
from policies.work.invoice import Invoice, Line, Sum, money
from tickets.customer.csv_cells import guarded
from tickets.rows import Customer, Ticket
from tickets.store import NoSuchTicket
from tickets.work import working
from tickets.work.invoicing import invoice_of_month, invoice_of_ticket, month_of
from tickets.work.timesheet import NewEntry, WorkEntry

COLUMNS = (
    *("ticket", "day", "kind", "activity", "by", "minutes", "units"),
    *("amount", "currency", "free", "priced_apart", "note"),
)
ACTOR = "command line"


@click.group("timesheet")
def timesheet() -> None:
    """The time worked on tickets."""


@timesheet.command("add")
@click.argument("ticket", type=int)
@click.option("--minutes", type=int, required=True, help="How long it took.")
@click.option("--kind", required=True, help="The kind of work, as in the price list: consultant, developer, ...")
@click.option("--activity", default="work", show_default=True, help="What it was: one of prices.counts of the policy.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The day (default: today, where the vendor is).")
@click.option("--by", default=ACTOR, show_default=True, help="Who worked.")
@click.option("--note", default="", help="Kept with it.")
@click.pass_context
def timesheet_add(
    context: click.Context,
    ticket: int,
    minutes: int,
    kind: str,
    activity: str,
    day: datetime | None,
    by: str,
    note: str,
) -> None:
    """Book time on a ticket.

    Example: mailtriage timesheet add 12 --minutes 20 --kind consultant --activity "finding the cause" --by maria
    """
    with office_of(context) as office:
        found = _ticket(office, ticket)
        policy, prices = office.policy_of(found), working.price_list(office.policy(found.policy))
        entry = NewEntry(day.date() if day else working.today(policy), minutes, kind, activity, note)
        click.echo(_entry_line(working.book(office.store, policy, found, entry, agent=by, prices=prices)))


@timesheet.command("list")
@click.argument("ticket", type=int, required=False)
@click.option("--customer", help="Of this customer's tickets.")
@click.option("--policy", help="The customer's policy, where several have one of that name.")
@click.option("--month", help="Of this month alone, such as 2026-05.")
@click.option("--json", "as_json", is_flag=True, help="One entry (JSON object) a line.")
@click.pass_context
def timesheet_list(
    context: click.Context,
    ticket: int | None,
    customer: str | None,
    policy: str | None,
    month: str | None,
    as_json: bool,
) -> None:
    """List booked time.

    Example: mailtriage timesheet list --customer "Brewery South" --month 2026-05
    """
    with office_of(context) as office:
        begin, end = _month(month) if month else (None, None)
        customers = [_customer(office, customer, policy).id] if customer else None
        for entry in office.store.timesheet(ticket=ticket, customers=customers, begin=begin, end=end):
            echo_json(_entry_json(entry)) if as_json else click.echo(_entry_line(entry))


@timesheet.command("remove")
@click.argument("entry", type=int)
@click.option("--by", default=ACTOR, show_default=True, help="Who takes it out.")
@click.pass_context
def timesheet_remove(context: click.Context, entry: int, by: str) -> None:
    """Take an entry out of the timesheet (its number is the first column of the list).

    Example: mailtriage timesheet remove 3 --by maria
    """
    with office_of(context) as office:
        click.echo(f"taken out: {_entry_line(office.store.remove_time(entry, agent=by))}")


@click.command("invoice")
@click.argument("ticket", type=int, required=False)
@click.option("--customer", help="All work for this customer in a month.")
@click.option("--policy", help="The customer's policy, where several have one of that name.")
@click.option("--month", help="The month, such as 2026-05; belongs to --customer.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON object.")
@click.option("--csv", "as_csv", is_flag=True, help="The lines as CSV.")
@click.pass_context
def invoice(
    context: click.Context,
    ticket: int | None,
    customer: str | None,
    policy: str | None,
    month: str | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """What the work on a ticket, or for a customer in a month, costs by the price list in force.

    Example: mailtriage invoice --customer "Brewery South" --month 2026-05 --csv
    """
    if (ticket is None) == (customer is None) or (customer is None) != (month is None):
        raise MailtriageError("Name a ticket, or --customer with --month.")
    with office_of(context) as office:
        if ticket is not None:
            found = invoice_of_ticket(office.store, office.policies, _ticket(office, ticket))
        else:
            whose = _customer(office, customer or "", policy)
            begin, _ = _month(month or "")
            found = invoice_of_month(office.store, office.policies, whose.policy, whose.id, begin)
    if as_json:
        echo_json(found.to_json())
    elif as_csv:
        click.echo(_csv(found), nl=False)
    else:
        for line in _text(found):
            click.echo(printable(line))


def _ticket(office: Office, number: int) -> Ticket:
    found = office.store.ticket(number)
    if found is None:
        raise NoSuchTicket(number)
    return found


def _customer(office: Office, name: str, policy: str | None) -> Customer:
    found = [record.customer for record in office.store.customers_named(name, policy)]
    if not found:
        raise MailtriageError(f"There is no customer {name!r}; the name must be written as in the record.")
    if len(found) > 1:
        names = ", ".join(customer.policy for customer in found)
        raise MailtriageError(f"Several policies have a customer {name!r}: say which with --policy ({names}).")
    return found[0]


def _month(text: str) -> tuple[date, date]:
    """The first day of the month and of the next one."""
    try:
        return month_of(datetime.strptime(text, "%Y-%m").date())
    except ValueError as error:
        raise MailtriageError(f"{text!r} is not a month; write it as 2026-05.") from error


def _entry_line(entry: WorkEntry) -> str:
    note = f": {entry.note}" if entry.note else ""
    told = f"{entry.minutes} min {entry.kind}, {entry.activity}{note}"
    return printable(f"{entry.id}  ticket {entry.ticket}  {entry.day.isoformat()}  {told}  ({entry.agent})")


def _entry_json(entry: WorkEntry) -> dict[str, object]:
    return {
        "id": entry.id,
        "ticket": entry.ticket,
        "day": entry.day.isoformat(),
        "minutes": entry.minutes,
        "kind": entry.kind,
        "activity": entry.activity,
        "note": entry.note,
        "by": entry.agent,
        "at": entry.at.isoformat(),
    }


def _text(found: Invoice) -> list[str]:
    lines = [_line_text(line, found) for line in found.lines] or ["no time is booked"]
    if found.lines:
        lines += [f"ticket {number}: {_sum_text(total, found)}" for number, total in found.by_ticket.items()]
        lines += [f"{kind}: {_sum_text(total, found)}" for kind, total in found.by_kind.items()]
        lines.append(f"total: {_sum_text(found.total, found)}")
    if found.missing:
        kinds = ", ".join(found.missing)
        lines.append(f"The policy names no price for {kinds}: add it to per_unit under [prices]; its amounts are open.")
    return lines


def _line_text(line: Line, found: Invoice) -> str:
    free = f"; free: {line.free}" if line.free else f"; priced apart: {line.apart}" if line.apart else ""
    cost = "open" if line.amount is None else f"{found.currency or ''} {money(line.amount)}".strip()
    told = f"{line.minutes} min = {line.units} x {found.unit_minutes} min {line.kind}, {line.activity} ({line.agent})"
    return f"  ticket {line.ticket}  {line.day.isoformat()}  {told}: {cost}{free}"


def _sum_text(total: Sum, found: Invoice) -> str:
    cost = "open" if total.amount is None else f"{found.currency or ''} {money(total.amount)}".strip()
    return f"{total.minutes} min, {total.units} units, {cost}"


def _csv(found: Invoice) -> str:
    text = io.StringIO()
    written = csv.writer(text)
    written.writerow(COLUMNS)
    for line in found.lines:
        cells = (
            *(line.ticket, line.day.isoformat(), line.kind, line.activity, line.agent, line.minutes, line.units),
            *(money(line.amount), found.currency, line.free, line.apart, line.note),
        )
        written.writerow([guarded(cell) if isinstance(cell, str) else cell for cell in cells])
    return text.getvalue()
