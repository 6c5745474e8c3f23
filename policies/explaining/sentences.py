"""Conditions and effects of a policy told as sentences, as a support lead reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from policies.file import PolicyFile
from policies.rule import Effect, Rule

_STATUS = {
    "supported": "is supported",
    "end_of_life": "has reached its end of life",
    "prerelease": "is a pre-release",
}


def conditions_told(conditions: Mapping[str, Any], file: PolicyFile) -> str:
    """What must hold, in one sentence without a full stop: ``the topic is advice, and plan is team``."""
    if not conditions:
        return "always"
    return ", and ".join(part for key, wanted in conditions.items() for part in CONDITIONS[key](wanted, file))


def effects_told(rule: Rule) -> list[str]:
    """What a rule does, a phrase each: ``sets the scope to outside``; what it asks a person last."""
    asking = [effect for effect in rule.effects if effect.kind == "ask"]
    done = [_effect(effect) for effect in rule.effects if effect.kind != "ask"]
    if rule.clauses:
        done.append(f"cites {listed(rule.clauses, 'and')}")
    if rule.final:
        done.append("ends the reading of the rules")
    return [*done, *map(_effect, asking)]


def _effect(effect: Effect) -> str:
    match effect.kind:
        case "set":
            return f"sets the {(effect.label or '').replace('_', ' ')} to {effect.value}"
        case "raise_to":
            return f"raises the severity to at least {effect.value}"
        case "lower_to":
            return f"lowers the severity to at most {effect.value}"
        case _:
            return f"asks a person: {effect.reason}"


def listed(words: Iterable[object], join: str = "or") -> str:
    """``a``, ``a or b``, ``a, b or c``."""
    every = [word_of(word) for word in words]
    return f" {join} ".join(part for part in (", ".join(every[:-1]), *every[-1:]) if part)


def word_of(value: object) -> str:
    """A value of a fact as people say it: yes and no for a boolean."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def range_told(bounds: Mapping[str, Any]) -> str:
    """``at least 1``, ``at most 3``, ``from 1 to 3``."""
    low, high = bounds.get("at_least"), bounds.get("at_most")
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"exactly {low}" if low == high else f"from {low} to {high}"


def _label(name: str) -> Callable[[Sequence[str], PolicyFile], list[str]]:
    return lambda wanted, file: [f"the {name} is {listed(wanted)}"]


def _facts(tests: Mapping[str, Mapping[str, Any]], file: PolicyFile) -> list[str]:
    return [f"{file.facts[name].title} {fact_test_told(test)}" for name, test in tests.items()]


def fact_test_told(test: Mapping[str, Any]) -> str:
    """``is team``, ``is at least 1``, ``is not known``."""
    if "unknown" in test:
        return "is not known"
    return f"is {listed(test['one_of']) if 'one_of' in test else range_told(test)}"


def _history(test: Mapping[str, Any], file: PolicyFile) -> list[str]:
    bounds = {key: _bound(test[key], file) for key in ("at_least", "at_most") if key in test}
    if bounds == {"at_most": 0}:
        return [f"there is no earlier request about {listed(test['topics'])}"]
    return [f"the earlier requests about {listed(test['topics'])} are {range_told(bounds or {'at_least': 1})}"]


def _bound(bound: int | str, file: PolicyFile) -> int | str:
    return bound if isinstance(bound, int) else f"the number of {file.facts[bound].title}"


def _version(wanted: Sequence[str], file: PolicyFile) -> list[str]:
    return [f"the version {listed(_STATUS[status] for status in wanted)}"]


def _days_since(test: Mapping[str, Any], file: PolicyFile) -> list[str]:
    title = file.facts[test["fact"]].title
    if test.get("at_most") == 0 and "at_least" not in test:
        return [f"{title} is today or still to come"]
    return [f"it is {range_told(test)} days since {title}"]


def _received(test: Mapping[str, Any], file: PolicyFile) -> list[str]:
    return [f"the mail came {'within' if test['open'] else 'outside'} {file.calendars[test['calendar']].title}"]


def _impact(tests: Mapping[str, Sequence[str]], file: PolicyFile) -> list[str]:
    return [f"{name} is {listed(values)}" for name, values in tests.items()]


def signals_told(names: Iterable[str], file: PolicyFile, join: str = "or") -> str:
    """The titles of signals, quoted: ``"it is over" or "it is only planned"``."""
    return listed((f'"{file.signals[name].title}"' for name in names), join)


def _any_of(alternatives: Sequence[Mapping[str, Any]], file: PolicyFile) -> list[str]:
    told = "; or ".join(conditions_told(alternative, file) for alternative in alternatives)
    return [f"one of these holds: ({told})"]


CONDITIONS: dict[str, Callable[[Any, PolicyFile], list[str]]] = {
    "topic": _label("topic"),
    "not_topic": lambda wanted, file: [f"the topic is not {listed(wanted)}"],
    "issue_type": _label("issue type"),
    "severity": _label("severity"),
    "scope": _label("scope"),
    "facts": _facts,
    "history": _history,
    "version": _version,
    "language_in": lambda wanted, file: [f"the mail is in the language {listed(wanted)}"],
    "language_not_in": lambda wanted, file: [f"the mail is in another language than {listed(wanted, 'and')}"],
    "days_since": _days_since,
    "received": _received,
    "impact": _impact,
    "signals_any": lambda wanted, file: [f"the mail says {signals_told(wanted, file)}"],
    "signals_all": lambda wanted, file: [f"the mail says {signals_told(wanted, file, 'and')}"],
    "signals_none": lambda wanted, file: [f"the mail does not say {signals_told(wanted, file)}"],
    "any_of": _any_of,
}
"""How each condition of a policy file is told, by its key there."""
