"""How a due time was counted, told step by step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from policies.clock.calendar import SupportClock, clock_of
from policies.clock.hours import Calendar
from policies.clock.pause import Pause
from policies.promises import Within

_STEPS = 10
"""How many windows, or days, are told one by one."""


def counting_told(
    calendar: Calendar, within: Within, received_at: datetime, pauses: Sequence[Pause] = ()
) -> tuple[str, ...]:
    """The steps from the receipt of a mail to the time its answer is due: opening, support time spent, pauses."""
    return tuple(_steps(calendar, within, received_at, pauses))


def _steps(calendar: Calendar, within: Within, received_at: datetime, pauses: Sequence[Pause]) -> Iterator[str]:
    clock = clock_of(calendar)
    opening = clock.next_open(received_at)
    yield f"received {_at(received_at, clock)}, {_opening(calendar, clock, received_at, opening)}"
    if within.business_days is not None:
        yield from _days(clock, opening, within.business_days)
    elif within.hours is not None:
        yield from _windows(clock, opening, within.hours)
    due = clock.due(received_at, within)
    if due is None:
        return
    yield f"due {_at(due, clock)}: {within.words} after {'that' if opening != received_at else 'it came'}"
    for number, pause in enumerate(pauses):
        if pause.ended_at is None:
            yield f"waits for the customer since {_at(pause.began_at, clock)}"
            continue
        moved = clock.due(received_at, within, pauses[: number + 1])
        spent = _time(clock.between(pause.began_at, pause.ended_at))
        waited = f"waited for the customer from {_at(pause.began_at, clock)} to {_at(pause.ended_at, clock)}"
        if moved is not None:
            yield f"{waited}, {spent} of support time: due {_at(moved, clock)}"


def _opening(calendar: Calendar, clock: SupportClock, received_at: datetime, opening: datetime) -> str:
    if clock.is_open(received_at):
        return f"within {calendar.title}"
    return f"outside {calendar.title}: counted from the next opening, {_at(opening, clock)}"


def _windows(clock: SupportClock, opening: datetime, amount: timedelta) -> Iterator[str]:
    """The support time spent, window by window."""
    end = clock.add(opening, amount)
    spans = _joined(clock.open_between(opening, end))
    for opens, closes in spans[:_STEPS]:
        yield f"{_at(opens, clock)} to {_at(closes, clock)}: {_time(closes - opens)}"
    if len(spans) > _STEPS:
        rest = sum((closes - opens for opens, closes in spans[_STEPS:]), timedelta(0))
        yield f"{len(spans) - _STEPS} more windows: {_time(rest)}"


def _joined(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Spans of which none ends where the next begins."""
    joined: list[tuple[datetime, datetime]] = []
    for opens, closes in spans:
        if joined and joined[-1][1] == opens:
            opens = joined.pop()[0]
        joined.append((opens, closes))
    return joined


def _days(clock: SupportClock, opening: datetime, days: int) -> Iterator[str]:
    """The business days counted, one by one."""
    for day in range(1, min(days, _STEPS) + 1):
        yield f"business day {day}: {clock.add_business_days(opening, day):%A %Y-%m-%d}"
    if days > _STEPS:
        yield f"{days - _STEPS} more business days"


def _at(moment: datetime, clock: SupportClock) -> str:
    local = moment.astimezone(clock.zone)
    return f"{local:%A %Y-%m-%d %H:%M:%S}" if local.second else f"{local:%A %Y-%m-%d %H:%M}"


def _time(amount: timedelta) -> str:
    """``1 h 30 min``; seconds where there are any."""
    seconds = int(amount.total_seconds())
    parts = ((seconds // 3600, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 min"
