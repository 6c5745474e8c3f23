"""What one version of a policy says differently from another, in words a support lead reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from pydantic import BaseModel

from policies.explaining.aspects import aspects, told
from policies.explaining.sentences import conditions_told, effects_told, listed
from policies.file import PolicyFile
from policies.policy import Policy

What = Literal["added", "removed", "changed", "moved"]

_TABLES = {
    "facts": "the customer fact",
    "clauses": "the clause",
    "topics": "the topic",
    "signals": "the signal",
    "severity": "the severity row",
    "severity_costs": "the cost of mistaking",
    "rules": "the rule",
    "questions": "the question",
    "calendars": "the calendar",
    "response_targets": "the response target",
    "charges": "the charge",
    "notices": "the notice",
    "quotas": "the quota",
    "procedures": "the procedure",
}
"""The tables of entries, each with what one of them is called."""

_ORDERED = ("severity", "rules", "response_targets", "charges", "procedures")
"""Tables in which the order decides."""

_FEW = 60


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: in which ``section``, of which entry (``name``; empty for a setting), and the sentence.

    ``aspect`` is the key that changed, ``before`` and ``after`` what it said in words; None where there was nothing.
    """

    section: str
    name: str
    what: What
    says: str
    aspect: str | None = None
    before: str | None = None
    after: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The change as a JSON object."""
        return asdict(self)


def differences(old: Policy, new: Policy) -> tuple[Change, ...]:
    """Every difference between two policies, the settings first, then table by table; empty when they say the same."""
    changes: list[Change] = []
    for section in PolicyFile.model_fields:
        before, after = getattr(old.file, section), getattr(new.file, section)
        if section in _TABLES:
            changes += _table(section, _entries(section, before), _entries(section, after), (old, new))
        else:
            changes += _setting(section, before, after, (old.file, new.file))
    return tuple(sorted(changes, key=lambda change: change.section in _TABLES))


def _entries(section: str, table: Any) -> dict[str, Any]:
    """The entries of a table by what they are called."""
    if isinstance(table, Mapping):
        return dict(table)
    names = {"topics": "name", "severity": "row"}
    return {getattr(entry, names.get(section, "id")): entry for entry in table}


def _setting(section: str, before: Any, after: Any, files: tuple[PolicyFile, PolicyFile]) -> Iterator[Change]:
    """A setting of the whole policy, or a table of one: releases, prices."""
    called = "effective day" if section == "effective" else section.replace("_", " ")
    if isinstance(before, BaseModel) and isinstance(after, BaseModel):
        yield from _changed(section, "", f"the {called}", (before, after), files)
    elif before != after:
        old, new = told(section, before, files[0]), told(section, after, files[1])
        what: What = "added" if before is None else "removed" if after is None else "changed"
        yield Change(section, "", what, _sentence(f"the {called}", None, old, new), None, old, new)


def _table(
    section: str, before: Mapping[str, Any], after: Mapping[str, Any], policies: tuple[Policy, Policy]
) -> Iterator[Change]:
    kind = _TABLES[section]
    old, new = policies
    for name, entry in before.items():
        if name not in after:
            yield Change(section, name, "removed", f"removed: {kind} {name!r} ({_whole(section, name, entry, old)})")
    for name, entry in after.items():
        if name not in before:
            yield Change(section, name, "added", f"added: {kind} {name!r} ({_whole(section, name, entry, new)})")
        else:
            yield from _changed(section, name, f"{kind} {name!r}", (before[name], entry), (old.file, new.file))
    if section in _ORDERED:
        yield from _moved(section, kind, list(before), list(after))


def _whole(section: str, name: str, entry: Any, policy: Policy) -> str:
    """All that an entry says; of a rule, as one sentence."""
    if section == "rules":
        rule = next(rule for rule in policy.rules if rule.id == name)
        over = f"; wins over {listed(rule.over, 'and')}" if rule.over else ""
        effects = listed(effects_told(rule), "and")
        return f"{rule.title}: when {conditions_told(rule.conditions, policy.file)}, it {effects}{over}"
    said = aspects(section, entry, policy.file)
    return "; ".join(f"{key.replace('_', ' ')}: {words}" for key, words in said.items() if words)


def _changed(
    section: str, name: str, called: str, entries: tuple[Any, Any], files: tuple[PolicyFile, PolicyFile]
) -> Iterator[Change]:
    before, after = (aspects(section, entry, file) for entry, file in zip(entries, files, strict=True))
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        if old != new:
            says = _sentence(called, key, old, new)
            items = _listed(_value(entries[0], key), _value(entries[1], key))
            yield Change(section, name, "changed", f"{called}: {key} {items}" if items else says, key, old, new)


def _value(entry: Any, key: str) -> Any:
    """What is written for ``key``; of phrases, those of one language."""
    table, _, inner = key.partition(".")
    value = entry.get(key) if isinstance(entry, Mapping) else getattr(entry, table, None)
    return value.get(inner) if inner and isinstance(value, Mapping) else value


def _listed(before: Any, after: Any) -> str | None:
    """What was added to a list of words and what was taken from it; None for what is no such list on both sides."""
    if not all(isinstance(side, tuple) and all(isinstance(item, str) for item in side) for side in (before, after)):
        return None
    more = [item for item in after if item not in before]
    less = [item for item in before if item not in after]
    parts = [f"{word} {', '.join(map(repr, items))}" for word, items in (("added", more), ("removed", less)) if items]
    return "; ".join(parts) or "in another order"


def _sentence(called: str, key: str | None, old: str | None, new: str | None) -> str:
    subject = f"{called}: {key.replace('_', ' ')}" if key else called
    if not old:
        return f"{subject} is new: {new}"
    if not new:
        return f"{subject} is gone; it was: {old}"
    if len(old) + len(new) <= _FEW:
        return f"{subject} was {old}, is {new}"
    return f"{subject} was: {old}; is: {new}"


def _moved(section: str, kind: str, before: Sequence[str], after: Sequence[str]) -> Iterator[Change]:
    """The entries that both have, but for the most that stand in the same order in both."""
    old, new = [name for name in before if name in after], [name for name in after if name in before]
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    stayed = {name for block in blocks for name in old[block.a : block.a + block.size]}
    for place, name in enumerate(new):
        if name not in stayed:
            where = f"after {new[place - 1]!r}" if place else "to the top"
            yield Change(section, name, "moved", f"moved: {kind} {name!r}, {where}", None, None, where)
