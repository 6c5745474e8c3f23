"""Which first responses are due soon, or are overdue, told once: by a look at the store now and then.

Nothing is remembered between two looks, so that a look after an outage tells what was missed meanwhile.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter as Tally
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from mailtriage.deadlines_table import DeadlinesTable
from mailtriage.office import Office
from policies.clock.calendar import SupportClock
from policies.clock.hours import WEEKDAYS, Calendar
from policies.loader import PolicyFileError
from policies.policy import Policy
from policies.promises import Within
from policies.versions import Policies
from tickets.clocks.deadlines import DeadlineNotice, Due, Kind
from tickets.store import Store, StoreUnavailable

log = logging.getLogger("mailtriage.deadlines")
BATCH = 500
PROMISED = re.compile(r"(?P<number>[1-9]\d{0,3}) (?:support (?P<unit>minute|hour)|business day)s?")
"""A promise in words, as :attr:`policies.promises.Within.words` writes it."""
SECOND = timedelta(seconds=1)


def look(store: Store, policies: Policies, table: DeadlinesTable, now: datetime) -> Tally[Kind]:
    """Tells what is due soon at ``now`` and what is overdue, each once for each due time; counts what it told.

    A ticket that is overdue already is told as missed alone, with how late that is.
    """
    counts: Tally[Kind] = Tally()
    horizon = Horizon(policies, table, now)
    forgotten = now - timedelta(days=table.forget_after_days)
    for batch in _untold(store, "missed", forgotten, now):
        counts["missed"] += store.tell_deadlines(_notices(batch, lambda due: _missed(due, horizon, now)), now)
    for batch in _untold(store, "near", now, horizon.furthest()):
        near = _notices(batch, lambda due: _near(due, horizon, now) if horizon.is_near(due) else None)
        counts["near"] += store.tell_deadlines(near, now)
    return +counts


def _notices(batch: list[Due], notice: Callable[[Due], DeadlineNotice | None]) -> list[DeadlineNotice]:
    """What there is to tell of a batch; a ticket that cannot be looked at is logged, and keeps no other one back."""
    found = []
    for due in batch:
        try:
            told = notice(due)
        except StoreUnavailable:
            raise
        except Exception:  # whatever is wrong with one ticket, the others are due
            log.exception("the deadline of ticket %d could not be looked at", due.ticket)
        else:
            found += [told] if told is not None else []
    return found


def _untold(store: Store, kind: Kind, after: datetime, until: datetime) -> Iterator[list[Due]]:
    last: tuple[datetime, int] | None = None
    while batch := store.deadlines_untold(kind, after=after, until=until, beyond=last, limit=BATCH):
        yield batch
        last = batch[-1].due_at, batch[-1].ticket


class Horizon:
    """How far into the future a warning looks from ``now``: by the support hours of each calendar."""

    def __init__(self, policies: Policies, table: DeadlinesTable, now: datetime) -> None:
        self._policies = policies
        self._table = table
        self._now = now
        self._calendars: dict[tuple[str, str | None, str | None], Calendar | None] = {}
        self._clocks: dict[int, tuple[Calendar, SupportClock]] = {}
        self._ends: dict[tuple[int, timedelta], datetime] = {}

    def furthest(self) -> datetime:
        """No ticket due later than this is near, by any promise in force."""
        promises = (
            (policy.file.calendars[promise.calendar], within)
            for policy in self._readable()
            for promise in policy.file.response_targets
            for within in promise.within.values()
        )
        ends = [self._end(calendar, self._warning(promised_time(calendar, within))) for calendar, within in promises]
        return max(ends, default=self._now + self._warning(None))

    def _readable(self) -> Iterator[Policy]:
        for name in self._policies:
            with suppress(PolicyFileError):  # the log of policies says it
                yield self._policies[name]

    def is_near(self, due: Due) -> bool:
        """Whether no more support time than the warning's is left until it is due."""
        calendar = self.calendar(due)
        if calendar is None:
            return due.due_at <= self._now + self._warning(None)
        return due.due_at <= self._end(calendar, self._warning(target_of(due, calendar)))

    def calendar(self, due: Due) -> Calendar | None:
        """The calendar of the promise, in the version of the policy that decided the ticket; None if that is gone."""
        key = (due.policy, due.policy_version, due.calendar)
        if key not in self._calendars:
            self._calendars[key] = self._find(due)
        return self._calendars[key]

    def _warning(self, target: timedelta | None) -> timedelta:
        return self._table.warning(target)

    def _find(self, due: Due) -> Calendar | None:
        if due.policy not in self._policies:
            return None
        try:
            policy = self._policies.that_decided(due.policy, due.policy_version or "", due.received_at)
        except PolicyFileError:  # the log of policies says it
            return None
        calendars: list[Calendar] = list(policy.file.calendars.values())
        return next((one for one in calendars if one.title == due.calendar), None)

    def clock(self, calendar: Calendar) -> SupportClock:
        """The clock of a calendar, made once a look."""
        if id(calendar) not in self._clocks:
            self._clocks[id(calendar)] = calendar, SupportClock(calendar)
        return self._clocks[id(calendar)][1]

    def _end(self, calendar: Calendar, amount: timedelta) -> datetime:
        """When ``amount`` of support time will have passed; a due time up to then has no more than that left."""
        key = (id(calendar), amount)
        if key not in self._ends:
            self._ends[key] = self.clock(calendar).add(self._now, amount).astimezone(UTC)
        return self._ends[key]


def target_of(due: Due, calendar: Calendar) -> timedelta | None:
    """The promised time of a ticket in support time; None where its terms name none that can be read."""
    match = PROMISED.fullmatch(due.within or "")
    if match is None:
        return None
    number = int(match["number"])
    if match["unit"] is None:
        return number * business_day(calendar)
    return timedelta(**{f"{match['unit']}s": number})


def promised_time(calendar: Calendar, within: Within) -> timedelta | None:
    """A promise in support time."""
    if within.business_days is not None:
        return within.business_days * business_day(calendar)
    return within.hours


def business_day(calendar: Calendar) -> timedelta:
    """The support time of a business day, on the average of a week's."""
    hours = calendar.hours_by_weekday()
    days = {WEEKDAYS.index(day) for day in calendar.business_days}
    minutes = sum(closes - opens for day in days for opens, closes in hours[day])
    return timedelta(minutes=minutes / len(days))


def _missed(due: Due, horizon: Horizon, now: datetime) -> DeadlineNotice:
    details = _told(due, horizon.calendar(due)) | {"late_seconds": int((now - due.due_at) / SECOND)}
    return DeadlineNotice(due.ticket, "missed", due.due_at, details)


def _near(due: Due, horizon: Horizon, now: datetime) -> DeadlineNotice:
    calendar = horizon.calendar(due)
    left = horizon.clock(calendar).between(now, due.due_at) if calendar else due.due_at - now
    details = _told(due, calendar) | {"support_seconds_left": int(left / SECOND)}
    return DeadlineNotice(due.ticket, "near", due.due_at, details)


def _told(due: Due, calendar: Calendar | None) -> dict[str, Any]:
    """What both events say; the due time in UTC, with the zone that people are told it in, where it is known."""
    zone = calendar.time_zone if calendar else None
    return {"due_at": due.due_at.isoformat(), "within": due.within, "calendar": due.calendar, "time_zone": zone}


class DeadlineWatcher(threading.Thread):
    """Looks every so many seconds until ``stop`` is set; not yet started."""

    def __init__(
        self, office: Office, stop: threading.Event, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        super().__init__(name="deadlines", daemon=True)
        self.office = office
        self.stop = stop
        self._clock = clock

    def run(self) -> None:
        table = self.office.settings.deadlines
        while table.enabled and not self.stop.is_set():
            self.look()
            self.stop.wait(table.look_every_seconds)

    def look(self) -> None:
        """One look; what fails is logged and done at the next one."""
        office = self.office
        try:
            counts = look(office.store, office.policies, office.settings.deadlines, self._clock())
        except StoreUnavailable as error:
            log.warning("deadlines could not be looked at: %s", error)
        except Exception:  # a thread that dies silently would let deadlines pass silently
            log.exception("looking at deadlines failed")
        else:
            if counts:
                log.info("deadlines told: %d near, %d missed", counts["near"], counts["missed"])
