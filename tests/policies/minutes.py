"""Support time counted minute by minute, from the words of the calendar's windows and the time zone alone.

Nothing here is shared with ``policies/``: the test compares the two. Instants are whole minutes since 1970, in UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
import numpy as np
from numpy.typing import NDArray

DAY = 24 * 60
NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FIRST_WEEKDAY = 3
"""1 January 1970 was a Thursday."""
EPOCH = date(1970, 1, 1).toordinal()
LONGEST = 40 * 30 * DAY
"""So many minutes are looked at before a case is said to have no end."""

Span = tuple[int, int | None]


@dataclass(frozen=True)
class Words:
    """A calendar as its file writes it: windows ``(days, opens, closes)`` or ``(from, to)``; holidays; half days."""

    zone: str
    daily: tuple[tuple[tuple[str, ...], str, str], ...]
    weekly: tuple[tuple[str, str], ...]
    business_days: tuple[str, ...]
    country: tuple[str, str | None] | None = None
    half_days: tuple[tuple[str, str], ...] = field(default=())


@lru_cache(maxsize=4096)
def month_on_the_wall(zone: str, year: int, month: int) -> NDArray[np.int32]:
    """For each minute of a month in UTC, what a clock on the wall shows, in minutes since 1970."""
    first, after = month_begins(year, month), month_begins(year + month // 12, month % 12 + 1)
    place = ZoneInfo(zone)
    offsets = [datetime.fromtimestamp(60 * minute, place).utcoffset() for minute in range(first, after)]
    ahead = {each: round(each.total_seconds() / 60) for each in set(offsets) if each is not None}
    shown = [
        minute + ahead[offset]
        for minute, offset in zip(range(first, after), offsets, strict=True)
        if offset is not None
    ]
    return np.array(shown, dtype=np.int32)


def month_begins(year: int, month: int) -> int:
    return round(datetime(year, month, 1, tzinfo=UTC).timestamp()) // 60


def on_the_wall(zone: str, first: int, after: int) -> NDArray[np.int32]:
    """As :func:`month_on_the_wall`, for the minutes from ``first`` to before ``after``."""
    begin, end = (datetime.fromtimestamp(60 * minute, UTC) for minute in (first, after))
    months = range(begin.year * 12 + begin.month - 1, end.year * 12 + end.month)
    whole = np.concatenate([month_on_the_wall(zone, month // 12, month % 12 + 1) for month in months])
    skipped = first - month_begins(begin.year, begin.month)
    return whole[skipped : skipped + after - first]


def clock(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def week_clock(text: str) -> int:
    day, time = text.split(" ")
    return NAMES.index(day) * DAY + clock(time)


@lru_cache(maxsize=512)
def holiday_numbers(country: str, region: str | None, year: int) -> frozenset[int]:
    """Days since 1970 that are holidays."""
    # What is kept in this year may belong to the one beside it.
    every = holidays.country_holidays(country, subdiv=region, years=[year - 1, year, year + 1])
    return frozenset(day.toordinal() - EPOCH for day in every if day.year == year)


class Timeline:
    """The minutes from ``first`` on, so many as are asked for: what the wall shows, and whether support is open."""

    def __init__(self, words: Words, first: int, length: int) -> None:
        self.words = words
        self.first = first
        self.wall = on_the_wall(words.zone, first, first + length)
        self.day, self.time = np.divmod(self.wall, DAY)
        weekday = (self.day + FIRST_WEEKDAY) % 7
        in_week = weekday * DAY + self.time
        self.open = np.zeros(length, dtype=bool)
        for days, opens, closes in words.daily:
            on = np.isin(weekday, [NAMES.index(name) for name in days])
            self.open |= on & (self.time >= clock(opens)) & (self.time < clock(closes))
        for start, end in words.weekly:
            after, before = in_week >= week_clock(start), in_week < week_clock(end)
            self.open |= (after & before) if week_clock(start) < week_clock(end) else (after | before)
        self._half_days()
        there = [int(each) for each in np.unique(self.day)]
        off = self._holidays(there)
        self.open &= ~np.isin(self.day, off)
        worked = [day for day in there if NAMES[(day + FIRST_WEEKDAY) % 7] in words.business_days]
        self.workdays = [day for day in worked if day not in off]

    def _half_days(self) -> None:
        for number in np.unique(self.day):
            written = date.fromordinal(int(number) + EPOCH).isoformat()
            closings = dict(self.words.half_days)
            closing = closings.get(written) or closings.get(written[5:])
            if closing is not None:
                self.open &= ~((self.day == number) & (self.time >= clock(closing)))

    def _holidays(self, days: Sequence[int]) -> list[int]:
        if self.words.country is None:
            return []
        years = {date.fromordinal(day + EPOCH).year for day in days}
        return sorted(set().union(*(holiday_numbers(*self.words.country, year) for year in years)))

    def paused(self, pauses: Sequence[Span]) -> NDArray[np.bool_]:
        still = np.zeros(len(self.open), dtype=bool)
        for began, ended in pauses:
            if ended is not None:
                still[max(began - self.first, 0) : max(ended - self.first, 0)] = True
        return still


def passed(words: Words, start: int, end: int) -> int:
    """Minutes of support time between two instants."""
    return int(Timeline(words, start, end - start).open.sum()) if end > start else 0


def due_in_minutes(words: Words, start: int, minutes: int, pauses: Sequence[Span] = ()) -> int:
    """The first instant by which so many minutes were open and not paused."""
    length = 14 * DAY
    while length <= LONGEST:
        line = Timeline(words, start, length)
        counted = np.cumsum(line.open & ~line.paused(pauses))
        if counted[-1] >= minutes:
            return start + int(np.searchsorted(counted, minutes)) + 1
        length *= 3
    raise ValueError(f"never due: {words}")


def due_in_days(words: Words, start: int, days: int, pauses: Sequence[Span] = ()) -> int:
    """The same wall time, so many working days on; moved on by each pause that begins before, minute by minute."""
    length = 14 * DAY
    while length <= LONGEST:
        line = Timeline(words, start, length)
        due = _days_on(line, days)
        moved = None if due is None else _moved_on(line, due, pauses)
        if moved is not None:
            return start + moved
        length *= 3
    raise ValueError(f"never due: {words}")


def _days_on(line: Timeline, days: int) -> int | None:
    """The position of the minute that is due; None when the line is too short."""
    opens = np.flatnonzero(line.open)
    if not len(opens):
        return None
    later = [day for day in line.workdays if day > line.day[opens[0]]]
    if len(later) <= days:  # the last of them may be cut short
        return None
    wanted = later[days - 1] * DAY + int(line.time[opens[0]])
    shown = np.flatnonzero(line.wall == wanted)
    if len(shown):
        return int(shown[0])
    # The wall never shows it: as if the clock had not been put forward.
    before = int(np.flatnonzero(line.wall[: np.flatnonzero(line.wall > wanted)[0]] < wanted)[-1])
    return before + wanted - int(line.wall[before])


def _moved_on(line: Timeline, due: int, pauses: Sequence[Span]) -> int | None:
    for began, ended in pauses:
        if ended is None or began - line.first >= due:
            break
        if ended - line.first > len(line.open):
            return None
        owed = int(line.open[max(began - line.first, 0) : max(ended - line.first, 0)].sum())
        while owed:
            if due >= len(line.open):
                return None
            owed -= bool(line.open[due])
            due += 1
    return due
