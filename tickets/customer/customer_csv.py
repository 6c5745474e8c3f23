"""Customers and their contacts from a CSV file (RFC 4180)."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any

from errors import MailtriageError
from policies.facts import FactValue
from policies.policy import Policy
from policies.values import whole_number
from tickets.customer.csv_cells import unguarded
from tickets.customer.customer_changes import CustomerChange
from tickets.customer.customer_saving import ContactEntry, Entry
from tickets.customer.customer_values import (
    CONTACT_FACT,
    MAX_DOMAINS,
    domains_fault,
    name_fault,
    read_day,
    read_fact_of,
)
from tickets.customer.domains import folded_address, folded_domain, is_address
from tickets.store import Store

COLUMNS = ("policy", "customer", "domains", "address", "contact_name", "left_on")
SYNONYMS = {"domain": "domains", "contact": "contact_name", "email": "address"}

MAX_COLUMNS = 200
"""More than any policy has facts; a header of a hundred thousand commas is no list of customers."""

SHOWN = 5
"""So many problems are told in one message."""


class CustomerFileError(MailtriageError):
    """The file of customers cannot be used; nothing of it was saved. ``problems`` name line and column each."""

    def __init__(self, problems: Sequence[str]) -> None:
        more = f" (and {len(problems) - SHOWN} more)" if len(problems) > SHOWN else ""
        super().__init__(f"Nothing was imported. {' '.join(problems[:SHOWN])}{more}")
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Report:
    """What a file changes, or would change: a change a customer, in its order, those that change nothing left out.

    ``customers`` and ``contacts`` count what the file holds; ``unchanged`` its customers of which nothing changes.
    """

    customers: int
    contacts: int
    changes: tuple[CustomerChange, ...]
    saved: bool
    given_back: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """By policy and name of a customer, a warning for each fact counted by a quota that goes up."""

    @property
    def new(self) -> int:
        """How many customers are new."""
        return sum(change.new for change in self.changes)

    @property
    def unchanged(self) -> int:
        return self.customers - len(self.changes)

    def to_json(self) -> dict[str, Any]:
        """A JSON object: the counts and every change."""
        return {
            "customers": self.customers,
            "contacts": self.contacts,
            "new": self.new,
            "unchanged": self.unchanged,
            "saved": self.saved,
            "changes": [change.to_json() for change in self.changes],
            "warnings": [
                {"policy": policy, "customer": name, "says": says}
                for (policy, name), told in self.given_back.items()
                for says in told
            ],
        }

    def warnings_of(self, change: CustomerChange) -> tuple[str, ...]:
        """What to look at before a customer is saved so, a sentence each."""
        return self.given_back.get((change.policy, change.name), ())


@dataclass(slots=True)
class _Draft:
    """A customer while the lines about it are read; each fact with the line that gave it.

    ``own_line`` is whether a line speaks of the customer itself, not of a contact.
    """

    policy: str
    name: str
    own_line: bool = False
    domains: set[str] = field(default_factory=set)
    facts: dict[str, tuple[FactValue, int]] = field(default_factory=dict)
    contacts: dict[str, ContactEntry] = field(default_factory=dict)


def read_csv(stream: Iterable[str], policies: Mapping[str, Policy], *, policy: str | None = None) -> list[Entry]:
    """What a CSV file tells of customers: of what it has no column for, nothing.

    Columns: ``customer``; ``policy`` unless one is given; ``domains`` (separated by semicolons); ``address``,
    ``contact_name`` and ``left_on`` of a contact, a line each; and any customer fact of the policy, empty where it is
    unknown. Lines about one customer add up; a fact whose name begins with ``contact_`` is the contact's where the
    line names one. Raises :class:`CustomerFileError` naming line and column.
    """
    file = _File(policies, policy)
    file.read(stream)
    if file.problems:
        raise CustomerFileError(file.problems)
    return [_entry(draft, file.columns) for draft in file.drafts.values()]


def import_csv(
    store: Store,
    stream: Iterable[str],
    policies: Mapping[str, Policy],
    *,
    policy: str | None = None,
    actor: str,
    dry_run: bool = False,
    expected: Report | None = None,
) -> Report:
    """Saves the customers in a CSV file (see :func:`read_csv`), all or none; with ``dry_run`` it only says what would
    change. Nothing is deleted: customers and contacts that the file does not name stay, and so does what it has no
    column for. Raises :class:`~tickets.faults.ImportChanged` where that changes something else than ``expected``."""
    entries = read_csv(stream, policies, policy=policy)
    if dry_run:
        changes = store.plan_customers(entries)
    else:
        changes = store.import_customers(entries, actor, expected=expected.changes if expected is not None else None)
    return Report(
        customers=len(entries),
        contacts=sum(len(entry.contacts) for entry in entries),
        changes=tuple(change for change in changes if change),
        saved=not dry_run,
        given_back={
            (change.policy, change.name): told for change in changes if (told := _given_back(change, policies))
        },
    )


def _given_back(change: CustomerChange, policies: Mapping[str, Policy]) -> tuple[str, ...]:
    """A warning for each fact counted by a quota that goes up: an older export has the number of its own day."""
    told = []
    for quota in policies[change.policy].file.quotas:
        before, after = map(whole_number, change.facts.get(quota.fact, (None, None)))
        if before is not None and after is not None and after > before:
            told.append(
                f"{quota.fact} goes up from {before} to {after}: what tickets have used of the {quota.title} since the "
                f"file was written is given again"
            )
    return tuple(dict.fromkeys(told))


def _entry(draft: _Draft, columns: Collection[str]) -> Entry:
    """What the file tells of a customer: a line that names a contact says nothing of the customer's own facts of it."""
    facts = {key: value for key, (value, _) in draft.facts.items()}
    spoken = {column for column in columns if draft.own_line or not column.startswith(CONTACT_FACT)}
    told = {"name" if column == "contact_name" else column for column in columns}
    return Entry(
        draft.policy,
        draft.name,
        tuple(sorted(draft.domains)),
        facts,
        tuple(draft.contacts.values()),
        frozenset(spoken),
        frozenset(told),
    )


class _File:
    """A file of customers while it is read: its columns, the customers so far, and what is wrong with it."""

    def __init__(self, policies: Mapping[str, Policy], policy: str | None) -> None:
        self.policies = policies
        self.policy = policy
        self.columns: list[str] = []
        self.drafts: dict[tuple[str, str], _Draft] = {}
        self.homes: dict[tuple[str, str], str] = {}
        self.problems: list[str] = []

    def read(self, stream: Iterable[str]) -> None:
        lines = iter(stream)
        header = next(lines, "").removeprefix("\ufeff")
        delimiter = max(",;\t", key=header.count)  # a spreadsheet writes what its country's settings say
        reader = csv.reader(chain([header], lines), delimiter=delimiter, strict=True)
        try:
            self.columns = [_column(name) for name in next(reader, [])]
            self._check_columns()
            if self.problems:
                return  # with wrong columns every line would be wrong
            for cells in reader:
                self._read_line(reader.line_num, [unguarded(cell.strip()) for cell in cells])
        except csv.Error as error:
            self.problems.append(f"Line {reader.line_num}: {error}.")

    def _check_columns(self) -> None:
        if len(self.columns) > MAX_COLUMNS:
            self.problems.append(
                f"Line 1: {len(self.columns)} columns, and a file of customers has {MAX_COLUMNS} at most."
            )
            return
        facts = {fact for name in self._policies_named() for fact in self.policies[name].fact_values}
        legal = [*COLUMNS, *sorted(facts)]
        for column in self.columns:
            if column not in legal:
                self.problems.append(f"Line 1: there is no column {column!r}; there are {', '.join(legal)}.")
        twice = [column for column, times in Counter(self.columns).items() if times > 1]
        self.problems += [f"Line 1: the column {column} is there twice." for column in sorted(twice)]
        needed = ("customer",) if self.policy else ("customer", "policy")
        self.problems += [f"Line 1: the column {name} is missing." for name in needed if name not in self.columns]

    def _policies_named(self) -> Collection[str]:
        return self.policies if "policy" in self.columns or self.policy is None else (self.policy,)

    def _read_line(self, line: int, cells: Sequence[str]) -> None:
        if not any(cells):
            return
        if len(cells) != len(self.columns):
            self.problems.append(f"Line {line}: {len(cells)} cells where the header has {len(self.columns)}.")
            return
        row = dict(zip(self.columns, cells, strict=True))
        name, policy = row["customer"], row.get("policy") or self.policy or ""
        if policy not in self.policies:
            known = ", ".join(sorted(self.policies))
            self.problems.append(f"Line {line}, column policy: there is no policy {policy!r}; there are {known}.")
            return
        if fault := name_fault(name, needed=True):
            self.problems.append(f"Line {line}, column customer: {fault}")
            return
        draft = self.drafts.setdefault((policy, name), _Draft(policy, name))
        self._add_domains(line, draft, row.get("domains", ""))
        facts = self._facts(line, self.policies[policy], row)
        address = self._address(line, row.get("address", ""))
        if address:
            own = {key: value for key, value in facts.items() if key.startswith(CONTACT_FACT)}
            self._add_contact(
                line, draft, ContactEntry(address, row.get("contact_name", ""), own, self._left(line, row))
            )
            facts = {key: value for key, value in facts.items() if key not in own}
        else:
            draft.own_line = True
            if row.get("left_on"):
                self.problems.append(f"Line {line}, column left_on: the line names no contact.")
        for key, value in facts.items():
            before, at = draft.facts.setdefault(key, (value, line))
            if before != value:
                self.problems.append(f"Line {line}, column {key}: {value!r}, but line {at} says {before!r}.")

    def _add_contact(self, line: int, draft: _Draft, contact: ContactEntry) -> None:
        home = self.homes.setdefault((draft.policy, contact.address), draft.name)
        if contact.address in draft.contacts or home != draft.name:
            self.problems.append(f"Line {line}, column address: {contact.address} is a contact of {home} already.")
        elif fault := name_fault(contact.name, needed=False):
            self.problems.append(f"Line {line}, column contact_name: {fault}")
        else:
            draft.contacts[contact.address] = contact

    def _left(self, line: int, row: Mapping[str, str]) -> date | None:
        cell = row.get("left_on", "")
        day, fault = read_day(cell) if cell else (None, None)
        if fault is not None:
            self.problems.append(f"Line {line}, column left_on: {fault}")
        return day

    def _add_domains(self, line: int, draft: _Draft, cell: str) -> None:
        domains = {folded_domain(part) for part in cell.split(";")} - {""}
        if fault := domains_fault(domains):
            self.problems.append(f"Line {line}, column domains: {fault}")
            return
        had = len(draft.domains)
        draft.domains |= domains
        if had <= MAX_DOMAINS < len(draft.domains):
            self.problems.append(f"Line {line}, column domains: {draft.name} has more than {MAX_DOMAINS} domains.")

    def _address(self, line: int, cell: str) -> str:
        address = folded_address(cell)
        if address and not is_address(address):
            self.problems.append(f"Line {line}, column address: {cell!r} is not a mail address.")
            return ""
        return address

    def _facts(self, line: int, policy: Policy, row: Mapping[str, str]) -> dict[str, FactValue]:
        facts: dict[str, FactValue] = {}
        for key, cell in row.items():
            if not cell or key in COLUMNS:
                continue
            facts[key], fault = read_fact_of(policy, key, cell)
            if fault is not None:
                self.problems.append(f"Line {line}, column {key}: {fault}")
        return facts


def _column(name: str) -> str:
    column = name.strip().lower().replace(" ", "_")
    return SYNONYMS.get(column, column)
