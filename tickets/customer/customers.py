"""Companies with an agreement and the people of them, as they are read; and whose mail is whose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, func, or_, select

from policies.facts import SenderKind
from tickets import schema
from tickets.among import among
from tickets.audits import blinded
from tickets.columns import countable, storable
from tickets.customer.domains import domain_of, domains_above, folded_address
from tickets.rows import Contact, Customer, CustomerRecord, Event, QueueItem
from tickets.stored import contact_of, event_of, queue_item_of, queue_with_customer

CUSTOMER_EVENTS = ("customer_saved", "contact_saved", "customer_erased")


@dataclass(frozen=True, slots=True)
class Found:
    """Whose mail an address is: the customer it belongs to, if that is known, and the contact that has the address.

    ``candidates`` are the customers it may belong to where it is not known, by name; ``kind`` says what it was found
    by, or why it was not.
    """

    customer: Customer | None = None
    contact: Contact | None = None
    candidates: tuple[Customer, ...] = ()
    kind: SenderKind = "unknown"

    def on(self, day: date) -> Found:
        """What is known of a mail sent on ``day``: a contact who left by then speaks for nobody."""
        if self.customer is None or self.contact is None or self.contact.left_on is None or day < self.contact.left_on:
            return self
        return Found(None, self.contact, (self.customer,), "left")


NOBODY = Found()


def find(connection: Connection, policy: str, addresses: Collection[str]) -> dict[str, Found]:
    """For each address, the customer it belongs to: by contact, else by a domain that exactly one customer has.

    A domain below one of a customer is another domain, and makes that customer a candidate at most.
    """
    folded = {address: storable(folded_address(address)) for address in addresses}
    contacts = _contacts(connection, policy, set(folded.values()))
    asked = {domain_of(each) for each in folded.values()} - {""}
    by_domain = _customers_by_domain(connection, policy, asked.union(*map(domains_above, asked)))
    wanted = {c.customer_id for c in contacts.values()} | {c for ids in by_domain.values() for c in ids}
    known = {c.id: c for c in _customers(connection, schema.customer.c.id, wanted)}
    found: dict[str, Found] = {}
    for address, key in folded.items():
        contact = contacts.get(key)
        if contact is not None:
            found[address] = Found(known[contact.customer_id], contact, kind="contact")
        else:
            found[address] = _by_domain(domain_of(key), by_domain, known)
    return found


def _by_domain(domain: str, by_domain: dict[str, list[int]], known: dict[int, Customer]) -> Found:
    own = _by_name(known[each] for each in by_domain.get(domain, ()))
    if len(own) == 1:
        return Found(own[0], kind="domain")
    if own:
        return Found(candidates=own, kind="shared_domain")
    above = {each for parent in domains_above(domain) for each in by_domain.get(parent, ())}
    return Found(candidates=_by_name(known[each] for each in above), kind="subdomain") if above else NOBODY


def _by_name(found: Iterable[Customer]) -> tuple[Customer, ...]:
    return tuple(sorted(found, key=lambda customer: customer.name))


def _contacts(connection: Connection, policy: str, addresses: Collection[str]) -> dict[str, Contact]:
    table = schema.contact
    found: dict[str, Contact] = {}
    if addresses:
        query = select(table).where(table.c.policy == policy, among(connection, table.c.address, addresses))
        found |= {row.address: contact_of(row) for row in connection.execute(query)}
    return found


def contacts_at(connection: Connection, policy: str, addresses: Collection[str]) -> dict[str, Contact]:
    """The contacts of a policy that have one of the addresses, by address as it is kept."""
    return _contacts(connection, policy, {storable(folded_address(each)) for each in addresses})


def _customers_by_domain(connection: Connection, policy: str, domains: Collection[str]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    table = schema.customer_domain
    if domains:
        asked = among(connection, table.c.domain, map(storable, domains))
        query = select(table).join(schema.customer).where(schema.customer.c.policy == policy, asked)
        for row in connection.execute(query):
            found[row.domain].append(row.customer_id)
    return found


def _customers(
    connection: Connection, column: Any, values: Collection[Any], policy: str | None = None
) -> list[Customer]:
    """The customers whose ``column`` has one of ``values``, by name; of one policy if given."""
    if not values:
        return []
    query = select(schema.customer).where(among(connection, column, values))
    if policy is not None:
        query = query.where(schema.customer.c.policy == policy)
    rows = sorted(connection.execute(query), key=lambda row: (row.policy, row.name))
    domains: defaultdict[int, list[str]] = defaultdict(list)
    table = schema.customer_domain
    asked = among(connection, table.c.customer_id, [row.id for row in rows])
    for row in connection.execute(select(table).where(asked).order_by(table.c.domain)):
        domains[row.customer_id].append(row.domain)
    return [Customer(row.id, row.policy, row.name, tuple(domains[row.id]), dict(row.facts)) for row in rows]


def every(connection: Connection, policy: str | None) -> list[Customer]:
    """All customers, or those of one policy, by name."""
    policies = {policy} if policy is not None else set(connection.scalars(select(schema.customer.c.policy).distinct()))
    return _customers(connection, schema.customer.c.policy, policies)


def named(connection: Connection, policy: str, names: Collection[str]) -> dict[str, Customer]:
    """The customers of a policy that bear one of the names."""
    wanted = {storable(name) for name in names}
    return {c.name: c for c in _customers(connection, schema.customer.c.name, wanted, policy)}


def bearing(connection: Connection, name: str, policy: str | None) -> list[Customer]:
    """The customers of that name, by policy; of one policy if given."""
    return _customers(connection, schema.customer.c.name, [storable(name.strip())], policy)


def records(connection: Connection, customers: Collection[Customer]) -> list[CustomerRecord]:
    """The customers with their contacts, by address, in the order given."""
    contacts: defaultdict[int, list[Contact]] = defaultdict(list)
    table = schema.contact
    if customers:
        asked = among(connection, table.c.customer_id, [customer.id for customer in customers])
        for row in connection.execute(select(table).where(asked).order_by(table.c.address)):
            contacts[row.customer_id].append(contact_of(row))
    return [CustomerRecord(customer, tuple(contacts[customer.id])) for customer in customers]


def record(connection: Connection, customer_id: int) -> CustomerRecord | None:
    """The customer of that id with its contacts; None when there is none."""
    found = _customers(connection, schema.customer.c.id, [countable(customer_id)])
    return records(connection, found)[0] if found else None


def matching(connection: Connection, policy: str | None, words: str, limit: int, offset: int) -> list[CustomerRecord]:
    """Customers whose name, a domain or a contact's address or name contains ``words``, by name."""
    query: Select[Any] = select(schema.customer.c.id).order_by(
        func.lower(schema.customer.c.name), schema.customer.c.policy, schema.customer.c.id
    )
    if policy is not None:
        query = query.where(schema.customer.c.policy == policy)
    if words:
        query = query.where(_mentions(storable(words.lower())))
    ids = list(connection.scalars(query.limit(countable(limit)).offset(countable(offset))))
    found = {customer.id: customer for customer in _customers(connection, schema.customer.c.id, ids)}
    return records(connection, [found[each] for each in ids])


def names(connection: Connection, policy: str, limit: int) -> list[str]:
    """The names of a policy's customers, in order."""
    table = schema.customer.c
    query = select(table.name).where(table.policy == policy).order_by(func.lower(table.name), table.id)
    return list(connection.scalars(query.limit(countable(limit))))


def _mentions(words: str) -> Any:
    def contains(column: Any) -> Any:
        return func.lower(column).contains(words, autoescape=True)

    domains, contacts = schema.customer_domain.c, schema.contact.c
    return or_(
        contains(schema.customer.c.name),
        schema.customer.c.id.in_(select(domains.customer_id).where(contains(domains.domain))),
        schema.customer.c.id.in_(
            select(contacts.customer_id).where(or_(contains(contacts.address), contains(contacts.name)))
        ),
    )


def tickets_of(connection: Connection, customer_id: int, limit: int, offset: int) -> list[QueueItem]:
    """The customer's tickets, newest first."""
    table = schema.ticket.c
    query = (
        queue_with_customer()
        .where(table.customer_id == countable(customer_id))
        .order_by(table.created_at.desc(), table.number.desc())
    )
    rows = connection.execute(query.limit(countable(limit)).offset(countable(offset)))
    return blinded(connection, [queue_item_of(row) for row in rows])


def events_of(connection: Connection, customer_id: int, limit: int) -> list[Event]:
    """What happened to the customer's record and its contacts, newest first."""
    table = schema.event
    query = (
        select(table)
        .where(table.c.ticket.is_(None), table.c.kind.in_(CUSTOMER_EVENTS))
        .where(table.c.details["customer"].as_integer() == countable(customer_id))
        .order_by(table.c.id.desc())
        .limit(countable(limit))
    )
    return [event_of(row) for row in connection.execute(query)]
