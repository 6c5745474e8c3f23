"""When agents are warned: by the share of support time that is left, in the calendar of the ticket's policy."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from mailtriage.deadlines import DeadlineWatcher, Horizon, business_day, look
from mailtriage.deadlines_table import DeadlinesTable
from mailtriage.office import Office
from policies.clock.calendar import SupportClock
from policies.clock.hours import Calendar
from policies.loader import load_shipped
from tests.tickets.making import recording, terms, verdict
from tickets.clocks.deadlines import Due
from tickets.connections import writing
from tickets.policy_versions import Adoption
from tickets.schema import policy_version
from tickets.store import Store

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
TABLE = DeadlinesTable()


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A moment of March 2026 in Amsterdam; the 2nd is a Monday."""
    return datetime(2026, 3, day, hour, minute, second, tzinfo=AMSTERDAM)


@pytest.fixture
def weekday(office: Office) -> Calendar:
    """Monday to Friday 8:00 to 17:00."""
    calendars = office.policy("perfana").file.calendars
    return next(one for one in calendars.values() if business_day(one) == timedelta(hours=9))


@pytest.fixture
def unreadable(office: Office) -> str:
    """A recorded version of perfana that another program wrote: this one cannot read it."""
    source = load_shipped("perfana")
    office.store.adopt_policies(
        [Adoption(replace(source, version="0.9.0"), date(2025, 1, 1), "ann", "by a former program")]
    )
    with writing(office.store._engine) as connection:
        former = policy_version.c.version == "0.9.0"
        connection.execute(update(policy_version).where(former).values(content="word_of_a_former_program = 1"))
    office.policies._looked = float("-inf")
    return "0.9.0"


def opened(
    office: Office, calendar: Calendar, received: datetime, due: datetime, within: str, version: str | None = None
) -> int:
    promised = terms(due)
    assert promised.response_target is not None
    target = replace(promised.response_target, calendar=calendar.title, within=within)
    said = replace(verdict(), policy="perfana")
    if version is not None:
        said = replace(said, versions=replace(said.versions, policy=version))
    one = recording(
        promised=replace(promised, response_target=target), said=said, policy="perfana", received_at=received
    )
    [recorded] = office.store.record([one])
    assert recorded.ticket is not None
    return recorded.ticket


def told(store: Store, number: int) -> list[str]:
    return [e.kind for e in reversed(store.events(number)) if e.kind.startswith("deadline")]


def test_a_warning_comes_when_a_quarter_of_the_target_is_left_over_the_weekend(
    office: Office, weekday: Calendar
) -> None:
    # 4 support hours from Friday 14:00: due Monday 9:00; one hour is left on Friday 17:00 = Monday 8:00.
    received, due = at(6, 14), at(9, 9)
    assert SupportClock(weekday).add(received, timedelta(hours=4)) == due
    number = opened(office, weekday, received, due, "4 support hours")
    assert look(office.store, office.policies, TABLE, at(6, 16, 59, 59)) == {}
    assert look(office.store, office.policies, TABLE, at(6, 17)) == {"near": 1}
    assert look(office.store, office.policies, TABLE, at(9, 8, 59, 59)) == {}
    assert look(office.store, office.policies, TABLE, due) == {"missed": 1}
    assert look(office.store, office.policies, TABLE, at(9, 12)) == {}
    near, missed = [e for e in reversed(office.store.events(number)) if e.kind.startswith("deadline")]
    assert near.details["support_seconds_left"] == 3600
    assert near.details["time_zone"] == "Europe/Amsterdam"
    assert datetime.fromisoformat(near.details["due_at"]) == due
    assert (missed.details["late_seconds"], missed.at) == (0, due)


@pytest.mark.parametrize(
    ("within", "warn_at", "left"),
    [
        ("2 support hours", "25%", timedelta(minutes=30)),
        ("20 support minutes", "25%", timedelta(minutes=10)),  # the least
        ("1 business day", "25%", timedelta(hours=2, minutes=15)),
        ("2 business days", "50%", timedelta(hours=9)),
        ("8 support hours", "45 minutes", timedelta(minutes=45)),
        ("8 support hours", "1 hour", timedelta(hours=1)),
        ("some day", "25%", timedelta(minutes=10)),
    ],
)
def test_a_warning_comes_at_the_second(
    office: Office, weekday: Calendar, within: str, warn_at: str, left: timedelta
) -> None:
    due = at(12, 16)
    number = opened(office, weekday, at(2, 9), due, within)
    table = DeadlinesTable(warn_at=warn_at)
    clock = SupportClock(weekday)
    moment = due
    while clock.between(moment - timedelta(minutes=1), due) <= left and clock.between(moment, due) < left:
        moment -= timedelta(minutes=1)
    assert look(office.store, office.policies, table, moment - timedelta(seconds=1)) == {}
    assert look(office.store, office.policies, table, moment) == {"near": 1}
    assert told(office.store, number) == ["deadline_near"]


def test_what_was_missed_in_an_outage_is_told_once_with_how_late_it_is(office: Office, weekday: Calendar) -> None:
    numbers = [opened(office, weekday, at(2, 9), at(2, 11), "2 support hours") for _ in range(3)]
    opened(office, weekday, at(2, 9), at(4, 11), "2 support hours")
    assert look(office.store, office.policies, TABLE, at(3, 11)) == {"missed": 3}
    assert look(office.store, office.policies, TABLE, at(3, 11, 1)) == {}
    for number in numbers:
        assert told(office.store, number) == ["deadline_missed"]
        assert office.store.events(number)[0].details["late_seconds"] == 24 * 3600


def test_what_was_due_long_ago_is_not_told(office: Office, weekday: Calendar) -> None:
    opened(office, weekday, at(2, 9), at(2, 11), "2 support hours")
    assert look(office.store, office.policies, DeadlinesTable(forget_after_days=2), at(4, 11, 0, 1)) == {}
    assert look(office.store, office.policies, DeadlinesTable(forget_after_days=2), at(4, 10, 59)) == {"missed": 1}


def test_a_ticket_of_a_calendar_or_policy_that_is_gone_is_warned_of_all_the_same(
    office: Office, weekday: Calendar
) -> None:
    gone = weekday.model_copy(update={"title": "hours of a former policy"})
    number = opened(office, gone, at(2, 9), at(2, 11), "2 support hours")
    assert look(office.store, office.policies, TABLE, at(2, 10, 49)) == {}
    assert look(office.store, office.policies, TABLE, at(2, 10, 50)) == {"near": 1}
    assert told(office.store, number) == ["deadline_near"]


def test_a_ticket_decided_by_a_version_that_cannot_be_read_is_told_all_the_same(
    office: Office, weekday: Calendar, unreadable: str
) -> None:
    number = opened(office, weekday, at(2, 9), at(2, 11), "2 support hours", version=unreadable)
    assert look(office.store, office.policies, TABLE, at(2, 10, 45)) == {"near": 1}
    assert look(office.store, office.policies, TABLE, at(2, 11)) == {"missed": 1}
    assert office.store.events(number)[0].details["time_zone"] == "Europe/Amsterdam"


def test_a_ticket_decided_by_a_version_that_cannot_be_read_waits_and_goes_on(
    office: Office, weekday: Calendar, unreadable: str
) -> None:
    store = office.store
    number = opened(office, weekday, at(2, 9), at(2, 11), "2 support hours", version=unreadable)
    assert store.wait(number, actor="ann", at=at(2, 9))
    assert store.resume(number, actor="ann", at=at(2, 10))
    found = store.ticket(number)
    assert found is not None and found.due_at == at(2, 12)


def test_one_ticket_that_cannot_be_looked_at_keeps_no_other_one_back(
    office: Office, weekday: Calendar, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = (opened(office, weekday, at(2, 9), at(2, 11), "2 support hours") for _ in range(2))
    calendar = Horizon.calendar

    def breaks(self: Horizon, due: Due) -> Calendar | None:
        if due.ticket == bad:
            raise OverflowError("date value out of range")
        return calendar(self, due)

    monkeypatch.setattr(Horizon, "calendar", breaks)
    assert look(office.store, office.policies, TABLE, at(2, 10, 45)) == {"near": 1}
    assert look(office.store, office.policies, TABLE, at(2, 11)) == {"missed": 1}
    assert told(office.store, good) == ["deadline_near", "deadline_missed"]
    assert f"the deadline of ticket {bad} could not be looked at" in caplog.text


def test_more_than_one_batch_is_told_in_one_look(
    office: Office, weekday: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailtriage.deadlines.BATCH", 3)
    for number in range(8):
        opened(office, weekday, at(2, 9), at(2, 11) + timedelta(minutes=number % 2), "2 support hours")
    opened(office, weekday, at(2, 9), at(2, 16), "2 support hours")
    assert look(office.store, office.policies, TABLE, at(2, 10, 45)) == {"near": 8}
    assert look(office.store, office.policies, TABLE, at(2, 11, 30)) == {"missed": 8}


def test_a_business_day_is_the_average_support_time_of_one(office: Office) -> None:
    lengths = {business_day(one) for one in office.policy("perfana").file.calendars.values()}
    assert timedelta(hours=9) in lengths


def test_the_watcher_can_be_switched_off(make_office: Callable[..., Office]) -> None:
    office = make_office(deadlines={"enabled": False})
    watcher = DeadlineWatcher(office, threading.Event(), lambda: datetime(2026, 3, 2, tzinfo=UTC))
    watcher.start()
    watcher.join(10)
    assert not watcher.is_alive()
