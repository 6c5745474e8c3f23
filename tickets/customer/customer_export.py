"""Customers and their contacts as a CSV file (RFC 4180) that :mod:`tickets.customer.customer_csv` reads back."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TextIO

from policies.facts import FactValue
from policies.policy import Policy
from tickets.customer.csv_cells import guarded
from tickets.customer.customer_csv import COLUMNS
from tickets.customer.customer_values import contact_facts, read_fact_of
from tickets.rows import CustomerRecord


def export_csv(records: Sequence[CustomerRecord], policies: Mapping[str, Policy], stream: TextIO) -> list[str]:
    """Writes a line a customer and a line a contact, in the order given, and says in sentences what it left out.

    Left out is what a file cannot bring back: facts that the policy does not have (any more), or whose values it does
    not take. Cells that a spreadsheet would take for formulas are guarded.
    """
    names = {record.customer.policy for record in records}
    facts = sorted({fact for name in names & policies.keys() for fact in policies[name].fact_values})
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([*COLUMNS, *facts])
    left_out: list[str] = []
    for record in records:
        policy = policies.get(record.customer.policy)
        if policy is None:
            left_out.append(f"{record.customer.name}: there is no policy {record.customer.policy}.")
            continue
        left_out += _left_out(record, policy)
        writer.writerows([[guarded(cell) for cell in line] for line in _lines(record, policy, facts)])
    return left_out


def _lines(record: CustomerRecord, policy: Policy, facts: Sequence[str]) -> Iterator[list[str]]:
    customer = record.customer
    told = _readable(policy, customer.facts, policy.fact_values)
    yield [customer.policy, customer.name, ";".join(customer.domains), "", "", "", *(told.get(f, "") for f in facts)]
    for contact in record.contacts:
        own = _readable(policy, contact.facts, contact_facts(policy))
        left_on = contact.left_on.isoformat() if contact.left_on else ""
        cells = [customer.policy, customer.name, "", contact.address, contact.name, left_on]
        yield [*cells, *(own.get(fact, "") for fact in facts)]


def _readable(policy: Policy, facts: Mapping[str, FactValue], allowed: Iterable[str]) -> dict[str, str]:
    return {
        name: _cell(facts[name])
        for name in allowed
        if facts.get(name) is not None and read_fact_of(policy, name, facts[name])[0] is not None
    }


def _cell(value: FactValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _left_out(record: CustomerRecord, policy: Policy) -> Iterator[str]:
    kept = [(record.customer.name, record.customer.facts, tuple(policy.fact_values))]
    kept += [(f"{record.customer.name}, {c.address}", c.facts, contact_facts(policy)) for c in record.contacts]
    for whose, facts, allowed in kept:
        readable = _readable(policy, facts, allowed)
        for name, value in facts.items():
            if value is not None and name not in readable:
                yield f"{whose}: {name} {value!r} is nothing that {policy.name} knows."
