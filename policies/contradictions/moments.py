"""Moments at which a mail can be received, with the version in use then: all that calendars and releases tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from policies.clock.calendar import SupportClock
from policies.clock.hours import Calendar
from policies.facts import FactValue
from policies.file import PolicyFile
from policies.releases import Releases

_NEWER_THAN_ALL = "999999"
_OLDER_THAN_ALL = "0"
_DAYS_SEARCHED = 2 * 366
"""How many days from a day on are looked at for each combination of calendars being open and closed."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a mail comes, and what is known then of the version in use."""

    received_at: datetime
    version: str | None = None
    override: bool | None = None

    def day(self, file: PolicyFile) -> date:
        """The day of receipt where the policy's vendor is."""
        return self.received_at.astimezone(ZoneInfo(file.time_zone)).date()

    def facts(self, file: PolicyFile) -> dict[str, FactValue]:
        """The customer facts that say so."""
        releases = file.releases
        if releases is None:
            return {}
        known: dict[str, FactValue] = {releases.fact: self.version}
        if releases.override_fact is not None:
            known[releases.override_fact] = self.override
        return known


def base_moment(file: PolicyFile) -> Moment:
    """Noon of the day from which the policy is in force."""
    return Moment(_noon(file, file.effective))


def moments(file: PolicyFile, calendars: Sequence[str]) -> Iterator[Moment]:
    """Moments in every state of ``calendars``, before and after every end of life, with every kind of version."""
    used = [file.calendars[name] for name in calendars]
    releases = file.releases
    days = [file.effective, *(sorted(_turning_days(releases)) if releases else ())]
    versions = [None, *(_versions(releases) if releases else ())]
    overrides = [None, False, True] if releases and releases.override_fact else [None]
    instants = [instant for day in days for instant in _instants(file, day, days, used)]
    return (Moment(at, version, override) for override in overrides for version in versions for at in instants)


def _turning_days(releases: Releases) -> Iterator[date]:
    """The last supported day of every series, and the day after."""
    for series in releases.series:
        last = releases.last_supported_day(series.name)
        if last is not None:
            yield from (last, last + timedelta(days=1))


def _versions(releases: Releases) -> Iterator[str]:
    """The newest first, then every other series, one before and one after them all, and pre-releases."""
    names = [series.name for series in reversed(releases.series)]
    yield from names
    yield from (_OLDER_THAN_ALL, _NEWER_THAN_ALL)
    yield from (f"{names[0]}{suffix}" for suffix in releases.prerelease_suffixes)


def _instants(
    file: PolicyFile, day: date, turning: Iterable[date], calendars: Sequence[Calendar]
) -> Iterator[datetime]:
    """Noon of ``day``, and from then to the next turning day an instant for every other state of the calendars."""
    clocks = [SupportClock(calendar) for calendar in calendars]
    noon = _noon(file, day)
    yield noon
    seen = {tuple(clock.is_open(noon) for clock in clocks)}
    later = [other for other in turning if other > day]
    end = min(_DAYS_SEARCHED, (min(later) - day).days if later else _DAYS_SEARCHED)
    for at in _changes(file, day, end, calendars) if calendars else ():
        if len(seen) == 2 ** len(clocks):
            return
        state = tuple(clock.is_open(at) for clock in clocks)
        if state not in seen:
            seen.add(state)
            yield at


def _changes(file: PolicyFile, day: date, days: int, calendars: Sequence[Calendar]) -> Iterator[datetime]:
    """Every instant of those days at which a calendar can open or close: the bounds of its windows, and full hours."""
    bounds = [
        (ZoneInfo(calendar.time_zone), weekday, minute)
        for calendar in calendars
        for weekday, hours in enumerate(calendar.hours_by_weekday())
        for minute in {minute for span in hours for minute in span} | {half.minute for half in calendar.half_days}
    ]
    start = datetime.combine(day, time.min, tzinfo=ZoneInfo(file.time_zone)).astimezone(UTC)
    for number in range(days):
        begin, end = start + timedelta(days=number), start + timedelta(days=number + 1)
        instants = {begin + timedelta(hours=hour) for hour in range(24)}
        for zone, weekday, minute in bounds:
            for local in {begin.astimezone(zone).date(), end.astimezone(zone).date()}:
                if local.weekday() == weekday:
                    wall = datetime.combine(local, time.min) + timedelta(minutes=minute)
                    instants.add(wall.replace(tzinfo=zone).astimezone(UTC))
        yield from sorted(at for at in instants if begin <= at < end)


def _noon(file: PolicyFile, day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=ZoneInfo(file.time_zone)).astimezone(UTC)
