"""Customers and contacts written: each with what changed, as an event."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy import Connection, select

from policies.facts import FactValue
from tickets import schema
from tickets.among import among
from tickets.columns import countable, storable
from tickets.customer import customers
from tickets.customer.customer_changes import CustomerChange, change_of, change_of_contact, known_facts
from tickets.customer.customer_writing import ContactPlan, Plan, write, write_contact
from tickets.customer.domains import MAX_ADDRESS, MAX_DOMAIN, folded_address, folded_domain
from tickets.faults import CustomerChanged, ImportChanged, NameTaken, NoSuchCustomer, StoreError
from tickets.rows import Contact, Customer, CustomerRecord

LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class ContactEntry:
    """A contact as it is to be; the address is what it is known by."""

    address: str
    name: str = ""
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    left_on: date | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What is told of a customer and of some of its contacts; the other contacts stay.

    ``spoken`` names the facts that are told of the customer, and ``domains`` where they are; ``spoken_of_contacts`` the
    facts told of its contacts, and ``name`` and ``left_on``. What is told of and has no value is unknown; what is not
    told of stays as it is recorded when the entry is saved. None tells of everything.
    """

    policy: str
    name: str
    domains: tuple[str, ...]
    facts: Mapping[str, FactValue]
    contacts: tuple[ContactEntry, ...] = ()
    spoken: frozenset[str] | None = None
    spoken_of_contacts: frozenset[str] | None = None


def changes_by(connection: Connection, entries: Sequence[Entry]) -> list[CustomerChange]:
    """What saving the entries would change, those that would change nothing included, in order."""
    return [plan.change for plan in _plans(connection, entries)]


def save_entries(
    connection: Connection, entries: Sequence[Entry], actor: str, *, expected: Sequence[CustomerChange] | None = None
) -> list[CustomerChange]:
    """Saves customers and their contacts; what changed of each, in order.

    Raises :class:`ImportChanged`, and writes nothing, unless the changes are those ``expected`` (None: any).
    """
    _lock(connection, entries)
    plans = _plans(connection, entries)
    changes = [plan.change for plan in plans]
    if expected is not None and [change for change in changes if change] != list(expected):
        raise ImportChanged
    write(connection, plans, actor)
    return changes


def _by_policy(entries: Sequence[Entry]) -> Mapping[str, list[Entry]]:
    by_policy: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_policy[entry.policy].append(entry)
    return by_policy


def _lock(connection: Connection, entries: Sequence[Entry]) -> None:
    """Keeps others from changing the customers named, and those whose contacts are, until the transaction ends.

    All in one order, as whoever counts quotas does: two who save wait for one another, and neither for ever.
    """
    table, ids = schema.customer, set[int]()
    for policy, own in _by_policy(entries).items():
        names = [storable(entry.name.strip()) for entry in own]
        ids |= set(
            connection.scalars(
                select(table.c.id).where(table.c.policy == policy, among(connection, table.c.name, names))
            )
        )
        asked = [contact.address for entry in own for contact in entry.contacts]
        ids |= {contact.customer_id for contact in customers.contacts_at(connection, policy, asked).values()}
    if ids:
        query = select(table.c.id).where(among(connection, table.c.id, ids)).order_by(table.c.id)
        connection.execute(query.with_for_update(key_share=True)).all()


def _plans(connection: Connection, entries: Sequence[Entry]) -> list[Plan]:
    before: dict[tuple[str, str], Customer] = {}
    contacts: dict[tuple[str, str], Contact] = {}
    for policy, own in _by_policy(entries).items():
        found = customers.named(connection, policy, [entry.name.strip() for entry in own])
        before |= {(policy, name): customer for name, customer in found.items()}
        asked = [contact.address for entry in own for contact in entry.contacts]
        at = customers.contacts_at(connection, policy, asked)
        contacts |= {(policy, address): contact for address, contact in at.items()}
    names = _names(connection, {contact.customer_id for contact in contacts.values()})
    keys = [(entry.policy, storable(entry.name.strip())) for entry in entries]
    return [_plan(entry, before.get(key), contacts, names) for entry, key in zip(entries, keys, strict=True)]


def _plan(
    entry: Entry,
    before: Customer | None,
    contacts: Mapping[tuple[str, str], Contact],
    names: Mapping[int, str],
) -> Plan:
    after = _merged(entry, before)
    told = []
    for each in entry.contacts:
        known = contacts.get((entry.policy, _address(each.address)))
        contact = _merged_contact(entry.spoken_of_contacts, each, known, after.id)
        moved_from = names.get(known.customer_id) if known and known.customer_id != after.id else None
        if change := change_of_contact(known, contact, moved_from):
            told.append(ContactPlan(entry.policy, known, contact, change))
    changed = tuple(each.change for each in told)
    return Plan(before, after, replace(change_of(before, after), contacts=changed), tuple(told))


def _merged(entry: Entry, before: Customer | None) -> Customer:
    """The customer as recorded, with what the entry tells of it."""
    if before is None or entry.spoken is None:
        return _as_saved(before.id if before else 0, entry.policy, entry.name, entry.domains, entry.facts)
    domains = entry.domains if "domains" in entry.spoken else before.domains
    facts = {**_not_in(entry.spoken, before.facts), **entry.facts}
    return _as_saved(before.id, entry.policy, entry.name, domains, facts)


def _merged_contact(spoken: frozenset[str] | None, told: ContactEntry, before: Contact | None, whose: int) -> Contact:
    if before is None or spoken is None:
        return _contact(before.id if before else 0, whose, told)
    name = told.name if "name" in spoken else before.name
    left_on = told.left_on if "left_on" in spoken else before.left_on
    facts = {**_not_in(spoken, before.facts), **told.facts}
    return _contact(before.id, whose, ContactEntry(told.address, name, facts, left_on))


def _not_in(spoken: frozenset[str], facts: Mapping[str, FactValue]) -> dict[str, FactValue]:
    return {name: value for name, value in facts.items() if name not in spoken}


def save_customer(
    connection: Connection, policy: str, name: str, domains: Collection[str], facts: Mapping[str, FactValue], actor: str
) -> Customer:
    """Creates or updates the customer of that policy and name; domains and facts are replaced."""
    before = customers.named(connection, policy, [name.strip()]).get(storable(name.strip()))
    after = _as_saved(before.id if before else 0, policy, name, domains, facts)
    return _write(connection, before, after, actor)


def create(
    connection: Connection, policy: str, name: str, domains: Collection[str], facts: Mapping[str, FactValue], actor: str
) -> CustomerRecord:
    """A new customer; raises :class:`NameTaken` where the policy has one of that name."""
    after = _as_saved(0, policy, name, domains, facts)
    _check_name_free(connection, after)
    return _record(connection, _write(connection, None, after, actor).id)


def edit(
    connection: Connection,
    customer_id: int,
    name: str,
    domains: Collection[str],
    facts: Mapping[str, FactValue],
    *,
    expected: str | None,
    actor: str,
) -> CustomerRecord:
    """The customer of that id as it is to be; raises :class:`CustomerChanged` unless its mark is ``expected``."""
    before = _expected(connection, customer_id, expected).customer
    after = _as_saved(before.id, before.policy, name, domains, facts)
    if after.name != before.name:
        _check_name_free(connection, after)
    _write(connection, before, after, actor)
    return _record(connection, customer_id)


def edit_contact(
    connection: Connection, customer_id: int, told: ContactEntry, *, expected: str | None, actor: str
) -> CustomerRecord:
    """The contact as it is to be; raises :class:`CustomerChanged` unless the customer's mark is ``expected``."""
    _expected(connection, customer_id, expected)
    save_contact(connection, customer_id, told, actor)
    return _record(connection, customer_id)


def save_contact(connection: Connection, customer_id: int, told: ContactEntry, actor: str) -> Contact:
    """Creates or updates the contact of that address under the customer's policy; it may move from another customer."""
    key = _address(told.address)
    if "@" not in key or len(key) > MAX_ADDRESS:
        raise StoreError(f"A contact needs a mail address, not {told.address!r}.")
    policy = connection.scalar(select(schema.customer.c.policy).where(schema.customer.c.id == countable(customer_id)))
    if policy is None:
        raise NoSuchCustomer(f"There is no customer {customer_id}.")
    before = customers.contacts_at(connection, policy, [key]).get(key)
    after = _contact(before.id if before else 0, customer_id, told)
    names = _names(connection, {before.customer_id} - {customer_id}) if before else {}
    change = change_of_contact(before, after, names.get(before.customer_id) if before else None)
    return write_contact(connection, ContactPlan(policy, before, after, change), actor)


def _write(connection: Connection, before: Customer | None, after: Customer, actor: str) -> Customer:
    """Writes what changed; the customer as it is kept."""
    [kept] = write(connection, [Plan(before, after, change_of(before, after))], actor)
    return kept


def _as_saved(
    customer_id: int, policy: str, name: str, domains: Collection[str], facts: Mapping[str, FactValue]
) -> Customer:
    name = storable(name.strip())
    if not name or len(name) > LONGEST_NAME:
        raise StoreError(f"A customer needs a name of at most {LONGEST_NAME} characters.")
    kept = tuple(sorted({storable(folded_domain(domain)) for domain in domains} - {""}))
    if any(len(domain) > MAX_DOMAIN for domain in kept):
        raise StoreError(f"A domain of {name} is longer than {MAX_DOMAIN} characters.")
    return Customer(customer_id, policy, name, kept, known_facts(facts))


def _contact(contact_id: int, customer_id: int, told: ContactEntry) -> Contact:
    name = storable(told.name.strip())
    return Contact(contact_id, customer_id, _address(told.address), name, known_facts(told.facts), told.left_on)


def _address(address: str) -> str:
    return storable(folded_address(address))


def _names(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    table = schema.customer
    query = select(table.c.id, table.c.name).where(among(connection, table.c.id, ids))
    return {row.id: row.name for row in connection.execute(query)} if ids else {}


def _check_name_free(connection: Connection, customer: Customer) -> None:
    if customers.named(connection, customer.policy, [customer.name]):
        raise NameTaken(f"The policy {customer.policy} has a customer called {customer.name} already.")


def _expected(connection: Connection, customer_id: int, mark: str | None) -> CustomerRecord:
    """The record, locked until the transaction ends, if its mark is the one given (None: whatever it is)."""
    table = schema.customer
    connection.execute(select(table.c.id).where(table.c.id == countable(customer_id)).with_for_update())
    found = _record(connection, customer_id)
    if mark is not None and mark != found.mark:
        raise CustomerChanged(found.customer.name)
    return found


def _record(connection: Connection, customer_id: int) -> CustomerRecord:
    found = customers.record(connection, customer_id)
    if found is None:
        raise NoSuchCustomer(f"There is no customer {customer_id}.")
    return found
