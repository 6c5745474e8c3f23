"""Companies with an agreement, the people of them, and whose mail is whose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from policies.facts import FactValue
from tickets import schema
from tickets.among import among
from tickets.columns import countable, storable
from tickets.domains import MAX_ADDRESS, MAX_DOMAIN, domain_of, folded_address, folded_domain
from tickets.events import add, happening
from tickets.faults import StoreError
from tickets.rows import Contact, Customer
from tickets.stored import contact_of

Found = tuple[Customer | None, Contact | None]


def find(connection: Connection, policy: str, addresses: Collection[str]) -> dict[str, Found]:
    """For each address, the customer it belongs to: by contact, else by a domain that exactly one customer has."""
    folded = {address: storable(folded_address(address)) for address in addresses}
    contacts = _contacts(connection, policy, set(folded.values()))
    by_domain = _customers_by_domain(connection, policy, {domain_of(a) for a in folded.values()} - {""})
    wanted = {c.customer_id for c in contacts.values()} | {c for ids in by_domain.values() for c in ids}
    known = {c.id: c for c in _customers(connection, schema.customer.c.id, wanted)}
    found: dict[str, Found] = {}
    for address, key in folded.items():
        contact = contacts.get(key)
        candidates = by_domain.get(domain_of(key), ())
        if contact is not None:
            found[address] = known[contact.customer_id], contact
        else:
            found[address] = (known[candidates[0]] if len(candidates) == 1 else None), None
    return found


def _contacts(connection: Connection, policy: str, addresses: Collection[str]) -> dict[str, Contact]:
    table = schema.contact
    found: dict[str, Contact] = {}
    if addresses:
        query = select(table).where(table.c.policy == policy, among(connection, table.c.address, addresses))
        found |= {row.address: contact_of(row) for row in connection.execute(query)}
    return found


def _customers_by_domain(connection: Connection, policy: str, domains: Collection[str]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    table = schema.customer_domain
    if domains:
        asked = among(connection, table.c.domain, map(storable, domains))
        query = select(table).join(schema.customer).where(schema.customer.c.policy == policy, asked)
        for row in connection.execute(query):
            found[row.domain].append(row.customer_id)
    return found


def _customers(connection: Connection, column: Any, values: Collection[Any]) -> list[Customer]:
    """The customers whose ``column`` has one of ``values``, by name."""
    if not values:
        return []
    rows = sorted(
        connection.execute(select(schema.customer).where(among(connection, column, values))),
        key=lambda row: (row.policy, row.name),
    )
    domains: defaultdict[int, list[str]] = defaultdict(list)
    table = schema.customer_domain
    query = (
        select(table).where(among(connection, table.c.customer_id, [row.id for row in rows])).order_by(table.c.domain)
    )
    for row in connection.execute(query):
        domains[row.customer_id].append(row.domain)
    return [Customer(row.id, row.policy, row.name, tuple(domains[row.id]), dict(row.facts)) for row in rows]


def every(connection: Connection, policy: str | None) -> list[Customer]:
    """All customers, or those of one policy, by name."""
    policies = {policy} if policy is not None else set(connection.scalars(select(schema.customer.c.policy).distinct()))
    return _customers(connection, schema.customer.c.policy, policies)


def named(connection: Connection, policy: str, names: Collection[str]) -> dict[str, Customer]:
    """The customers of a policy that bear one of the names."""
    wanted = {storable(name) for name in names}
    return {c.name: c for c in _customers(connection, schema.customer.c.name, wanted) if c.policy == policy}


def save_customer(
    connection: Connection, policy: str, name: str, domains: Collection[str], facts: Mapping[str, FactValue], actor: str
) -> Customer:
    """Creates or updates the customer of that policy and name; domains and facts are replaced."""
    table, name = schema.customer, name.strip()
    if not name:
        raise StoreError("A customer needs a name.")
    before = named(connection, policy, [name]).get(storable(name))
    if before is None:
        row = {"policy": policy, "name": name, "facts": dict(facts)}
        customer_id = connection.scalars(insert(table).values(row).returning(table.c.id)).one()
    else:
        customer_id = before.id
        connection.execute(update(table).where(table.c.id == customer_id).values(facts=dict(facts)))
        connection.execute(delete(schema.customer_domain).where(schema.customer_domain.c.customer_id == customer_id))
    kept = sorted({storable(folded_domain(domain)) for domain in domains} - {""})
    if any(len(domain) > MAX_DOMAIN for domain in kept):
        raise StoreError(f"A domain of {name} is longer than {MAX_DOMAIN} characters.")
    if kept:
        rows = [{"customer_id": customer_id, "domain": domain} for domain in kept]
        connection.execute(insert(schema.customer_domain), rows)
    saved = named(connection, policy, [name])[storable(name)]
    if saved != before:
        details = {"customer": customer_id, "name": name, "domains": kept, "facts": dict(saved.facts)}
        add(connection, [happening("customer_saved", details, actor=actor)])
    return saved


def save_contact(
    connection: Connection, customer_id: int, address: str, name: str, facts: Mapping[str, FactValue], actor: str
) -> Contact:
    """Creates or updates the contact of that address under the customer's policy; it may move from another customer."""
    table, key = schema.contact, storable(folded_address(address))
    if "@" not in key or len(key) > MAX_ADDRESS:
        raise StoreError(f"A contact needs a mail address, not {address!r}.")
    policy = connection.scalar(select(schema.customer.c.policy).where(schema.customer.c.id == countable(customer_id)))
    if policy is None:
        raise StoreError(f"There is no customer {customer_id}.")
    before = _contacts(connection, policy, [key]).get(key)
    row = {"customer_id": customer_id, "name": name.strip(), "facts": dict(facts)}
    if before is None:
        connection.execute(insert(table).values(policy=policy, address=key, **row))
    else:
        connection.execute(update(table).where(table.c.id == before.id).values(row))
    saved = _contacts(connection, policy, [key])[key]
    if saved != before:
        details = {"contact": saved.id, "customer": customer_id, "address": key, "facts": dict(saved.facts)}
        add(connection, [happening("contact_saved", details, actor=actor)])
    return saved


@dataclass(frozen=True, slots=True)
class Entry:
    """A customer with contacts, as a file of customers gives them."""

    policy: str
    name: str
    domains: tuple[str, ...]
    facts: Mapping[str, FactValue]
    contacts: tuple[tuple[str, str, Mapping[str, FactValue]], ...] = ()
    """Address, name and facts of each."""


def save_entries(connection: Connection, entries: Sequence[Entry], actor: str) -> tuple[int, int]:
    """Saves customers and their contacts; how many of each."""
    for entry in entries:
        saved = save_customer(connection, entry.policy, entry.name, entry.domains, entry.facts, actor)
        for address, name, facts in entry.contacts:
            save_contact(connection, saved.id, address, name, facts, actor)
    return len(entries), sum(len(entry.contacts) for entry in entries)
