"""What would change, or has changed, in the record of a customer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from policies.facts import FactValue
from tickets.rows import Contact, Customer

Change = tuple[Any, Any]
"""From what to what; None is unknown."""


@dataclass(frozen=True, slots=True)
class ContactChange:
    """What changes of one contact. ``moved_from`` is the customer it was a contact of; None unless it moves."""

    address: str
    new: bool = False
    moved_from: str | None = None
    name: Change | None = None
    left_on: Change | None = None
    facts: Mapping[str, Change] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.new or self.moved_from is not None or bool(self.name or self.left_on or self.facts)

    def to_json(self) -> dict[str, Any]:
        """A JSON object: each change as ``from`` and ``to``."""
        told: dict[str, Any] = {"address": self.address, "new": self.new}
        if self.moved_from is not None:
            told["moved_from"] = self.moved_from
        told |= {key: _pair(change) for key in ("name", "left_on") if (change := getattr(self, key))}
        return told | {"facts": {name: _pair(change) for name, change in self.facts.items()}}

    def sentences(self) -> Iterator[str]:
        """Each change in words."""
        if self.new:
            yield f"contact {self.address} added"
        if self.moved_from is not None:
            yield f"contact {self.address} moves here from {self.moved_from}"
        if self.name and not (self.new and not self.name[1]):
            yield f"contact {self.address}: name {_words(self.name)}"
        if self.left_on:
            yield f"contact {self.address}: left on {_words(self.left_on)}"
        for name, change in self.facts.items():
            yield f"contact {self.address}: {name} {_words(change)}"


@dataclass(frozen=True, slots=True)
class CustomerChange:
    """What changes of one customer; false when nothing does."""

    policy: str
    name: str
    new: bool = False
    renamed_from: str | None = None
    domains_added: tuple[str, ...] = ()
    domains_removed: tuple[str, ...] = ()
    facts: Mapping[str, Change] = field(default_factory=dict)
    contacts: tuple[ContactChange, ...] = ()

    def __bool__(self) -> bool:
        return self.touches_customer or bool(self.contacts)

    @property
    def touches_customer(self) -> bool:
        """Whether more than its contacts changes."""
        renamed = self.renamed_from is not None
        return self.new or renamed or bool(self.domains_added or self.domains_removed or self.facts)

    def to_json(self) -> dict[str, Any]:
        """A JSON object: each change as ``from`` and ``to``."""
        return {
            "policy": self.policy,
            "name": self.name,
            "new": self.new,
            "renamed_from": self.renamed_from,
            "domains_added": list(self.domains_added),
            "domains_removed": list(self.domains_removed),
            "facts": {name: _pair(change) for name, change in self.facts.items()},
            "contacts": [contact.to_json() for contact in self.contacts],
        }

    def sentences(self) -> Iterator[str]:
        """Each change in words."""
        if self.renamed_from is not None:
            yield f"renamed from {self.renamed_from}"
        for domain in self.domains_added:
            yield f"domain {domain} added"
        for domain in self.domains_removed:
            yield f"domain {domain} removed"
        for name, change in self.facts.items():
            yield f"{name} {_words(change)}"
        for contact in self.contacts:
            yield from contact.sentences()


def change_of(before: Customer | None, after: Customer) -> CustomerChange:
    """What makes ``after`` of ``before``; None before is a new customer."""
    had = set(before.domains) if before else set()
    return CustomerChange(
        policy=after.policy,
        name=after.name,
        new=before is None,
        renamed_from=before.name if before and before.name != after.name else None,
        domains_added=tuple(sorted(set(after.domains) - had)),
        domains_removed=tuple(sorted(had - set(after.domains))),
        facts=_facts(before.facts if before else {}, after.facts),
    )


def change_of_contact(before: Contact | None, after: Contact, moved_from: str | None = None) -> ContactChange:
    """What makes ``after`` of ``before``; ``moved_from`` names the customer that it was a contact of, if another."""
    name, left_on = before.name if before else "", before.left_on if before else None
    return ContactChange(
        address=after.address,
        new=before is None,
        moved_from=moved_from,
        name=(name or None, after.name or None) if name != after.name else None,
        left_on=(left_on, after.left_on) if left_on != after.left_on else None,
        facts=_facts(before.facts if before else {}, after.facts),
    )


def known_facts(facts: Mapping[str, FactValue]) -> dict[str, FactValue]:
    """The facts that are known, as the store keeps them: dates as ISO 8601 text."""
    return {key: _stored(value) for key, value in facts.items() if value is not None}


def _facts(before: Mapping[str, FactValue], after: Mapping[str, FactValue]) -> dict[str, Change]:
    old, new = known_facts(before), known_facts(after)
    names = sorted(old.keys() | new.keys())
    return {name: (old.get(name), new.get(name)) for name in names if _differ(old.get(name), new.get(name))}


def _differ(old: FactValue, new: FactValue) -> bool:
    return (type(old), old) != (type(new), new)  # 1 and True are equal, and two facts


def _stored(value: FactValue) -> FactValue:
    return value.isoformat() if isinstance(value, date) else value


def _pair(change: Change) -> dict[str, Any]:
    return {"from": _stored(change[0]), "to": _stored(change[1])}


def _words(change: Change) -> str:
    return f"{_word(change[0])} -> {_word(change[1])}"


def _word(value: FactValue) -> str:
    if value is None:
        return "unknown"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
