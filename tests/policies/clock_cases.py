"""Random cases for the support clock, and their outcome by the clock and by the simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Literal
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from policies.clock.calendar import SupportClock
from policies.clock.hours import Calendar
from policies.clock.pause import Pause
from policies.promises import Within
from tests.policies import minutes
from tests.policies.minutes import DAY, NAMES, Span, Words

Kind = Literal["between", "hours", "days"]
Season = tuple[datetime, datetime]

ZONES = (
    "Europe/Amsterdam", "Europe/London", "America/New_York", "America/St_Johns", "America/Santiago",
    "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tehran", "Africa/Cairo",
    "Pacific/Apia", "Pacific/Chatham", "Antarctica/Troll", "UTC",
)  # fmt: skip
COUNTRIES = (
    ("NL", None), ("DE", "BY"), ("DE", None), ("GB", "SCT"), ("US", None), ("US", "CA"), ("CA", "NL"), ("IN", "KA"),
    ("AU", "NSW"), ("CH", "TI"), ("JP", None), ("SE", None),
)  # fmt: skip


def _season(first: tuple[int, int, int], last: tuple[int, int, int]) -> Season:
    return datetime(*first, tzinfo=UTC), datetime(*last, tzinfo=UTC)


SEASONS = (
    _season((2024, 2, 20), (2024, 4, 10)),
    _season((2026, 10, 1), (2026, 11, 3)),
    _season((2011, 12, 15), (2012, 1, 8)),
    _season((2018, 10, 20), (2018, 11, 6)),
    _season((2022, 9, 15), (2022, 9, 25)),
)
"""A leap day and the changes of spring and of autumn, Samoa's lost day, midnight changes in Brazil, the end of
daylight-saving time in Iran."""

YEARS = (_season((2023, 1, 1), (2029, 1, 1)), *SEASONS)


@dataclass(frozen=True)
class Case:
    """A calendar, an instant, and what is asked from there: the time to ``end``, or when ``amount`` is over."""

    words: Words
    start: int
    kind: Kind
    amount: int
    pauses: tuple[Span, ...] = ()


@st.composite
def _clock_times(draw: st.DrawFn) -> str:
    minute = draw(st.one_of(st.integers(0, DAY), st.sampled_from([0, 60, 90, 120, 150, 180, 480, 1020, 1380, DAY])))
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def calendars(draw: st.DrawFn) -> Words:
    """Any calendar that opens for at least an hour a week."""
    some_days = st.lists(st.sampled_from(NAMES), min_size=1, unique=True).map(tuple)
    daily = []
    for days in draw(st.lists(some_days, max_size=2)):
        opens, closes = sorted((draw(_clock_times()), draw(_clock_times())))
        if opens < closes:
            daily.append((days, opens, closes))
    times = st.tuples(st.sampled_from(NAMES), _clock_times()).map(" ".join)
    weekly = draw(st.lists(st.tuples(times, times).filter(lambda span: span[0] != span[1]), max_size=2))
    if minutes.passed(Words("UTC", tuple(daily), tuple(weekly), NAMES), 0, 7 * DAY) < 60:
        daily.append((NAMES[:5], "08:00", "17:00"))
    country = draw(st.one_of(st.none(), st.sampled_from(COUNTRIES)))
    business = draw(st.one_of(st.just(NAMES[:5]), some_days))
    half = st.tuples(st.sampled_from(["12-24", "12-31", "02-29", "2026-10-25", "2024-03-31"]), _clock_times())
    half_days = draw(st.lists(half, max_size=2, unique_by=lambda entry: entry[0]))
    zone = draw(st.sampled_from(ZONES))
    return Words(zone, tuple(daily), tuple(weekly), business, country, tuple(half_days))


@st.composite
def cases(
    draw: st.DrawFn,
    seasons: Sequence[Season],
    *,
    kinds: Sequence[Kind] = ("between", "hours", "days"),
    least_pauses: int = 0,
) -> Case:
    """Cases that begin within one of the seasons."""
    words = draw(calendars())
    first, last = (round(each.timestamp()) // 60 for each in draw(st.sampled_from(seasons)))
    start = draw(st.integers(first, last))
    kind = draw(st.sampled_from(kinds))
    if kind == "between":
        return Case(words, start, kind, draw(st.integers(-DAY, 40 * DAY)))
    pauses: list[Span] = []
    at = start
    for _ in range(draw(st.integers(least_pauses, 4))):
        began = at + draw(st.integers(-600 if not pauses else 0, 3 * DAY))
        at = began + draw(st.one_of(st.integers(0, 600), st.integers(0, 5 * DAY)))
        pauses.append((began, at))
    lasts: bool = draw(st.booleans())
    if pauses and lasts:
        pauses[-1] = (pauses[-1][0], None)
    amount = draw(st.integers(1, 12)) if kind == "days" else draw(st.integers(1, 2400))
    return Case(words, start, kind, amount, tuple(pauses))


def several(words: Words, seasons: Sequence[Season], numbers: Random, count: int) -> list[Case]:
    """Cases of one calendar, of the same kinds as :func:`cases` draws: many of them in little time."""
    made = []
    for _ in range(count):
        first, last = (round(each.timestamp()) // 60 for each in numbers.choice(seasons))
        start = numbers.randint(first, last)
        kind: Kind = numbers.choice(("between", "hours", "days"))
        if kind == "between":
            made.append(Case(words, start, kind, numbers.randint(-DAY, 40 * DAY)))
            continue
        pauses: list[Span] = []
        at = start
        for _ in range(numbers.randint(0, 4)):
            began = at + numbers.randint(0 if pauses else -600, 3 * DAY)
            at = began + numbers.randint(0, numbers.choice((600, 5 * DAY)))
            pauses.append((began, at))
        if pauses and numbers.random() < 0.5:
            pauses[-1] = (pauses[-1][0], None)
        amount = numbers.randint(1, 12) if kind == "days" else numbers.randint(1, 2400)
        made.append(Case(words, start, kind, amount, tuple(pauses)))
    return made


def by_minutes(case: Case) -> int:
    """The outcome by the simulation: minutes of support time, or the instant that is due."""
    if case.kind == "between":
        return minutes.passed(case.words, case.start, case.start + case.amount)
    count = minutes.due_in_days if case.kind == "days" else minutes.due_in_minutes
    return count(case.words, case.start, case.amount, case.pauses)


def calendar_of(words: Words) -> Calendar:
    """The calendar that the words describe, as a policy's file would have it."""
    windows: list[dict[str, object]] = [
        {"days": list(days), "opens": opens, "closes": closes} for days, opens, closes in words.daily
    ]
    windows += [{"from": start, "to": end} for start, end in words.weekly]
    holidays: object = "none"
    if words.country is not None:
        country, region = words.country
        holidays = {"country": country} | ({"subdivision": region} if region else {})
    return Calendar.model_validate(
        {
            "title": "a calendar",
            "time_zone": words.zone,
            "windows": windows,
            "business_days": list(words.business_days),
            "holidays": holidays,
            "half_days": [{"day": day, "closes": closes} for day, closes in words.half_days],
        }
    )


def by_clock(case: Case, clock: SupportClock | None = None) -> float:
    """The outcome by the program's clock, in the units of :func:`by_minutes`."""
    clock = clock or SupportClock(calendar_of(case.words))
    start = _instant(case.start)
    if case.kind == "between":
        return clock.between(start, _instant(case.start + case.amount)) / timedelta(minutes=1)
    within = Within.model_validate(f"{case.amount} {'business day' if case.kind == 'days' else 'minute'}s")
    pauses = [Pause(_instant(began), None if ended is None else _instant(ended)) for began, ended in case.pauses]
    due = clock.due(start, within, pauses)
    if due is None:
        raise ValueError("a promise of some time has a due time")
    return due.timestamp() / 60


def changes_in(zone: str, season: Season) -> bool:
    """Whether the zone's offset from UTC changes within the season or the six weeks after it."""
    place, day = ZoneInfo(zone), season[0]
    offsets = set()
    while day < season[1] + timedelta(days=42):
        offsets.add(day.astimezone(place).utcoffset())
        day += timedelta(days=1)
    return len(offsets) > 1


def _instant(minute: int) -> datetime:
    return datetime.fromtimestamp(60 * minute, UTC)
