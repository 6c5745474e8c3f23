"""Names in a policy file that refer to one another: each must be defined, and each id given once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from policies.clock.calendar import clock_of
from policies.clock.hours import Calendar
from policies.file import PolicyFile, RuleEntry
from policies.part import not_allowed
from policies.promises import Charge, Notice, Promise, Within
from policies.values import FactEntry
from policies.when import Alternative, FactTest, TermsWhen, When
from policies.work.procedure import Procedure
from policies.work.quota import LinkedRequest, Quota

Problem = tuple[str, str]
"""A key path and what is wrong there."""
Conditional = RuleEntry | Promise | Charge | Notice | Quota | Procedure | LinkedRequest


_YEARS = range(2024, 2031)
"""Years that a calendar is tried in: leap years are among them, and a first of January on most days of the week."""
_LONGEST = 10
"""In how many years a promise must be met."""


def problems(file: PolicyFile) -> list[Problem]:
    """Every name in ``file`` that is given twice or refers to nothing."""
    checks = (_duplicates, _topics, _precedence, _citations, _conditions, _settings, _hours, _work)
    return [problem for check in checks for problem in check(file)]


def _duplicates(file: PolicyFile) -> Iterator[Problem]:
    tables: dict[str, list[str]] = {
        "clauses": [clause.id for clause in file.clauses],
        "topics": [topic.name for topic in file.topics],
        "rules": [rule.id for rule in file.rules],
        "response_targets": [promise.id for promise in file.response_targets],
        "charges": [charge.id for charge in file.charges],
        "notices": [notice.id for notice in file.notices],
        "quotas": [quota.id for quota in file.quotas],
        "procedures": [procedure.id for procedure in file.procedures],
        "questions": [question.id for question in file.questions],
    }
    for table, ids in tables.items():
        counts = Counter(ids)
        for position, name in enumerate(ids):
            if counts[name] > 1 and name in ids[:position]:
                yield f"{table}[{position}]", f"{name!r} is given twice; the first is {table}[{ids.index(name)}]"
    yield from _calendar_titles(file)


def _calendar_titles(file: PolicyFile) -> Iterator[Problem]:
    """A promise names its calendar by the title, and its pauses are counted in the calendar of that title."""
    first: dict[str, str] = {}
    for name, calendar in file.calendars.items():
        if first.setdefault(calendar.title, name) != name:
            path, other = f"calendars.{name}.title", f"calendars.{first[calendar.title]}"
            yield path, f"{calendar.title!r} is the title of {other} already"


def _topics(file: PolicyFile) -> Iterator[Problem]:
    names = [topic.name for topic in file.topics]
    for position, rule in enumerate(file.rules):
        if rule.set is not None and rule.set.topic is not None and rule.set.topic not in names:
            yield f"rules[{position}].set.topic", not_allowed(rule.set.topic, "a topic of this policy", names)


def _precedence(file: PolicyFile) -> Iterator[Problem]:
    """A rule wins over later ones only: the order of the file decides, and ``over`` says that it is meant to."""
    ids = [rule.id for rule in file.rules]
    for position, rule in enumerate(file.rules):
        for name in rule.over:
            if name not in ids:
                yield f"rules[{position}].over", not_allowed(name, "a rule of this policy", ids)
            elif name not in ids[position + 1 :]:
                yield f"rules[{position}].over", f"{name!r} must stand later in the file than {rule.id!r}"


def _citations(file: PolicyFile) -> Iterator[Problem]:
    known = [clause.id for clause in file.clauses]
    cited: list[tuple[str, Iterable[str]]] = [
        *((f"topics[{position}].clauses", topic.clauses) for position, topic in enumerate(file.topics)),
        *((f"{path}.clauses", entry.clauses) for path, entry in _conditional(file)),
        *((f"procedures[{position}].cites", entry.cites) for position, entry in enumerate(file.procedures)),
        *((f"severity[{p}].clause", [row.clause]) for p, row in enumerate(file.severity) if row.clause is not None),
    ]
    for path, ids in cited:
        for name in ids:
            if name not in known:
                yield path, not_allowed(name, "a clause of this policy", known)


def _conditional(file: PolicyFile) -> Iterator[tuple[str, Conditional]]:
    """Every entry that has conditions, with its key path."""
    yield from ((f"rules[{position}]", rule) for position, rule in enumerate(file.rules))
    yield from ((f"response_targets[{position}]", entry) for position, entry in enumerate(file.response_targets))
    yield from ((f"charges[{position}]", entry) for position, entry in enumerate(file.charges))
    yield from ((f"notices[{position}]", entry) for position, entry in enumerate(file.notices))
    yield from ((f"quotas[{position}]", entry) for position, entry in enumerate(file.quotas))
    yield from ((f"procedures[{position}]", entry) for position, entry in enumerate(file.procedures))
    if file.linked_request is not None:
        yield "linked_request", file.linked_request


def _conditions(file: PolicyFile) -> Iterator[Problem]:
    for path, entry in _conditional(file):
        if entry.when is not None:
            yield from _condition(file, entry.when, f"{path}.when")
    for position, question in enumerate(file.questions):
        yield from _condition(file, question.when, f"questions[{position}].when")


def _condition(file: PolicyFile, when: TermsWhen, path: str) -> Iterator[Problem]:
    topics = [topic.name for topic in file.topics]
    signals = list(file.signals)
    named: list[tuple[str, Iterable[str], str, list[str]]] = [
        ("topic", when.topic or (), "a topic of this policy", topics),
        ("not_topic", when.not_topic or (), "a topic of this policy", topics),
        ("history.topics", when.history.topics if when.history else (), "a topic of this policy", topics),
        ("received.calendar", [when.received.calendar] if when.received else (), "a calendar", list(file.calendars)),
    ]
    if isinstance(when, Alternative):
        tests = {"signals_any": when.signals_any, "signals_all": when.signals_all, "signals_none": when.signals_none}
        named += [(key, names or (), "a signal of this policy", signals) for key, names in tests.items()]
    for key, values, what, allowed in named:
        for value in values:
            if value not in allowed:
                yield f"{path}.{key}", not_allowed(value, what, allowed)
    for name, test in (when.facts or {}).items():
        yield from _fact_test(file, name, test, f"{path}.facts.{name}")
    numbers = [name for name, entry in file.facts.items() if entry.type == "number"]
    for key, name in (when.history.facts if when.history else {}).items():
        if name not in numbers:
            yield f"{path}.history.{key}", not_allowed(name, "a number among the facts", numbers)
    if when.days_since is not None:
        dates = [name for name, entry in file.facts.items() if entry.type == "date"]
        if when.days_since.fact not in dates:
            yield f"{path}.days_since.fact", not_allowed(when.days_since.fact, "a date among the facts", dates)
    if when.version is not None and file.releases is None:
        yield f"{path}.version", "the policy has no [releases] to look versions up in"
    if isinstance(when, When):
        for position, alternative in enumerate(when.any_of or ()):
            yield from _condition(file, alternative, f"{path}.any_of[{position}]")


def _fact_test(file: PolicyFile, name: str, test: FactTest, path: str) -> Iterator[Problem]:
    entry = file.facts.get(name)
    if entry is None:
        yield path, not_allowed(name, "a fact of this policy", list(file.facts))
        return
    if (test.at_least is not None or test.at_most is not None) and entry.type != "number":
        yield path, f"at_least and at_most need a number; {name} is a {entry.type}"
    for value in test.one_of or ():
        if not _is_value(entry, value):
            allowed = entry.legal or ({"number": "a whole number"}.get(entry.type) or _other_key(entry),)
            yield path, f"{value!r} is not a value of {name}; allowed: {', '.join(allowed)}"


def _other_key(entry: FactEntry) -> str:
    return {"date": "days_since instead", "version": "version instead"}.get(entry.type, "none")


def _is_value(entry: FactEntry, value: str | bool | int) -> bool:
    match entry.type:
        case "choice":
            return value in entry.values
        case "boolean":
            return isinstance(value, bool)
        case "number":
            return isinstance(value, int) and not isinstance(value, bool)
        case _:
            return False


def _work(file: PolicyFile) -> Iterator[Problem]:
    """What quotas count, what a timesheet books, and what may be opened from a request."""
    numbers = [name for name, entry in file.facts.items() if entry.type == "number"]
    for position, quota in enumerate(file.quotas):
        if quota.fact not in numbers:
            yield f"quotas[{position}].fact", not_allowed(quota.fact, "a number among the facts", numbers)
    booked = list(file.prices.counts) if file.prices is not None else []
    for position, procedure in enumerate(file.procedures):
        for activity in procedure.before_approval:
            if activity not in booked:
                path = f"procedures[{position}].before_approval"
                yield path, not_allowed(activity, "an activity that prices.counts names", booked)
    topics = [topic.name for topic in file.topics]
    for topic in file.linked_request.topics if file.linked_request is not None else ():
        if topic not in topics:
            yield "linked_request.topics", not_allowed(topic, "a topic of this policy", topics)


def _hours(file: PolicyFile) -> Iterator[Problem]:
    """Calendars are open, and what is promised in them comes due in a time that somebody may wait."""
    for name, calendar in file.calendars.items():
        minutes, _ = _least_a_year(calendar)
        if minutes < sum(closes - opens for day in calendar.hours_by_weekday() for opens, closes in day):
            yield f"calendars.{name}", "the holidays and half days leave less than a week's hours open in a year"
    for position, promise in enumerate(file.response_targets):
        if promise.calendar in file.calendars:
            least = _least_a_year(file.calendars[promise.calendar])
            for level, within in promise.within.items():
                if _too_long(within, *least):
                    says = f"{within.words} of {promise.calendar!r} are more than {_LONGEST} years; promise less"
                    yield f"response_targets[{position}].within.{level}", says


def _least_a_year(calendar: Calendar) -> tuple[int, int]:
    """The minutes open, and the business days, of the year that has the fewest."""
    clock = clock_of(calendar)
    return min(map(clock.minutes_open, _YEARS)), min(map(clock.business_days_in, _YEARS))


def _too_long(within: Within, minutes: int, days: int) -> bool:
    if within.business_days is not None:
        return within.business_days > _LONGEST * days
    return within.hours is not None and within.hours.total_seconds() > _LONGEST * minutes * 60


def _settings(file: PolicyFile) -> Iterator[Problem]:
    calendars = list(file.calendars)
    for position, promise in enumerate(file.response_targets):
        if promise.calendar not in calendars:
            yield f"response_targets[{position}].calendar", not_allowed(promise.calendar, "a calendar", calendars)
    if file.releases is not None:
        for key, name, kind in (
            ("fact", file.releases.fact, "version"),
            ("override_fact", file.releases.override_fact, "boolean"),
        ):
            allowed = [fact for fact, entry in file.facts.items() if entry.type == kind]
            if name is not None and name not in allowed:
                yield f"releases.{key}", not_allowed(name, f"a {kind} among the facts", allowed)
    for position, charge in enumerate(file.charges):
        if charge.kind == "by_time" and file.prices is None:
            yield f"charges[{position}].kind", "work charged by time needs a [prices] table"
