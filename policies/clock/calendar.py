"""The clock that counts support hours and business days in a calendar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from policies.clock.hours import WEEKDAYS, Calendar, DayHours, holidays_of
from policies.clock.pause import Pause
from policies.promises import Within

Open = tuple[datetime, datetime]
NOTHING = timedelta(0)
DAY = timedelta(days=1)


class SupportClock:
    """Counts in the support hours of one calendar.

    An instant is open when its local wall time is, so that hours lost or repeated at a change to or from
    daylight-saving time count as they really pass. Threads may share it.
    """

    def __init__(self, calendar: Calendar) -> None:
        self.zone = ZoneInfo(calendar.time_zone)
        self._hours = calendar.hours_by_weekday()
        self._business_days = frozenset(WEEKDAYS.index(day) for day in calendar.business_days)
        self._holidays = None if calendar.holidays == "none" else calendar.holidays
        self._half_days = {each.day: each.minute for each in calendar.half_days}

    def is_open(self, at: datetime) -> bool:
        """Whether support is open at that instant (an aware datetime)."""
        local = at.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        return any(opens <= minute < closes for opens, closes in self._hours_on(local.date()))

    def minutes_open(self, year: int) -> int:
        """The minutes of that year in which support is open, by the wall clock."""
        return sum(closes - opens for day in _days_of(year) for opens, closes in self._hours_on(day))

    def business_days_in(self, year: int) -> int:
        """The business days of that year that are no holiday."""
        return sum(self._is_business_day(day) for day in _days_of(year))

    def next_open(self, at: datetime) -> datetime:
        """``at`` when support is open then, else the next opening; in the calendar's zone."""
        return self.add(at, NOTHING)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The support time that passes from ``start`` to ``end``; none when ``end`` is not after ``start``."""
        return sum((closes - opens for opens, closes in self.open_between(start, end)), NOTHING)

    def open_between(self, start: datetime, end: datetime) -> Iterator[Open]:
        """When support is open from ``start`` to ``end``, in order, in UTC; some intervals end as the next begins."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        for opens, closes in self._open_from(start) if start < end else ():
            if opens >= end:
                return
            yield opens, min(closes, end)

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
        due = datetime.combine(day, opening.time().replace(fold=0), tzinfo=self.zone)
        # By way of UTC, a wall time that daylight saving skips becomes the real instant it stands for.
        return due.astimezone(UTC).astimezone(self.zone)

    def due(self, start: datetime, within: Within, pauses: Iterable[Pause] = ()) -> datetime | None:
        """When what is promised ``within`` a time from ``start`` is due, in the calendar's zone; None for no promise.

        Each pause that begins before the due time as it is by then moves it on by the support time of the pause, so
        that hours do not run while paused, and days are lengthened by it. A pause that lasts still counts as ended
        where it began: that is when the answer is due should the clock go on at once.
        """
        if within.business_days is not None:
            due = self.add_business_days(start, within.business_days)
        elif within.hours is not None:
            due = self.add(start, within.hours)
        else:
            return None
        return self.moved_on(due, [replace(pause, began_at=max(pause.began_at, start)) for pause in pauses])

    def moved_on(self, due: datetime, pauses: Iterable[Pause]) -> datetime:
        """What was due then without any pause, moved on by them as :meth:`due` says; in the calendar's zone."""
        due = due.astimezone(self.zone)
        counted: datetime | None = None
        for began_at, ended_at in sorted((p.began_at, p.ended_at) for p in pauses if p.ended_at is not None):
            began_at = began_at if counted is None else max(began_at, counted)
            if began_at >= due:
                break
            paused = self.between(began_at, ended_at)
            if paused:
                due = self.add(due, paused)
            counted = max(began_at, ended_at)
        return due

    def _next_business_day(self, day: date) -> date:
        day += DAY
        while not self._is_business_day(day) or not self._exists(day):
            day += DAY
        return day

    def _is_business_day(self, day: date) -> bool:
        return day.weekday() in self._business_days and not self._is_holiday(day)

    def _exists(self, day: date) -> bool:
        """Whether the zone had that day: Samoa had no 30 December 2011."""
        noon = datetime.combine(day, time(12), tzinfo=self.zone)
        return noon.astimezone(UTC).astimezone(self.zone).date() == day

    def _is_holiday(self, day: date) -> bool:
        setting = self._holidays
        return setting is not None and day in holidays_of(setting.country, setting.subdivision, day.year)

    def _hours_on(self, day: date) -> DayHours:
        if self._is_holiday(day):
            return ()
        hours = self._hours[day.weekday()]
        if not self._half_days:
            return hours
        written = day.isoformat()
        closing = self._half_days.get(written, self._half_days.get(written[-5:]))
        return hours if closing is None else tuple((o, min(c, closing)) for o, c in hours if o < closing)

    def _open_from(self, start: datetime) -> Iterator[Open]:
        """Open intervals in UTC from ``start`` on, in order, without end: no country has all Mondays off."""
        for begin, end, offset in self._stretches(start):
            yield from self._open_within(begin, end, offset)

    def _open_within(self, begin: datetime, end: datetime, offset: timedelta) -> Iterator[Open]:
        """Open intervals of a stretch of UTC in which the zone's offset does not change."""
        wall_begin, wall_end = (begin + offset).replace(tzinfo=None), (end + offset).replace(tzinfo=None)
        day = wall_begin.date()
        while (midnight := datetime.combine(day, time.min)) < wall_end:
            for opens, closes in self._hours_on(day):
                first = max(midnight + timedelta(minutes=opens), wall_begin)
                last = min(midnight + timedelta(minutes=closes), wall_end)
                if first < last:
                    yield (first - offset).replace(tzinfo=UTC), (last - offset).replace(tzinfo=UTC)
            day += DAY

    def _stretches(self, start: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
        """UTC from ``start`` on, a day at a time, cut where the zone's offset changes."""
        offset = self._offset(start)
        while True:
            end = start + DAY
            following = self._offset(end)
            if following != offset:
                end = self._transition(start, end)
            yield start, end, offset
            start, offset = end, following

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
        return at.astimezone(self.zone).utcoffset() or NOTHING


def _days_of(year: int) -> Iterator[date]:
    first = date(year, 1, 1)
    return (first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days))


@lru_cache(maxsize=256)
def clock_of(calendar: Calendar) -> SupportClock:
    """The clock of a calendar, made once."""
    return SupportClock(calendar)
