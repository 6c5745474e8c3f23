"""A policy with a few rules more, as they are tried before they are written into it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from policies.loader import PolicyFileError, read_tables
from policies.part import not_allowed
from policies.policy import Policy
from policies.rule import Rule

ADDED = ("before", "rules", "signals", "clauses")


def with_rules(policy: Policy, addition: bytes, name: str) -> Policy:
    """``policy`` with the ``[[rules]]``, ``[signals.*]`` and ``[[clauses]]`` of ``addition`` (TOML, UTF-8).

    New rules come last, or before the rule that ``before`` at the top of ``addition`` names. A rule, clause or signal
    whose id is there already takes the place of that one. ``name`` is what errors call the addition. Raises
    :class:`~policies.loader.PolicyFileError`.
    """
    try:
        added = tomllib.loads(addition.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise PolicyFileError(f"{name}: cannot be read as TOML: {error}") from error
    for key in added:
        if key not in ADDED:
            raise PolicyFileError(f"{name}: {not_allowed(key, 'what can be added to a policy', list(ADDED))}")
    data = tomllib.loads(policy.source.decode("utf-8"))
    merged = {
        **data,
        "signals": {**data.get("signals", {}), **_table(added, "signals", name)},
        "clauses": _merged(data.get("clauses", []), _entries(added, "clauses", name), None, name),
        "rules": _merged(data.get("rules", []), _entries(added, "rules", name), added.get("before"), name),
    }
    source = policy.source + b"\n# with " + name.encode() + b"\n" + addition
    return read_tables(merged, source, f"{policy.name} {policy.version} with {name}")


def _table(added: Mapping[str, Any], key: str, name: str) -> Mapping[str, Any]:
    table = added.get(key, {})
    if not isinstance(table, dict):
        raise PolicyFileError(f"{name}: {key}: write [{key}.NAME]")
    return table


def _entries(added: Mapping[str, Any], key: str, name: str) -> Sequence[Any]:
    entries = added.get(key, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise PolicyFileError(f"{name}: {key}: write [[{key}]]")
    return entries


def _merged(there: Sequence[Any], added: Sequence[Any], before: object, name: str) -> list[Any]:
    ids = [entry["id"] for entry in there]
    merged = list(there)
    new = []
    for entry in added:
        if entry.get("id") in ids:
            merged[ids.index(entry["id"])] = entry
        else:
            new.append(entry)
    if before is None:
        return merged + new
    if before not in ids:
        raise PolicyFileError(f"{name}: before: there is no rule {before!r}")
    place = ids.index(before)
    return merged[:place] + new + merged[place:]


@dataclass(frozen=True, slots=True)
class Differences:
    """In what a policy differs from another one of the same name, as far as a decision goes.

    ``rules`` are its new and changed rules. ``additions_only``: beside these, every rule of the other one stands as it
    stood there, in its order, and nothing else that decides is changed, so that a mail for which none of ``rules``
    holds is decided alike.
    """

    rules: tuple[Rule, ...]
    signals: frozenset[str]
    """Those that are new, or whose phrases or ``unless`` are changed."""
    same_severity: bool
    """The severity table and the costs are alike."""
    same_terms: bool
    """Whatever terms are worked out from is alike."""
    additions_only: bool


def differences(policy: Policy, other: Policy) -> Differences:
    """In what ``policy`` differs from ``other``."""
    before = {rule.id: rule for rule in other.rules}
    rules = tuple(rule for rule in policy.rules if before.get(rule.id) != rule)
    changed = {rule.id for rule in rules}
    kept = tuple(rule for rule in policy.rules if rule.id not in changed)
    signals = frozenset(name for name, signal in policy.signals.items() if other.signals.get(name) != signal)
    same_rest = _rest(policy) == _rest(other) and all(policy.clauses.get(k) == v for k, v in other.clauses.items())
    same_severity = policy.file.severity == other.file.severity and policy.severity_costs == other.severity_costs
    return Differences(
        rules=rules,
        signals=signals,
        same_severity=same_severity,
        same_terms=same_rest,
        additions_only=same_rest
        and kept == other.rules
        and all(name in policy.signals for name in other.signals)
        and not (signals & other.signals.keys())
        and policy.file.unknown_facts != "ask",
    )


def _rest(policy: Policy) -> dict[str, Any]:
    """All of a policy file but its rules, signals, clauses and what names its version."""
    unlike: set[str] = {"rules", "signals", "clauses", "version", "effective", "title"}
    rest: dict[str, Any] = policy.file.model_dump(exclude=unlike)
    return rest
