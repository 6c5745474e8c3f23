"""Whether conditions hold for an observation: yes, no, or not known for want of a fact."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from policies.clock.calendar import SupportClock
from policies.facts import FactValue
from policies.file import PolicyFile
from policies.rule import Observation
from policies.values import read_fact
from policies.when import VersionStatus

_STATUS_WORDS = {"supported": "a supported", "end_of_life": "an unsupported", "prerelease": "a pre-release"}


@dataclass(frozen=True, slots=True)
class Held:
    """Whether conditions hold (None: not known), why they do, the signals used, and the facts that were missing."""

    state: bool | None
    because: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


NO = Held(False)


def hold(conditions: Mapping[str, Any], seen: Observation, file: PolicyFile) -> Held:
    """Whether all ``conditions`` (the plain form of :class:`policies.when.When`) hold for what was ``seen``.

    One that fails settles it, whatever is unknown; otherwise one that is unknown leaves it unknown.
    """
    parts = []
    for key, wanted in conditions.items():
        part = EVALUATORS[key](wanted, seen, file)
        if part.state is False:
            return NO
        parts.append(part)
    return _joined(None if any(part.state is None for part in parts) else True, parts)


def _joined(state: bool | None, parts: Sequence[Held]) -> Held:
    return Held(
        state,
        tuple(reason for part in parts for reason in part.because),
        tuple(dict.fromkeys(name for part in parts for name in part.signals)),
        tuple(dict.fromkeys(name for part in parts for name in part.missing)),
    )


def _any_of(alternatives: Sequence[Mapping[str, Any]], seen: Observation, file: PolicyFile) -> Held:
    parts = [hold(alternative, seen, file) for alternative in alternatives]
    true = [part for part in parts if part.state]
    if true:
        return _joined(True, true)
    unknown = [part for part in parts if part.state is None]
    return _joined(None, unknown) if unknown else NO


def _topic(wanted: Collection[str], seen: Observation, file: PolicyFile) -> Held:
    return _label("topic", seen.topic, wanted)


def _not_topic(wanted: Collection[str], seen: Observation, file: PolicyFile) -> Held:
    return NO if seen.topic is None or seen.topic in wanted else Held(True)


def _issue_type(wanted: Collection[str], seen: Observation, file: PolicyFile) -> Held:
    return _label("issue type", seen.issue_type, wanted)


def _severity(wanted: Collection[str], seen: Observation, file: PolicyFile) -> Held:
    return _label("severity", seen.severity, wanted)


def _scope(wanted: Collection[str], seen: Observation, file: PolicyFile) -> Held:
    return _label("scope", seen.scope, wanted)


def _label(label: str, value: str | None, wanted: Collection[str]) -> Held:
    return Held(True, (f"the {label} is {value}",)) if value in wanted else NO


def _facts(tests: Mapping[str, Mapping[str, Any]], seen: Observation, file: PolicyFile) -> Held:
    parts = [_fact(name, test, seen, file) for name, test in tests.items()]
    if any(part.state is False for part in parts):
        return NO
    return _joined(None if any(part.state is None for part in parts) else True, parts)


def _fact(name: str, test: Mapping[str, Any], seen: Observation, file: PolicyFile) -> Held:
    entry = file.facts[name]
    value = read_fact(entry, seen.facts.customer.get(name))
    if "unknown" in test:
        return Held(True, (f"{entry.title} is not known",)) if value is None else NO
    if value is None:
        return Held(None, missing=(name,))
    fits = value in test["one_of"] if "one_of" in test else _within(value, test)
    words = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
    return Held(True, (f"{entry.title}: {words}",)) if fits else NO


def _within(value: FactValue, bounds: Mapping[str, Any]) -> bool:
    assert isinstance(value, int)  # noqa: S101 - a number fact; the file was checked for it
    return bool(bounds.get("at_least", value) <= value <= bounds.get("at_most", value))


def _history(test: Mapping[str, Any], seen: Observation, file: PolicyFile) -> Held:
    if seen.facts.history is None:
        return Held(None, missing=("history",))
    count = sum(past.topic in test["topics"] for past in seen.facts.history)
    at_least = _bound(test.get("at_least", 0 if "at_most" in test else 1), seen, file)
    at_most = _bound(test.get("at_most", count), seen, file)
    if (at_least is not None and count < at_least) or (at_most is not None and count > at_most):
        return NO
    bounds = {key: test[key] for key in ("at_least", "at_most") if isinstance(test.get(key), str)}
    if at_least is None or at_most is None:
        unknown = [name for key, name in bounds.items() if (at_least if key == "at_least" else at_most) is None]
        return Held(None, missing=tuple(dict.fromkeys(unknown)))
    number = count or "no"
    requests = f"{number} earlier request{'' if count == 1 else 's'} about {' or '.join(test['topics'])}"
    limits = tuple(
        f"{file.facts[name].title}: {at_least if key == 'at_least' else at_most}" for key, name in bounds.items()
    )
    return Held(True, (requests, *limits))


def _bound(bound: int | str, seen: Observation, file: PolicyFile) -> int | None:
    """A bound of a count: itself, or the number fact of that name; None where that is not known."""
    if isinstance(bound, int):
        return bound
    value = read_fact(file.facts[bound], seen.facts.customer.get(bound))
    return value if isinstance(value, int) else None


def _version(wanted: Collection[str], seen: Observation, file: PolicyFile) -> Held:
    releases = file.releases
    if releases is None:
        return NO
    version = read_fact(file.facts[releases.fact], seen.facts.customer.get(releases.fact))
    override = _override(seen, file)
    status: VersionStatus | None
    if override is not None:
        status = "supported" if override else "end_of_life"
    else:
        status = releases.status(str(version), received_day(seen, file)) if version is not None else None
    if status is None:
        return Held(None, missing=(releases.fact,))
    if status not in wanted:
        return NO
    return Held(True, (f"{version or 'the version in use'} is {_STATUS_WORDS[status]} version",))


def _override(seen: Observation, file: PolicyFile) -> bool | None:
    name = file.releases.override_fact if file.releases is not None else None
    value = read_fact(file.facts[name], seen.facts.customer.get(name)) if name is not None else None
    return value if isinstance(value, bool) else None


def _language_in(wanted: Collection[str], seen: Observation, file: PolicyFile) -> Held:
    code = _language(seen)
    if code is None:
        return Held(None, missing=("language",))
    return Held(True, (f"the mail is in the language {code}",)) if code in wanted else NO


def _language_not_in(wanted: Collection[str], seen: Observation, file: PolicyFile) -> Held:
    code = _language(seen)
    if code is None:
        return Held(None, missing=("language",))
    return NO if code in wanted else Held(True, (f"the mail is in the language {code}",))


def _language(seen: Observation) -> str | None:
    """The primary language subtag (RFC 5646, 2.2.1) of the mail's language, in lower case."""
    code = (seen.facts.language or "").replace("_", "-").partition("-")[0].lower()
    return code if code and code != "und" else None


def _days_since(test: Mapping[str, Any], seen: Observation, file: PolicyFile) -> Held:
    name = test["fact"]
    value = read_fact(file.facts[name], seen.facts.customer.get(name))
    if not isinstance(value, date):
        return Held(None, missing=(name,))
    days = (received_day(seen, file) - value).days
    if not test.get("at_least", days) <= days <= test.get("at_most", days):
        return NO
    when = f"{abs(days)} day{'s' if abs(days) != 1 else ''} {'after' if days >= 0 else 'before'}"
    return Held(True, (f"received {when} {file.facts[name].title} ({value.isoformat()})",))


def _received(test: Mapping[str, Any], seen: Observation, file: PolicyFile) -> Held:
    calendar = file.calendars[test["calendar"]]
    if SupportClock(calendar).is_open(seen.facts.received_at) is not test["open"]:
        return NO
    return Held(True, (f"received {'within' if test['open'] else 'outside'} {calendar.title}",))


def _impact(tests: Mapping[str, Collection[str]], seen: Observation, file: PolicyFile) -> Held:
    if any(seen.impact.get(key, "unknown") not in values for key, values in tests.items()):
        return NO
    return Held(True, tuple(f"{key}: {seen.impact.get(key, 'unknown')}" for key in tests))


def _signals_any(wanted: Collection[str], seen: Observation, file: PolicyFile) -> Held:
    found = [name for name in wanted if name in seen.signals]
    return _signals_found(found, file) if found else NO


def _signals_all(wanted: Collection[str], seen: Observation, file: PolicyFile) -> Held:
    found = [name for name in wanted if name in seen.signals]
    return _signals_found(found, file) if len(found) == len(wanted) else NO


def _signals_none(wanted: Collection[str], seen: Observation, file: PolicyFile) -> Held:
    return NO if any(name in seen.signals for name in wanted) else Held(True)


def _signals_found(names: Sequence[str], file: PolicyFile) -> Held:
    return Held(True, tuple(f"the mail says: {file.signals[name].title}" for name in names), tuple(names))


def received_day(seen: Observation, file: PolicyFile) -> date:
    """The calendar day of receipt where the policy's vendor is."""
    return seen.facts.received_at.astimezone(ZoneInfo(file.time_zone)).date()


EVALUATORS: dict[str, Callable[[Any, Observation, PolicyFile], Held]] = {
    "topic": _topic,
    "not_topic": _not_topic,
    "issue_type": _issue_type,
    "severity": _severity,
    "scope": _scope,
    "facts": _facts,
    "history": _history,
    "version": _version,
    "language_in": _language_in,
    "language_not_in": _language_not_in,
    "days_since": _days_since,
    "received": _received,
    "impact": _impact,
    "signals_any": _signals_any,
    "signals_all": _signals_all,
    "signals_none": _signals_none,
    "any_of": _any_of,
}
"""Every condition a policy file may use, by its key there."""
