"""The support clock: examples at every edge, and against a minute-by-minute simulation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.calendar import SupportClock
from policies.hours import Calendar
from policies.loader import load_shipped

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
WEEKDAY = SupportClock(load_shipped("perfana").file.calendars["weekday"])
ENTERPRISE = SupportClock(load_shipped("perfana").file.calendars["enterprise"])
ALWAYS = SupportClock(load_shipped("penelope").file.calendars["always"])


def at(text: str, zone: ZoneInfo = AMSTERDAM) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


HOURS = {
    "within a day": (WEEKDAY, "2026-05-06 10:00", 2, "2026-05-06 12:00"),
    "to the closing minute, not the next opening": (WEEKDAY, "2026-05-08 15:00", 2, "2026-05-08 17:00"),
    "the last second before Friday 17:00": (WEEKDAY, "2026-05-08 16:59:59", 2, "2026-05-11 09:59:59"),
    "Friday 17:00 itself is closed": (WEEKDAY, "2026-05-08 17:00:00", 2, "2026-05-11 10:00"),
    "before opening": (WEEKDAY, "2026-05-06 05:00", 2, "2026-05-06 10:00"),
    "over a night": (WEEKDAY, "2026-05-06 16:30", 2, "2026-05-07 09:30"),
    "over several days": (WEEKDAY, "2026-05-06 16:00", 20, "2026-05-11 09:00"),
    "at the weekend": (WEEKDAY, "2026-05-09 12:00", 6, "2026-05-11 14:00"),
    "Enterprise goes on over Friday 17:00": (ENTERPRISE, "2026-05-08 16:59:59", 2, "2026-05-08 18:59:59"),
    "Enterprise on Friday night": (ENTERPRISE, "2026-05-08 23:30", 2, "2026-05-09 01:30"),
    "Enterprise over Monday 8:00": (ENTERPRISE, "2026-05-11 07:30", 1, "2026-05-11 08:30"),
    "Enterprise on a weekday night is closed": (ENTERPRISE, "2026-05-06 20:00", 1, "2026-05-07 09:00"),
    "Enterprise over the lost hour of March": (ENTERPRISE, "2026-03-29 01:30", 2, "2026-03-29 04:30"),
    "Enterprise over the repeated hour of October": (ENTERPRISE, "2026-10-25 01:30", 2, "2026-10-25 02:30"),
    "the leap day": (WEEKDAY, "2028-02-29 16:00", 2, "2028-03-01 09:00"),
}

DAYS = {
    "the same time of the next day": (WEEKDAY, "2026-05-06 10:15:30", 1, "2026-05-07 10:15:30"),
    "Friday to Monday": (WEEKDAY, "2026-05-08 16:59:59", 1, "2026-05-11 16:59:59"),
    "two days over the weekend": (WEEKDAY, "2026-05-08 09:00", 2, "2026-05-12 09:00"),
    "after hours counts from the next opening": (WEEKDAY, "2026-05-08 18:00", 1, "2026-05-12 08:00"),
    "before opening": (WEEKDAY, "2026-05-06 03:00", 2, "2026-05-08 08:00"),
    "Enterprise on Saturday": (ENTERPRISE, "2026-05-09 12:00", 1, "2026-05-11 12:00"),
    "over the change to summer time": (WEEKDAY, "2026-03-27 09:00", 1, "2026-03-30 09:00"),
}


@pytest.mark.parametrize(("clock", "start", "hours", "due"), HOURS.values(), ids=HOURS)
def test_hours_targets_run_in_support_hours(clock: SupportClock, start: str, hours: int, due: str) -> None:
    assert clock.add(at(start), timedelta(hours=hours)) == at(due)


def test_the_repeated_hour_is_told_from_the_first() -> None:
    """After 01:30 summer time, two hours on it is 02:30 for the second time."""
    due = ENTERPRISE.add(at("2026-10-25 01:30"), timedelta(hours=2))
    assert due.astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert due.fold == 1


@pytest.mark.parametrize(("clock", "start", "days", "due"), DAYS.values(), ids=DAYS)
def test_a_business_day_ends_at_the_same_time_of_the_next_working_day(
    clock: SupportClock, start: str, days: int, due: str
) -> None:
    assert clock.add_business_days(at(start), days) == at(due)


def test_a_mail_from_another_zone_is_counted_in_the_calendars() -> None:
    start = datetime(2026, 5, 8, 10, 59, 59, tzinfo=ZoneInfo("America/New_York"))
    due = WEEKDAY.add(start, timedelta(hours=1))
    assert due == at("2026-05-11 08:59:59")
    assert due.tzinfo == AMSTERDAM


def test_around_the_clock_is_wall_clock_time() -> None:
    start = datetime(2026, 3, 8, 5, 0, tzinfo=UTC)
    assert ALWAYS.add(start, timedelta(days=9)) == start + timedelta(days=9)
    assert all(ALWAYS.is_open(start + timedelta(hours=n)) for n in range(7 * 24))


def _calendar(zone: str, windows: list[dict[str, object]], **more: object) -> Calendar:
    return Calendar.model_validate({"title": "a calendar", "time_zone": zone, "windows": windows, **more})


OFFICE = {"days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "opens": "08:00", "closes": "17:00"}


def test_public_holidays_close_when_the_calendar_says_so() -> None:
    """King's Day 2026 is a Monday."""
    dutch = SupportClock(_calendar("Europe/Amsterdam", [OFFICE], holidays={"country": "NL"}))
    assert dutch.add(at("2026-04-24 16:00"), timedelta(hours=2)) == at("2026-04-28 09:00")
    assert dutch.add_business_days(at("2026-04-24 16:00"), 1) == at("2026-04-28 16:00")
    assert WEEKDAY.add(at("2026-04-24 16:00"), timedelta(hours=2)) == at("2026-04-27 09:00")


def test_holidays_may_be_those_of_a_region() -> None:
    """Corpus Christi 2026 (4 June) is a holiday in Bavaria and none in Berlin."""
    bavaria, berlin = (
        SupportClock(_calendar("Europe/Berlin", [OFFICE], holidays={"country": "DE", "subdivision": region}))
        for region in ("BY", "BE")
    )
    noon = at("2026-06-04 12:00", ZoneInfo("Europe/Berlin"))
    assert not bavaria.is_open(noon)
    assert berlin.is_open(noon)


def test_a_time_that_daylight_saving_skips_becomes_a_real_one() -> None:
    night = SupportClock(
        _calendar("Europe/Amsterdam", [{"from": "monday 00:00", "to": "monday 00:00"}], business_days=["sunday"])
    )
    assert night.add_business_days(at("2026-03-25 02:30"), 1) == at("2026-03-29 03:30")


SIMULATED = {
    "weekday": load_shipped("perfana").file.calendars["weekday"],
    "enterprise": load_shipped("perfana").file.calendars["enterprise"],
    "always": load_shipped("penelope").file.calendars["always"],
    "new york nights": _calendar(
        "America/New_York",
        [
            {"from": "saturday 22:00", "to": "sunday 06:30"},
            {"days": ["wednesday"], "opens": "00:00", "closes": "24:00"},
        ],
    ),
    "lord howe, half an hour of summer time": _calendar(
        "Australia/Lord_Howe", [{"from": "sunday 01:15", "to": "sunday 02:15"}, OFFICE]
    ),
    "overlapping windows": _calendar("Asia/Kolkata", [OFFICE, {"from": "friday 12:00", "to": "saturday 12:00"}]),
    "dutch holidays": _calendar("Europe/Amsterdam", [OFFICE], holidays={"country": "NL"}),
}

DUTCH_HOLIDAYS = holidays.country_holidays("NL")
DAY_NAMES = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def _minute_is_open(calendar: Calendar, instant: datetime) -> bool:
    """Read from the windows' own words, apart from the clock's tables."""
    local = instant.astimezone(ZoneInfo(calendar.time_zone))
    if calendar.holidays != "none" and local.date() in DUTCH_HOLIDAYS:
        return False
    now = f"{local:%H:%M}"
    for window in calendar.windows:
        if window.days is not None:
            if DAY_NAMES[local.weekday()] in window.days and window.opens <= now < window.closes:
                return True
            continue
        start, end = ((DAY_NAMES.index(text.split()[0]), text.split()[1]) for text in (window.start, window.end))
        moment = (local.weekday(), now)
        if (start <= moment < end) if start < end else (moment >= start or moment < end):
            return True
    return False


def _simulated_due(calendar: Calendar, start: datetime, minutes: int) -> datetime:
    now = start
    while not _minute_is_open(calendar, now):
        now += timedelta(minutes=1)
    while minutes:
        minutes -= _minute_is_open(calendar, now)
        now += timedelta(minutes=1)
    return now


def _starts() -> st.SearchStrategy[datetime]:
    """Any minute of some years, and more than their share around the changes of daylight-saving time."""
    anywhere = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31))
    changes = [(2026, 3, 28), (2026, 10, 24), (2026, 3, 7), (2026, 10, 31), (2026, 4, 4), (2026, 10, 3), (2028, 2, 28)]
    near = st.builds(
        lambda day, minute: datetime(*day) + timedelta(minutes=minute), st.sampled_from(changes), st.integers(0, 2880)
    )
    return st.one_of(anywhere, near).map(lambda naive: naive.replace(second=0, microsecond=0, tzinfo=UTC))


@settings(max_examples=200, deadline=None)
@given(name=st.sampled_from(sorted(SIMULATED)), start=_starts(), minutes=st.integers(1, 400))
def test_the_clock_agrees_with_a_simulation_minute_by_minute(name: str, start: datetime, minutes: int) -> None:
    calendar = SIMULATED[name]
    due = SupportClock(calendar).add(start, timedelta(minutes=minutes))
    # Compared in UTC: a zoned time of the hour that autumn repeats is unequal to every other (PEP 495).
    assert due.astimezone(UTC) == _simulated_due(calendar, start, minutes)


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(sorted(SIMULATED)), start=_starts())
def test_open_and_closed_agree_with_the_windows_words(name: str, start: datetime) -> None:
    assert SupportClock(SIMULATED[name]).is_open(start) == _minute_is_open(SIMULATED[name], start)


@settings(max_examples=300, deadline=None)
@given(start=_starts(), days=st.integers(1, 12))
def test_business_days_agree_with_a_count_on_the_calendar(start: datetime, days: int) -> None:
    """On the weekday calendar: every due date is a working day, with as many working days passed as promised."""
    due = WEEKDAY.add_business_days(start, days)
    opening = WEEKDAY.next_open(start)
    passed = [opening.date() + timedelta(days=n) for n in range(1, (due.date() - opening.date()).days + 1)]
    assert sum(day.weekday() < 5 for day in passed) == days
    assert due.date().weekday() < 5
    assert due.time() == opening.time()
