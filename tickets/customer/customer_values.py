"""What people and programs write of a customer, checked against its policy: values, or what is wrong with each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from policies.facts import FactValue
from policies.policy import Policy
from policies.values import FactEntry, read_fact
from tickets.columns import UNSTORABLE
from tickets.customer.customer_saving import LONGEST_NAME, ContactEntry
from tickets.customer.domains import domain_fault, folded_address, folded_domain, is_address

CONTACT_FACT = "contact_"
"""Facts whose names begin so may be a contact's."""

EXAMPLES = {"date": " (such as 2026-12-31)", "number": " (such as 25)"}
MAX_DOMAINS = 200
LONGEST_VERSION = 64
GREATEST_NUMBER = 2**31 - 1

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""A date as year, month and day (RFC 3339, 5.6); ISO 8601 has more ways to write one, and people do not."""

BREAKS = ("Cc", "Zl", "Zp")
"""Unicode's categories of control characters and line and paragraph separators."""

LONGEST_QUOTED = 60

Faults = dict[str, str]
"""What is wrong, by the field it is wrong in, as sentences."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A customer as written; to be saved only where there are no faults."""

    name: str = ""
    domains: tuple[str, ...] = ()
    facts: Mapping[str, FactValue] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)


def contact_facts(policy: Policy) -> tuple[str, ...]:
    """The facts of a policy that may be a contact's."""
    return tuple(name for name in policy.fact_values if name.startswith(CONTACT_FACT))


def check_customer(policy: Policy, name: object, domains: Iterable[object], facts: Mapping[str, object]) -> Checked:
    """A customer from what was written of it; empty facts are unknown and left out."""
    faults: Faults = {}
    read_name = _name(name, faults, needed=True)
    found = _domains(domains, faults)
    return Checked(read_name, found, _facts(policy, facts, policy.fact_values, faults), faults)


def check_contact(
    policy: Policy, address: object, name: object, facts: Mapping[str, object], left_on: object
) -> tuple[ContactEntry, Faults]:
    """A contact from what was written of it, to be saved only where there are no faults."""
    faults: Faults = {}
    folded = folded_address(address) if isinstance(address, str) else ""
    if not is_address(folded):
        faults["address"] = f"{quoted(address)} is not a mail address."
    day, fault = (None, None) if left_on is None or left_on == "" else read_day(left_on)
    if fault is not None:
        faults["left_on"] = fault
    read = _facts(policy, facts, contact_facts(policy), faults)
    return ContactEntry(folded, _name(name, faults, needed=False), read, day), faults


def read_day(value: object) -> tuple[date | None, str | None]:
    """The date written as year-month-day and None, or None and what is wrong with it."""
    try:
        if isinstance(value, str) and DAY.fullmatch(value.strip()):
            return date.fromisoformat(value.strip()), None
    except ValueError:
        pass  # such as 2026-02-30
    return None, f"{quoted(value)} is not a date{EXAMPLES['date']}."


def name_fault(name: object, *, needed: bool) -> str | None:
    """What is wrong with the name of a customer or contact; None when nothing is."""
    if not isinstance(name, str | None):
        return f"{quoted(name)} is not text."
    plain = (name or "").strip()
    if needed and not plain:
        return "the name is missing."
    if len(plain) > LONGEST_NAME:
        return f"the name is longer than {LONGEST_NAME} characters."
    if UNSTORABLE.search(plain) or any(map(_breaks, plain)):
        return "the name has a line break or another control character."
    return None


def fit_name(name: str) -> str:
    """A name that a mail gives its sender, as a contact may bear it."""
    return " ".join("".join(" " if _breaks(letter) else letter for letter in name).split())[:LONGEST_NAME].strip()


def _breaks(letter: str) -> bool:
    return unicodedata.category(letter) in BREAKS


def domains_fault(domains: Collection[str]) -> str | None:
    """What is wrong with folded domains as a customer's; None when nothing is."""
    if len(domains) > MAX_DOMAINS:
        return f"more than {MAX_DOMAINS} domains."
    return " ".join(fault for domain in sorted(domains) if (fault := domain_fault(domain))) or None


def quoted(value: object) -> str:
    """A value as a message quotes it: never long, whatever was sent."""
    if isinstance(value, str):
        return repr(value if len(value) <= LONGEST_QUOTED else f"{value[:LONGEST_QUOTED]}...")
    if isinstance(value, int | float | date | None):
        return str(value)
    return "a list" if isinstance(value, list | tuple) else "an object"


def read_fact_of(policy: Policy, name: str, value: object) -> tuple[FactValue, str | None]:
    """A fact's value and None, or None and what is wrong with it; the value of an empty one is None."""
    entry: FactEntry | None = policy.file.facts.get(name)
    if entry is None:
        return None, f"the policy {policy.name} has no such fact."
    if value is None or value == "":
        return None, None
    if not isinstance(value, str | int | bool | date):
        return None, f"{quoted(value)} is not {_wanted(entry)}."
    plain = value.strip() if isinstance(value, str) else value
    read = read_fact(entry, plain.lower() if isinstance(plain, str) and entry.legal is not None else plain)
    if read is None or not _fits(read):
        return None, f"{quoted(value)} is not {_wanted(entry)}."
    return read, None


def _fits(value: FactValue) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_VERSION and value.isprintable()
    return isinstance(value, bool) or not isinstance(value, int) or abs(value) <= GREATEST_NUMBER


def _wanted(entry: FactEntry) -> str:
    return f"one of {', '.join(entry.legal)}" if entry.legal else f"a {entry.type}{EXAMPLES.get(entry.type, '')}"


def _name(value: object, faults: Faults, *, needed: bool) -> str:
    if fault := name_fault(value, needed=needed):
        faults["name"] = fault
    return value.strip() if isinstance(value, str) else ""


def _domains(values: Iterable[object], faults: Faults) -> tuple[str, ...]:
    given = list(values)
    domains = tuple(sorted({folded_domain(value) for value in given if isinstance(value, str)} - {""}))
    strange = [value for value in given if not isinstance(value, str)]
    fault = f"{quoted(strange[0])} is not a domain." if strange else domains_fault(domains)
    if fault is not None:
        faults["domains"] = fault
    return domains


def _facts(
    policy: Policy, written: Mapping[str, Any], allowed: Collection[str], faults: Faults
) -> dict[str, FactValue]:
    facts: dict[str, FactValue] = {}
    for name, value in written.items():
        if name not in allowed:
            faults[name] = f"the policy {policy.name} has no such fact here."
            continue
        read, fault = read_fact_of(policy, name, value)
        if fault is not None:
            faults[name] = fault
        elif read is not None:
            facts[name] = read
    return facts
