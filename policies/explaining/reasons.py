"""Why conditions do not hold for a mail: the first that fails, told with what is there instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from policies.conditions import EVALUATORS, received_day
from policies.explaining.sentences import conditions_told, fact_test_told, listed, range_told, signals_told, word_of
from policies.file import PolicyFile
from policies.rule import Observation
from policies.values import read_fact


def why_not(conditions: Mapping[str, Any], seen: Observation, file: PolicyFile) -> str | None:
    """The first condition that fails: ``the topic is question, not advice``; None when none does."""
    for key, wanted in conditions.items():
        for part in _parts(key, wanted):
            if EVALUATORS[key](part, seen, file).state is False:
                return REFUSALS[key](part, seen, file)
    return None


def _parts(key: str, wanted: Any) -> list[Any]:
    """A condition on several facts as one on each."""
    return [{name: test} for name, test in wanted.items()] if key in ("facts", "impact") else [wanted]


def _label(name: str) -> Callable[[Sequence[str], Observation, PolicyFile], str]:
    def failed(wanted: Sequence[str], seen: Observation, file: PolicyFile) -> str:
        value = getattr(seen, name.replace(" ", "_"))
        return f"the {name} is {value or 'not decided yet'}, not {listed(wanted)}"

    return failed


def _not_topic(wanted: Sequence[str], seen: Observation, file: PolicyFile) -> str:
    return f"the topic is {seen.topic}"


def _fact(tests: Mapping[str, Mapping[str, Any]], seen: Observation, file: PolicyFile) -> str:
    ((name, test),) = tests.items()
    value = read_fact(file.facts[name], seen.facts.customer.get(name))
    if "unknown" in test:
        return f"{file.facts[name].title} is known: {word_of(value)}"
    return f"{file.facts[name].title} is {word_of(value)}, not {fact_test_told(test).removeprefix('is ')}"


def _history(test: Mapping[str, Any], seen: Observation, file: PolicyFile) -> str:
    count = sum(past.topic in test["topics"] for past in seen.facts.history or ())
    were = "was 1 earlier request" if count == 1 else f"were {count or 'no'} earlier requests"
    wanted = conditions_told({"history": test}, file)
    return f"there {were} about {listed(test['topics'])}; it applies when {wanted}"


def _version(wanted: Sequence[str], seen: Observation, file: PolicyFile) -> str:
    releases = file.releases
    version = seen.facts.customer.get(releases.fact) if releases is not None else None
    return f"it is not so that {conditions_told({'version': wanted}, file)} ({version or 'the version in use'})"


def _language(wanted: Sequence[str], seen: Observation, file: PolicyFile) -> str:
    return f"the mail is in the language {seen.facts.language}"


def _days_since(test: Mapping[str, Any], seen: Observation, file: PolicyFile) -> str:
    name = test["fact"]
    value = read_fact(file.facts[name], seen.facts.customer.get(name))
    days = (received_day(seen, file) - value).days if isinstance(value, date) else 0
    return f"it is {days} days since {file.facts[name].title} ({value}), not {range_told(test)}"


def _received(test: Mapping[str, Any], seen: Observation, file: PolicyFile) -> str:
    return f"the mail came {'outside' if test['open'] else 'within'} {file.calendars[test['calendar']].title}"


def _impact(tests: Mapping[str, Sequence[str]], seen: Observation, file: PolicyFile) -> str:
    ((name, values),) = tests.items()
    return f"{name} is {seen.impact.get(name, 'unknown')}, not {listed(values)}"


def _signals(wanted: Sequence[str], seen: Observation, file: PolicyFile) -> str:
    return f"the mail does not say {signals_told([name for name in wanted if name not in seen.signals], file)}"


def _signals_none(wanted: Sequence[str], seen: Observation, file: PolicyFile) -> str:
    return f"the mail says {signals_told([name for name in wanted if name in seen.signals], file, 'and')}"


def _any_of(alternatives: Sequence[Mapping[str, Any]], seen: Observation, file: PolicyFile) -> str:
    reasons = dict.fromkeys(filter(None, (why_not(alternative, seen, file) for alternative in alternatives)))
    return "; and ".join(reasons)


REFUSALS: dict[str, Callable[[Any, Observation, PolicyFile], str]] = {
    "topic": _label("topic"),
    "not_topic": _not_topic,
    "issue_type": _label("issue type"),
    "severity": _label("severity"),
    "scope": _label("scope"),
    "facts": _fact,
    "history": _history,
    "version": _version,
    "language_in": _language,
    "language_not_in": _language,
    "days_since": _days_since,
    "received": _received,
    "impact": _impact,
    "signals_any": _signals,
    "signals_all": _signals,
    "signals_none": _signals_none,
    "any_of": _any_of,
}
"""How each condition that fails is told, by its key in the policy file."""
