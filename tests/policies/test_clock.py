"""The support clock: examples at every edge; :mod:`test_clock_simulation` has any number of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from policies.clock.calendar import SupportClock
from policies.clock.hours import Calendar
from policies.clock.pause import Pause
from policies.loader import load_shipped
from policies.promises import Within

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


def _calendar(zone: str, windows: Sequence[Mapping[str, object]], **more: object) -> Calendar:
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


def test_windows_may_end_at_midnight_and_begin_there() -> None:
    """One second more than the last minutes of Friday, on the first of Saturday."""
    clock = SupportClock(
        _calendar(
            "UTC",
            [
                {"days": ["friday"], "opens": "22:00", "closes": "24:00"},
                {"days": ["saturday"], "opens": "00:00", "closes": "01:00"},
            ],
        )
    )
    friday = datetime(2026, 5, 8, 23, 0, tzinfo=UTC)
    assert clock.add(friday, timedelta(hours=1)) == datetime(2026, 5, 9, tzinfo=UTC)
    assert clock.add(friday, timedelta(hours=1, seconds=1)) == datetime(2026, 5, 9, 0, 0, 1, tzinfo=UTC)
    assert clock.between(friday, friday + timedelta(days=7)) == timedelta(hours=3)


def test_a_half_day_closes_early_every_year_or_once() -> None:
    half = [{"day": "12-24", "closes": "12:00"}, {"day": "2026-05-06", "closes": "09:00"}]
    clock = SupportClock(_calendar("Europe/Amsterdam", [OFFICE], half_days=half))
    assert clock.add(at("2026-12-24 11:00"), timedelta(hours=2)) == at("2026-12-25 09:00")
    assert clock.add(at("2027-12-24 11:00"), timedelta(hours=1)) == at("2027-12-24 12:00")
    assert not clock.is_open(at("2026-05-06 09:00"))
    assert clock.is_open(at("2027-05-06 09:00"))
    assert clock.add_business_days(at("2026-12-23 15:00"), 1) == at("2026-12-24 15:00")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"half_days": [{"day": "13-01", "closes": "12:00"}]}, "'13-01' is not a day"),
        ({"half_days": [{"day": "2026-02-29", "closes": "12:00"}]}, "'2026-02-29' is not a day"),
        ({"half_days": [{"day": "2026-W07-1", "closes": "12:00"}]}, "is not a day"),
        ({"half_days": [{"day": "12-24", "closes": "noon"}]}, "'noon' is not a time of day"),
        ({"half_days": [{"day": "12-24", "closes": "12:00"}] * 2}, "each day once"),
    ],
)
def test_a_calendar_that_cannot_be_kept_is_refused(more: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        _calendar("Europe/Amsterdam", [OFFICE], **more)


def test_a_day_that_never_was_is_no_working_day() -> None:
    """Samoa went from 29 to 31 December 2011."""
    apia = ZoneInfo("Pacific/Apia")
    clock = SupportClock(_calendar("Pacific/Apia", [OFFICE]))
    assert clock.add_business_days(at("2011-12-29 10:00", apia), 1) == at("2012-01-02 10:00", apia)
    assert clock.add(at("2011-12-29 16:00", apia), timedelta(hours=2)) == at("2012-01-02 09:00", apia)


def test_a_target_that_falls_into_the_repeated_hour_is_due_the_first_time() -> None:
    clock = SupportClock(
        _calendar("Europe/Amsterdam", [{"from": "monday 00:00", "to": "monday 00:00"}], business_days=["sunday"])
    )
    due = clock.add_business_days(at("2026-10-21 02:30"), 1)
    assert due.astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def _within(words: str) -> Within:
    return Within.model_validate(words)


PAUSES = {
    "hours do not run while paused": ("2 hours", [("06 11:00", "06 13:30")], "06 14:30"),
    "over a night only its support hours count": ("2 hours", [("06 11:00", "07 09:00")], "07 10:00"),
    "outside support hours a pause is nothing": ("2 hours", [("06 18:00", "07 07:00")], "06 12:00"),
    "a pause that begins when it is due is too late": ("2 hours", [("06 12:00", "06 13:00")], "06 12:00"),
    "a pause from before the start counts from there": ("2 hours", [("06 08:00", "06 10:30")], "06 12:30"),
    "pauses that overlap count once": ("2 hours", [("06 10:30", "06 11:30"), ("06 11:00", "06 12:00")], "06 13:30"),
    "in any order": ("2 hours", [("06 12:30", "06 13:00"), ("06 10:30", "06 11:30")], "06 13:30"),
    "a second pause counts by the due time after the first": (
        "2 hours", [("06 11:00", "06 12:00"), ("06 12:30", "06 13:00")], "06 13:30",
    ),
    "a pause that lasts moves nothing yet": ("2 hours", [("06 11:00", None)], "06 12:00"),
    "a day is lengthened by the pause": ("1 business day", [("06 11:00", "06 12:30")], "07 11:30"),
    "by the support hours of a night's pause": ("1 business day", [("06 16:00", "07 09:00")], "07 12:00"),
    "a day moved beyond closing goes on in the morning": ("1 business day", [("06 10:00", "07 10:00")], "08 10:00"),
    "minutes as hours": ("30 minutes", [("06 10:10", "06 10:20")], "06 10:40"),
}  # fmt: skip


@pytest.mark.parametrize(("within", "pauses", "due"), PAUSES.values(), ids=PAUSES)
def test_what_is_due_is_moved_on_by_pauses(within: str, pauses: list[tuple[str, str | None]], due: str) -> None:
    """From Wednesday 6 May 2026, 10:00, Monday to Friday 8:00 to 17:00."""
    given = [Pause(at(f"2026-05-{b}"), at(f"2026-05-{e}") if e else None) for b, e in pauses]
    assert WEEKDAY.due(at("2026-05-06 10:00"), _within(within), given) == at(f"2026-05-{due}")


def test_nothing_promised_is_never_due() -> None:
    assert WEEKDAY.due(at("2026-05-06 10:00"), _within("none")) is None


def test_a_pause_over_the_change_of_the_clocks_counts_as_it_passes() -> None:
    """From 01:30 to 03:30 on the night to summer time it is one hour, on the night from it three."""
    for day, hours in (("2026-03-29", 1), ("2026-10-25", 3)):
        pause = Pause(at(f"{day} 01:30"), at(f"{day} 03:30"))
        assert ENTERPRISE.between(pause.began_at, pause.ended_at or pause.began_at) == timedelta(hours=hours)
        moved = ENTERPRISE.due(at(f"{day} 01:00"), _within("1 hour"), [pause])
        assert moved == at(f"{day} 04:00")


def test_no_time_passes_backwards() -> None:
    noon = at("2026-05-06 12:00")
    assert WEEKDAY.between(noon, noon) == WEEKDAY.between(noon, noon - timedelta(days=3)) == timedelta(0)
