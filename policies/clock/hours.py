"""Support hours as a policy file writes them: weekly windows in a time zone, and holidays."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays as public_holidays
from pydantic import Field, field_validator, model_validator

from policies.part import Part, not_allowed

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_MINUTES = 24 * 60
_WEEK_MINUTES = 7 * _DAY_MINUTES
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_DATE = re.compile(r"(?P<year>\d{4}-)?\d\d-\d\d")

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Weekdays = Annotated[tuple[Weekday, ...], Field(min_length=1, strict=False)]
DayHours = tuple[tuple[int, int], ...]
"""The open [start, end) minutes of a day, sorted and not overlapping."""

LEAP_YEAR = 2024


def check_time_zone(name: str) -> str:
    """``name`` if it is an IANA time zone; raises ValueError saying what to write."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"{name!r} is not a time zone; allowed: a name of the IANA list such as 'Europe/Amsterdam' or 'UTC' "
            "(on a system without time zone data, install the tzdata package)"
        ) from None
    return name


class Window(Part):
    """Open hours: on ``days`` from ``opens`` to ``closes``, or from one time of the week to another."""

    days: Weekdays | None = None
    opens: str | None = None
    closes: str | None = None
    start: Annotated[str | None, Field(alias="from")] = None
    end: Annotated[str | None, Field(alias="to")] = None

    @model_validator(mode="after")
    def _complete(self) -> Window:
        daily = (self.days, self.opens, self.closes)
        span = (self.start, self.end)
        if all(daily) and not any(span):
            if _minute_of_day(self.opens or "") >= _minute_of_day(self.closes or ""):
                raise ValueError("closes must be later than opens; for hours over midnight use from and to")
        elif all(span) and not any(daily):
            _minute_of_week(self.start or "")
            _minute_of_week(self.end or "")
        else:
            raise ValueError("give days, opens and closes, or from and to ('friday 17:00')")
        return self

    def minutes(self) -> list[tuple[int, int]]:
        """The window as [start, end) minutes of the week from Monday 00:00, none of them over the week's end."""
        if self.days is not None:
            opens, closes = _minute_of_day(self.opens or ""), _minute_of_day(self.closes or "")
            starts = [WEEKDAYS.index(day) * _DAY_MINUTES for day in self.days]
            return [(start + opens, start + closes) for start in starts]
        start, end = _minute_of_week(self.start or ""), _minute_of_week(self.end or "")
        if start < end:
            return [(start, end)]
        return [(0, end), (start, _WEEK_MINUTES)]


class HolidaySetting(Part):
    """Public holidays of a country (ISO 3166-1) and, where they differ, a subdivision (ISO 3166-2)."""

    country: str
    subdivision: str | None = None

    @model_validator(mode="after")
    def _known(self) -> HolidaySetting:
        supported = public_holidays.list_supported_countries()
        if self.country not in supported:
            raise ValueError(not_allowed(self.country, "a country with known holidays", sorted(supported)))
        if self.subdivision is not None and self.subdivision not in supported[self.country]:
            raise ValueError(
                not_allowed(self.subdivision, f"a subdivision of {self.country}", list(supported[self.country]))
            )
        return self


class HalfDay(Part):
    """A day on which support closes early: of every year (``12-24``) or of one (``2026-12-24``)."""

    day: str
    closes: str

    @model_validator(mode="after")
    def _a_day_and_a_time(self) -> HalfDay:
        try:
            written = _DATE.fullmatch(self.day)
            date.fromisoformat("" if written is None else self.day if written["year"] else f"{LEAP_YEAR}-{self.day}")
        except ValueError:
            raise ValueError(f"{self.day!r} is not a day; allowed: '12-24' (every year) or '2026-12-24'") from None
        _minute_of_day(self.closes)
        return self

    @property
    def minute(self) -> int:
        """The minute of the day at which it closes."""
        return _minute_of_day(self.closes)


@lru_cache(maxsize=512)
def holidays_of(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """The public holidays of one year; made anew for each, since the library's lists grow while they are asked."""
    # A holiday that falls on a weekend may be kept in the year before or after.
    around = public_holidays.country_holidays(country, subdiv=subdivision, years=(year - 1, year, year + 1))
    return frozenset(day for day in around if day.year == year)


class Calendar(Part):
    """When support is open, in the wall time of ``time_zone``; closed all day on the holidays named.

    ``business_days`` are the working days that targets in business days count; half days are among them.
    """

    title: str
    time_zone: str
    windows: Annotated[tuple[Window, ...], Field(min_length=1, strict=False)]
    business_days: Weekdays = ("monday", "tuesday", "wednesday", "thursday", "friday")
    holidays: Literal["none"] | HolidaySetting = "none"
    half_days: Annotated[tuple[HalfDay, ...], Field(strict=False)] = ()

    _zone = field_validator("time_zone")(check_time_zone)

    @field_validator("half_days")
    @classmethod
    def _each_day_once(cls, value: tuple[HalfDay, ...]) -> tuple[HalfDay, ...]:
        if len({each.day for each in value}) < len(value):
            raise ValueError("each day once")
        return value

    def hours_by_weekday(self) -> tuple[DayHours, ...]:
        """For Monday to Sunday the hours of the day."""
        week: list[list[tuple[int, int]]] = [[] for _ in WEEKDAYS]
        for start, end in sorted(span for window in self.windows for span in window.minutes()):
            for day in range(start // _DAY_MINUTES, -(-end // _DAY_MINUTES)):
                midnight = day * _DAY_MINUTES
                opens, closes = max(start - midnight, 0), min(end - midnight, _DAY_MINUTES)
                if week[day] and opens <= week[day][-1][1]:
                    week[day][-1] = (week[day][-1][0], max(week[day][-1][1], closes))
                else:
                    week[day].append((opens, closes))
        return tuple(tuple(day) for day in week)


def _minute_of_day(text: str) -> int:
    if not _CLOCK.fullmatch(text):
        raise ValueError(f"{text!r} is not a time of day; allowed: '00:00' to '24:00'")
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _minute_of_week(text: str) -> int:
    day, _, clock = text.partition(" ")
    if day not in WEEKDAYS:
        raise ValueError(f"{text!r} is not a time of the week; allowed: a day and a time, such as 'friday 17:00'")
    return WEEKDAYS.index(day) * _DAY_MINUTES + _minute_of_day(clock)
