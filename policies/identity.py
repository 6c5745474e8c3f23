"""What rests on who the sender is: an address that nobody vouches for entitles to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from policies.conditions import hold
from policies.facts import Facts
from policies.file import PolicyFile
from policies.labels import Scope
from policies.rule import Observation, Rule


def counts(file: PolicyFile, facts: Facts) -> bool:
    """Whether the sender is taken for who the address says: proven (RFC 8601), or the policy trusts addresses."""
    return file.sender_proof == "trusted" or facts.sender_proven is True


def rests_on_identity(conditions: Mapping[str, Any], seen: Observation, file: PolicyFile) -> bool:
    """Whether ``conditions``, which hold, would not hold for the same mail from somebody of whom nothing is known."""
    return hold(conditions, stranger(seen), file).state is not True


def stranger(seen: Observation) -> Observation:
    """The same mail from somebody of whom nothing is known."""
    return replace(seen, facts=replace(seen.facts, customer={}, history=None))


def grants(rule: Rule, file: PolicyFile) -> bool:
    """Whether a rule gives something: it decides ``included``; or, deciding no scope, it moves the request to a topic
    that is not turned down by itself, or cites a clause of inclusion."""
    scopes = [effect.value for effect in rule.effects if effect.label == "scope"]
    if scopes:
        return Scope.INCLUDED in scopes
    moved_to = {effect.value for effect in rule.effects if effect.label == "topic"}
    if any(topic.name in moved_to and topic.scope in (None, Scope.INCLUDED) for topic in file.topics):
        return True
    included = {f"{file.name}/{clause.id}" for clause in file.clauses if clause.scope is Scope.INCLUDED}
    return not included.isdisjoint(rule.clauses)
