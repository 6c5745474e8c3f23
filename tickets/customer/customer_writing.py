"""Customers and contacts written, many at once: few statements however many there are, and an event each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, update

from tickets import schema
from tickets.customer.customer_changes import ContactChange, CustomerChange
from tickets.events import add, happening
from tickets.rows import Contact, Customer

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ContactPlan:
    """A contact as it is and is to be, and what makes the one of the other."""

    policy: str
    before: Contact | None
    after: Contact
    change: ContactChange


@dataclass(frozen=True, slots=True)
class Plan:
    """A customer as it is and is to be, what changes, and those of its contacts that change."""

    before: Customer | None
    after: Customer
    change: CustomerChange
    contacts: tuple[ContactPlan, ...] = ()


def write(connection: Connection, plans: Sequence[Plan], actor: str) -> list[Customer]:
    """Writes what changes; the customers as they are kept, in order."""
    customers = _kept_customers(connection, plans)
    told = [
        replace(contact, after=replace(contact.after, customer_id=customer.id))
        for plan, customer in zip(plans, customers, strict=True)
        for contact in plan.contacts
    ]
    contacts = zip(told, _kept_contacts(connection, told), strict=True)
    happenings = []
    for plan, customer in zip(plans, customers, strict=True):
        if plan.change.touches_customer:
            happenings.append(_customer_saved(customer, plan.change, actor))
        for _ in plan.contacts:
            contact, kept = next(contacts)
            happenings.append(_contact_saved(kept, contact.change, actor))
    add(connection, happenings)
    return customers


def write_contact(connection: Connection, plan: ContactPlan, actor: str) -> Contact:
    """Writes what changes of one contact; the contact as it is kept."""
    if not plan.change:
        return plan.after
    [kept] = _kept_contacts(connection, [plan])
    add(connection, [_contact_saved(kept, plan.change, actor)])
    return kept


def _kept_customers(connection: Connection, plans: Sequence[Plan]) -> list[Customer]:
    table = schema.customer
    new = [_row(plan.after) for plan in plans if plan.before is None]
    ids = _made(connection, table, new, ("policy", "name"))
    kept = [
        replace(plan.after, id=ids[plan.after.policy, plan.after.name]) if plan.before is None else plan.after
        for plan in plans
    ]
    touched = [
        {"row": customer.id, **_row(customer)}
        for plan, customer in zip(plans, kept, strict=True)
        if plan.before is not None and plan.change.touches_customer
    ]
    if touched:
        connection.execute(update(table).where(table.c.id == bindparam("row")), touched)
    _write_domains(connection, [(customer.id, plan.change) for plan, customer in zip(plans, kept, strict=True)])
    return kept


def _write_domains(connection: Connection, changes: Collection[tuple[int, CustomerChange]]) -> None:
    table = schema.customer_domain
    gone = [{"whose": number, "which": domain} for number, change in changes for domain in change.domains_removed]
    new = [{"customer_id": number, "domain": domain} for number, change in changes for domain in change.domains_added]
    if gone:
        asked = (table.c.customer_id == bindparam("whose"), table.c.domain == bindparam("which"))
        connection.execute(delete(table).where(*asked), gone)
    if new:
        connection.execute(insert(table), new)


def _kept_contacts(connection: Connection, plans: Sequence[ContactPlan]) -> list[Contact]:
    table = schema.contact
    new = [{"policy": each.policy, **_contact_row(each.after)} for each in plans if each.before is None]
    ids = _made(connection, table, new, ("policy", "address"))
    touched = [{"row": each.after.id, **_contact_row(each.after)} for each in plans if each.before is not None]
    if touched:
        connection.execute(update(table).where(table.c.id == bindparam("row")), touched)
    return [
        replace(each.after, id=ids[each.policy, each.after.address]) if each.before is None else each.after
        for each in plans
    ]


def _made(
    connection: Connection, table: Any, rows: Sequence[Row], key: tuple[str, str]
) -> Mapping[tuple[str, str], int]:
    """The numbers of new rows, by the two columns that no two rows share."""
    if not rows:
        return {}
    made = connection.execute(insert(table).returning(table.c.id, *(table.c[name] for name in key)), rows)
    return {(first, second): number for number, first, second in made}


def _row(customer: Customer) -> Row:
    return {"policy": customer.policy, "name": customer.name, "facts": dict(customer.facts)}


def _contact_row(contact: Contact) -> Row:
    told = {"customer_id": contact.customer_id, "address": contact.address, "name": contact.name}
    return {**told, "facts": dict(contact.facts), "left_on": contact.left_on}


def _customer_saved(customer: Customer, change: CustomerChange, actor: str) -> Row:
    told = {"customer": customer.id, "name": customer.name, "domains": list(customer.domains)}
    changes = replace(change, contacts=()).to_json()
    return happening("customer_saved", {**told, "facts": dict(customer.facts), "changes": changes}, actor=actor)


def _contact_saved(contact: Contact, change: ContactChange, actor: str) -> Row:
    told = {"contact": contact.id, "customer": contact.customer_id, "address": contact.address}
    return happening("contact_saved", {**told, "facts": dict(contact.facts), "changes": change.to_json()}, actor=actor)
