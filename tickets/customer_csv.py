"""Customers and their contacts from a CSV file (RFC 4180)."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from errors import MailtriageError
from policies.facts import FactValue
from policies.policy import Policy
from policies.values import read_fact
from tickets.customers import Entry
from tickets.domains import FREE_MAIL, MAX_ADDRESS, MAX_DOMAIN, folded_address, folded_domain
from tickets.rows import Customer
from tickets.store import Store

COLUMNS = ("policy", "customer", "domains", "address", "contact_name")
SYNONYMS = {"domain": "domains", "contact": "contact_name", "email": "address"}
EXAMPLES = {"date": " (such as 2026-12-31)", "number": " (such as 25)"}

DOMAIN = re.compile(r"[^\s@;,/]+\.[^\s@;,/]+")
ADDRESS = re.compile(r"[^\s@;,<>]+@[^\s@;,<>]+")
CONTACT_FACT = "contact_"
"""Facts whose names begin so are the contact's where the row names one."""

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
    """How many customers and contacts a file holds, how many of its customers are new, and whether they were saved."""

    customers: int
    contacts: int
    new: int
    saved: bool


@dataclass(slots=True)
class _Draft:
    """A customer while the lines about it are read; each fact with the line that gave it."""

    policy: str
    name: str
    domains: set[str] = field(default_factory=set)
    facts: dict[str, tuple[FactValue, int]] = field(default_factory=dict)
    contacts: dict[str, tuple[str, dict[str, FactValue]]] = field(default_factory=dict)


def import_csv(
    store: Store,
    stream: Iterable[str],
    policies: Mapping[str, Policy],
    *,
    policy: str | None = None,
    actor: str,
    dry_run: bool = False,
) -> Report:
    """Saves the customers in a CSV file, all or none; with ``dry_run`` it is checked only.

    Columns: ``customer``; ``policy`` unless one is given; ``domains`` (separated by semicolons); ``address`` and
    ``contact_name`` of a contact, a line each; and any customer fact of the policy, empty where it is unknown. Lines
    about one customer add up. What the file has no column for stays as it is recorded. Raises
    :class:`CustomerFileError` naming line and column.
    """
    file = _File(policies, policy)
    file.read(stream)
    if file.problems:
        raise CustomerFileError(file.problems)
    recorded = {(c.policy, c.name): c for c in store.customers()}
    entries = [_entry(draft, recorded.get(key), file.columns) for key, draft in file.drafts.items()]
    if not dry_run:
        store.import_customers(entries, actor)
    return Report(
        customers=len(entries),
        contacts=sum(len(entry.contacts) for entry in entries),
        new=sum(key not in recorded for key in file.drafts),
        saved=not dry_run,
    )


def _entry(draft: _Draft, before: Customer | None, columns: Collection[str]) -> Entry:
    """What is saved of a customer: what the file says, and what it has no column for as it was."""
    kept = {key: value for key, value in before.facts.items() if key not in columns} if before else {}
    told = {key: value for key, (value, _) in draft.facts.items()}
    domains = draft.domains if before is None or "domains" in columns else before.domains
    contacts = tuple((address, name, facts) for address, (name, facts) in draft.contacts.items())
    return Entry(draft.policy, draft.name, tuple(sorted(domains)), {**kept, **told}, contacts)


class _File:
    """A file of customers while it is read: its columns, the customers so far, and what is wrong with it."""

    def __init__(self, policies: Mapping[str, Policy], policy: str | None) -> None:
        self.policies = policies
        self.policy = policy
        self.columns: list[str] = []
        self.drafts: dict[tuple[str, str], _Draft] = {}
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
                self._read_line(reader.line_num, [cell.strip() for cell in cells])
        except csv.Error as error:
            self.problems.append(f"Line {reader.line_num}: {error}.")

    def _check_columns(self) -> None:
        facts = {fact for name in self._policies_named() for fact in self.policies[name].fact_values}
        legal = [*COLUMNS, *sorted(facts)]
        for column in self.columns:
            if column not in legal:
                self.problems.append(f"Line 1: there is no column {column!r}; there are {', '.join(legal)}.")
        twice = {column for column in self.columns if self.columns.count(column) > 1}
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
        if not name:
            self.problems.append(f"Line {line}, column customer: the name is missing.")
            return
        draft = self.drafts.setdefault((policy, name), _Draft(policy, name))
        draft.domains |= self._domains(line, row.get("domains", ""))
        facts = self._facts(line, self.policies[policy], row)
        address = self._address(line, row.get("address", ""))
        if address:
            own = {key: value for key, value in facts.items() if key.startswith(CONTACT_FACT)}
            self._add_contact(line, draft, address, row.get("contact_name", ""), own)
            facts = {key: value for key, value in facts.items() if key not in own}
        for key, value in facts.items():
            before, at = draft.facts.setdefault(key, (value, line))
            if before != value:
                self.problems.append(f"Line {line}, column {key}: {value!r}, but line {at} says {before!r}.")

    def _add_contact(self, line: int, draft: _Draft, address: str, name: str, facts: dict[str, FactValue]) -> None:
        for other in self.drafts.values():
            if other.policy == draft.policy and address in other.contacts:
                self.problems.append(f"Line {line}, column address: {address} is a contact of {other.name} already.")
                return
        draft.contacts[address] = (name, facts)

    def _domains(self, line: int, cell: str) -> set[str]:
        domains = {folded_domain(part) for part in cell.split(";")} - {""}
        for domain in sorted(domains):
            if not DOMAIN.fullmatch(domain) or len(domain) > MAX_DOMAIN:
                self.problems.append(f"Line {line}, column domains: {domain!r} is not a domain.")
            elif domain in FREE_MAIL:
                self.problems.append(f"Line {line}, column domains: anybody has an address at {domain}.")
        return domains

    def _address(self, line: int, cell: str) -> str:
        address = folded_address(cell)
        if address and (not ADDRESS.fullmatch(address) or len(address) > MAX_ADDRESS):
            self.problems.append(f"Line {line}, column address: {cell!r} is not a mail address.")
            return ""
        return address

    def _facts(self, line: int, policy: Policy, row: Mapping[str, str]) -> dict[str, FactValue]:
        facts: dict[str, FactValue] = {}
        for key, cell in row.items():
            if not cell or key in COLUMNS:
                continue
            if key not in policy.fact_values:
                self.problems.append(f"Line {line}, column {key}: the policy {policy.name} has no such fact.")
                continue
            legal, entry = policy.fact_values[key], policy.file.facts[key]
            facts[key] = read_fact(entry, cell if legal is None else cell.lower())
            if facts[key] is None:
                wanted = f"one of {', '.join(legal)}" if legal else f"a {entry.type}{EXAMPLES.get(entry.type, '')}"
                self.problems.append(f"Line {line}, column {key}: {cell!r} is not {wanted}.")
        return facts


def _column(name: str) -> str:
    column = name.strip().lower().replace(" ", "_")
    return SYNONYMS.get(column, column)
