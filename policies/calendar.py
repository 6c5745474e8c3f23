"""The clock that counts support hours and business days in a calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays as public_holidays

from policies.hours import WEEKDAYS, Calendar

Open = tuple[datetime, datetime]


class SupportClock:
    """Counts in the support hours of one calendar.

    An instant is open when its local wall time is, so that hours lost or repeated at a change to or from
    daylight-saving time count as they really pass.
    """

    def __init__(self, calendar: Calendar) -> None:
        self.zone = ZoneInfo(calendar.time_zone)
        self._hours = calendar.hours_by_weekday()
        self._business_days = frozenset(WEEKDAYS.index(day) for day in calendar.business_days)
        setting = calendar.holidays
        self._holidays = None if setting == "none" else _holiday_list(setting.country, setting.subdivision)

    def is_open(self, at: datetime) -> bool:
        """Whether support is open at that instant (an aware datetime)."""
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        hours = self._hours[local.weekday()] if self._works_on(local.date()) else ()
        return any(opens <= minute < closes for opens, closes in hours)

    def next_open(self, at: datetime) -> datetime:
        """``at`` when support is open then, else the next opening; in the calendar's zone."""
        return self.add(at, timedelta(0))

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """The instant at which ``amount`` of support time has passed since ``start``, in the calendar's zone.

        Exactly at closing time rather than at the next opening; with no amount, the first open instant.
        """
        intervals = self._open_from(start.astimezone(UTC))
        remaining = amount
        opens, closes = next(intervals)
        while closes - opens < remaining:
            remaining -= closes - opens
            opens, closes = next(intervals)
        return (opens + remaining).astimezone(self.zone)

    def add_business_days(self, start: datetime, days: int) -> datetime:
        """The same wall time ``days`` working days on from ``start`` or, when closed then, from the next opening."""
        opening = self.next_open(start)
        day = opening.date()
        for _ in range(days):
            day = self._next_business_day(day)
        due = datetime.combine(day, opening.time(), tzinfo=self.zone)
        # By way of UTC, a wall time that daylight saving skips becomes the real instant it stands for.
        return due.astimezone(UTC).astimezone(self.zone)

    def _next_business_day(self, day: date) -> date:
        day += timedelta(days=1)
        while day.weekday() not in self._business_days or not self._works_on(day):
            day += timedelta(days=1)
        return day

    def _works_on(self, day: date) -> bool:
        return self._holidays is None or day not in self._holidays

    def _open_from(self, start: datetime) -> Iterator[Open]:
        """Open intervals in UTC from ``start`` on, in order, without end: every calendar has a window a week."""
        for begin, end, offset in self._stretches(start):
            yield from self._open_within(begin, end, offset)

    def _open_within(self, begin: datetime, end: datetime, offset: timedelta) -> Iterator[Open]:
        """Open intervals of a stretch of UTC in which the zone's offset does not change."""
        wall_begin, wall_end = (begin + offset).replace(tzinfo=None), (end + offset).replace(tzinfo=None)
        day = wall_begin.date()
        while (midnight := datetime.combine(day, time.min)) < wall_end:
            for opens, closes in self._hours[day.weekday()] if self._works_on(day) else ():
                first = max(midnight + timedelta(minutes=opens), wall_begin)
                last = min(midnight + timedelta(minutes=closes), wall_end)
                if first < last:
                    yield (first - offset).replace(tzinfo=UTC), (last - offset).replace(tzinfo=UTC)
            day += timedelta(days=1)

    def _stretches(self, start: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
        """UTC from ``start`` on, a day at a time, cut where the zone's offset changes."""
        while True:
            end = start + timedelta(days=1)
            offset = self._offset(start)
            if self._offset(end) != offset:
                end = self._transition(start, end)
            yield start, end, offset
            start = end

    def _transition(self, before: datetime, after: datetime) -> datetime:
        """The instant between the two at which the offset changes, found by halving to the second (as zone data is)."""
        offset = self._offset(before)
        low, high = int(before.timestamp()), int(after.timestamp())
        while high - low > 1:
            middle = (low + high) // 2
            if self._offset(datetime.fromtimestamp(middle, UTC)) == offset:
                low = middle
            else:
                high = middle
        return datetime.fromtimestamp(high, UTC)

    def _offset(self, at: datetime) -> timedelta:
        return at.astimezone(self.zone).utcoffset() or timedelta(0)


@lru_cache(maxsize=32)
def _holiday_list(country: str, subdivision: str | None) -> public_holidays.HolidayBase:
    return public_holidays.country_holidays(country, subdiv=subdivision)
