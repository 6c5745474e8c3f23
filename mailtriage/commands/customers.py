"""Commands on customers."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TextIO

import click

from classifier.registry import Registry
from errors import MailtriageError
from mailtriage.commands.listing import printable
from mailtriage.commands.opened import office_of, settings_of
from mailtriage.commands.output import echo_json
from mailtriage.office import opened_books
from tickets.customer import assigning
from tickets.customer.customer_csv import Report, import_csv
from tickets.customer.customer_export import export_csv
from tickets.customer.customer_saving import ContactEntry
from tickets.customer.customer_values import check_contact, check_customer, contact_facts
from tickets.customer.domains import folded_address
from tickets.customer.erasure import erase_customer
from tickets.customer.whose import sender_sentence
from tickets.faults import NoSuchCustomer
from tickets.rows import CustomerRecord
from tickets.store import NoSuchTicket, Store

ACTOR = "command line"
POLICY = click.option("--policy", help="Which policy's, where customers of two policies have the name.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
CHUNK = 200


@click.group()
def customers() -> None:
    """The customers' agreements and contacts."""


@customers.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--policy", help="The policy of all rows, where the file has no policy column.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@AS_JSON
@click.pass_context
def customers_import(context: click.Context, file: Path, policy: str | None, dry_run: bool, as_json: bool) -> None:
    """Create or update customers and contacts from a CSV file; all of it or, on an error, nothing.

    Nothing is deleted: what the file does not name stays as it is.

    Example: mailtriage customers import customers.csv --policy penelope --dry-run
    """
    with office_of(context) as office:
        if policy is not None:
            office.policy(policy)
        with _reading(file) as stream:
            report = import_csv(office.store, stream, office.policies, policy=policy, actor=ACTOR, dry_run=dry_run)
        if as_json:
            echo_json(report.to_json())
        else:
            _tell(report)


@customers.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), default="-")
@click.option("--policy", help="Only the customers of this policy.")
@click.pass_context
def customers_export(context: click.Context, file: Path, policy: str | None) -> None:
    """Write all customers and contacts as CSV, to a file or (-) to the screen; `customers import` reads it back.

    Example: mailtriage customers export customers.csv --policy penelope
    """
    with office_of(context) as office:
        if policy is not None:
            office.policy(policy)
        records = office.store.customer_records(policy)
        written = io.StringIO()
        left_out = export_csv(records, office.policies, written)
        for sentence in left_out:
            click.echo(printable(f"left out: {sentence}"), err=True)
        if str(file) == "-":
            click.echo(written.getvalue(), nl=False)
            return
        try:
            # The mark tells spreadsheets that the file is UTF-8.
            file.write_text(written.getvalue(), encoding="utf-8-sig", newline="")
        except OSError as error:
            raise MailtriageError(f"{file}: cannot be written ({error.strerror}).") from error
        click.echo(f"{len(records)} customers written to {file}", err=True)


@customers.command("list")
@click.argument("words", nargs=-1)
@click.option("--policy", help="Only the customers of this policy.")
@AS_JSON
@click.pass_context
def customers_list(context: click.Context, words: Sequence[str], policy: str | None, as_json: bool) -> None:
    """List the customers whose name, domain or contact contains WORDS; all without.

    Example: mailtriage customers list river
    """
    with office_of(context) as office:
        offset = 0
        while found := office.store.search_customers(" ".join(words), policy=policy, limit=CHUNK, offset=offset):
            for record in found:
                if as_json:
                    echo_json(record.to_json())
                else:
                    click.echo(_line(record))
            offset += len(found)


@customers.command("show")
@click.argument("name")
@POLICY
@AS_JSON
@click.pass_context
def customers_show(context: click.Context, name: str, policy: str | None, as_json: bool) -> None:
    """Show one customer: facts, domains, contacts.

    Example: mailtriage customers show "River Clinic"
    """
    with office_of(context) as office:
        record = customer_named(office.store, name, policy)
        if as_json:
            echo_json(record.to_json())
            return
        customer = record.customer
        click.echo(printable(f"{customer.name}  ({customer.policy})"))
        click.echo(printable(f"  domains: {', '.join(customer.domains) or 'none'}"))
        for fact in office.policy(customer.policy).fact_values:
            click.echo(printable(f"  {fact}: {_value(customer.facts.get(fact))}"))
        for contact in record.contacts:
            told = [contact.address, contact.name, *(f"{k}={_value(v)}" for k, v in contact.facts.items())]
            left = [f"left on {contact.left_on}"] if contact.left_on else []
            click.echo(printable(f"  contact: {'  '.join(filter(None, told + left))}"))


@customers.command("set")
@click.argument("name")
@click.argument("facts", nargs=-1, required=True, metavar="FACT=VALUE...")
@POLICY
@click.pass_context
def customers_set(context: click.Context, name: str, facts: Sequence[str], policy: str | None) -> None:
    """Set facts of a customer; an empty value makes a fact unknown. `name` and `domains` (with commas) can be set, too.

    Example: mailtriage customers set "River Clinic" hosting=saas product_version=5.6 domains=river.example,river.test
    """
    with office_of(context) as office:
        record = customer_named(office.store, name, policy)
        customer, told = record.customer, _pairs(facts)
        domains = told.pop("domains").split(",") if "domains" in told else customer.domains
        new_name = told.pop("name", customer.name)
        own = office.policy(customer.policy)
        strange = {key: value for key, value in customer.facts.items() if key not in own.fact_values}
        known = {key: value for key, value in customer.facts.items() if key not in strange}
        checked = check_customer(own, new_name, domains, {**known, **told})
        _refuse(checked.faults)
        saved = office.store.edit_customer(
            customer.id,
            checked.name,
            checked.domains,
            {**strange, **checked.facts},
            expected=record.mark,
            actor=ACTOR,
        )
        click.echo(_line(saved))


@customers.command("add")
@click.argument("name")
@click.argument("facts", nargs=-1, metavar="[FACT=VALUE]...")
@click.option("--policy", required=True, help="The policy that the customer's agreement is under.")
@click.pass_context
def customers_add(context: click.Context, name: str, facts: Sequence[str], policy: str) -> None:
    """Add a customer, with facts as `customers set` takes them.

    Example: mailtriage customers add "River Clinic" --policy penelope domains=river.example hosting=saas
    """
    with office_of(context) as office:
        own, told = office.policy(policy), _pairs(facts)
        domains = told.pop("domains", "").split(",")
        checked = check_customer(own, name, domains, told)
        _refuse(checked.faults)
        made = office.store.create_customer(own.name, checked.name, checked.domains, checked.facts, actor=ACTOR)
        click.echo(_line(made))


@customers.command("erase")
@click.argument("name")
@POLICY
@click.option("--yes", is_flag=True, help="Do not ask.")
@AS_JSON
@click.pass_context
def customers_erase(context: click.Context, name: str, policy: str | None, yes: bool, as_json: bool) -> None:
    """Erase a customer: contacts, the mails of its people with all that is attached, and what names them.

    Its tickets stay as closed shells that are counted; no later model learns from its mails. It cannot be undone.
    Backups, and the mailbox itself, are not touched.

    Example: mailtriage customers erase "River Clinic"
    """
    settings = settings_of(context)
    with opened_books(settings) as (store, _):
        record = customer_named(store, name, policy)
        if not yes:
            click.confirm(printable(f"Erase {record.customer.name} and all its mail for good?"), abort=True, err=True)
        done = erase_customer(store, Registry(settings.models_dir), record.customer.id, actor=ACTOR)
        if as_json:
            echo_json(done.to_json())
            return
        click.echo(f"erased: {done.mails} mails of {len(done.tickets)} tickets, {len(done.files)} attached files")
        click.echo("What a model has learned from them goes with its next training: mailtriage train", err=True)


@customers.group("contact")
def contact() -> None:
    """The people of a customer."""


@contact.command("add")
@click.argument("customer")
@click.argument("address")
@click.argument("facts", nargs=-1, metavar="[FACT=VALUE]...")
@click.option("--name", help="The person's name.")
@POLICY
@click.pass_context
def contact_add(
    context: click.Context, customer: str, address: str, facts: Sequence[str], name: str | None, policy: str | None
) -> None:
    """Add a contact to a customer, or change one; a contact of another customer moves.

    Example: mailtriage customers contact add "River Clinic" ann@river.example --name Ann contact_role=system_admin
    """
    with office_of(context) as office:
        record = customer_named(office.store, customer, policy)
        own, told = office.policy(record.customer.policy), _pairs(facts)
        known = record.contact(folded_address(address))
        before = {key: value for key, value in known.facts.items() if key in contact_facts(own)} if known else {}
        was_called = known.name if known else ""
        left_on = known.left_on if known else None
        entry, faults = check_contact(own, address, was_called if name is None else name, {**before, **told}, left_on)
        _refuse(faults)
        saved = office.store.edit_contact(record.customer.id, entry, expected=record.mark, actor=ACTOR)
        click.echo(_line(saved))


@contact.command("left")
@click.argument("customer")
@click.argument("address")
@click.option("--on", "day", help="From which day on (default: today); an empty one takes it back.")
@POLICY
@click.pass_context
def contact_left(context: click.Context, customer: str, address: str, day: str | None, policy: str | None) -> None:
    """Note that a contact has left: from that day on mail from the address is nobody's.

    Example: mailtriage customers contact left "River Clinic" ann@river.example --on 2026-12-01
    """
    with office_of(context) as office:
        record = customer_named(office.store, customer, policy)
        known = record.contact(folded_address(address))
        if known is None:
            raise MailtriageError(f"{record.customer.name} has no contact {address}.")
        try:
            left_on = date.today() if day is None else date.fromisoformat(day) if day else None
        except ValueError as error:
            raise MailtriageError(f"--on: {day!r} is not a date such as 2026-12-31.") from error
        entry = ContactEntry(known.address, known.name, known.facts, left_on)
        office.store.edit_contact(record.customer.id, entry, expected=record.mark, actor=ACTOR)
        click.echo(printable(f"{known.address}: " + (f"left on {left_on}" if left_on else "has not left")))


@customers.command("assign")
@click.argument("ticket", type=int)
@click.argument("name")
@click.option("--add-contact", is_flag=True, help="Make the sender a contact, so that the next mail is the customer's.")
@click.option("--vouched-by", metavar="PERSON", help="Who vouches for the sender: counts as proof.")
@click.pass_context
def customers_assign(context: click.Context, ticket: int, name: str, add_contact: bool, vouched_by: str | None) -> None:
    """Give a ticket to a customer: it is decided again with what is known of the customer.

    Assigning alone proves no sender: what a policy promises to proven senders only, it promises then where somebody
    vouches.

    Example: mailtriage customers assign 17 "River Clinic" --add-contact --vouched-by maria
    """
    with office_of(context) as office:
        before = office.store.ticket(ticket)
        if before is None:
            raise NoSuchTicket(ticket)
        record = customer_named(office.store, name, before.policy)
        done = assigning.assign(
            office.store,
            office.policy_of(before),
            ticket,
            record,
            agent=ACTOR,
            add_contact=add_contact,
            vouched_by=vouched_by,
        )
        click.echo(printable(sender_sentence(done.facts, done.customer_name)))
        click.echo(printable(f"ticket {ticket}: {done.severity}, {done.scope}, {done.topic}; {done.terms.coverage}"))
        target = done.terms.response_target
        click.echo(f"first response due: {target.due.isoformat() if target else 'no target'}")


def customer_named(store: Store, name: str, policy: str | None) -> CustomerRecord:
    """The customer of that name; raises :class:`NoSuchCustomer`, also where two policies have one."""
    found = store.customers_named(name, policy)
    if not found:
        under = f" under {policy}" if policy else ""
        raise NoSuchCustomer(f"There is no customer called {name!r}{under}; `mailtriage customers list` has all.")
    if len(found) > 1:
        policies = ", ".join(record.customer.policy for record in found)
        raise NoSuchCustomer(f"{name!r} is a customer under {policies}: say which with --policy.")
    return found[0]


@contextmanager
def _reading(file: Path) -> Iterator[TextIO]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            yield stream
    except OSError as error:
        raise MailtriageError(f"{file}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise MailtriageError(f"{file}: is not UTF-8 (byte {error.start}).") from error


def _tell(report: Report) -> None:
    for change in report.changes:
        click.echo(printable(f"{'new' if change.new else 'changed'}  {change.policy}  {change.name}"))
        for sentence in change.sentences():
            click.echo(printable(f"    {sentence}"))
        for warning in report.warnings_of(change):
            click.echo(printable(f"    WARNING: {warning}"))
    would = "" if report.saved else "would change: "
    counts = f"{report.new} new, {len(report.changes) - report.new} changed, {report.unchanged} unchanged"
    click.echo(f"{would}{counts} (customers in the file: {report.customers}, contacts: {report.contacts})")


def _line(record: CustomerRecord) -> str:
    customer = record.customer
    told = f"{len(record.contacts)} contacts  {', '.join(customer.domains)}"
    return printable(f"{customer.policy}  {customer.name}  {told}").rstrip()


def _value(value: object) -> str:
    return "unknown" if value is None else ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _pairs(facts: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for each in facts:
        name, is_there, value = each.partition("=")
        if not is_there:
            raise MailtriageError(f"{each!r}: write FACT=VALUE, such as hosting=saas.")
        pairs[name.strip()] = value
    return pairs


def _refuse(faults: Mapping[str, str]) -> None:
    if faults:
        raise MailtriageError("Nothing was saved. " + " ".join(f"{name}: {fault}" for name, fault in faults.items()))
