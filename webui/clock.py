"""A ticket's clock: what is left until the first response is due, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from policies.clock.calendar import SupportClock, clock_of
from policies.clock.pause import Pause
from policies.policy import Policy
from tickets.clocks.clock import ClockState, is_late, state_of
from tickets.rows import Ticket
from webui.words import distance, stamp, support_time

SOON = timedelta(hours=1)
"""Of support time."""
FURTHEST_COUNTED = timedelta(days=60)
"""Support time is counted day by day: too slow, and of no use, for what has been overdue for years."""


@dataclass(frozen=True, slots=True)
class ClockView:
    """How a ticket's clock stands: a sentence, the same in a word or two, and how near the due time is.

    ``urgency`` is ``late``, ``soon``, ``calm`` or ``none``; ``local`` the due time where the calendar counts.
    """

    state: ClockState
    sentence: str
    short: str
    urgency: str
    due: datetime | None
    local: str | None
    pauses: Sequence[tuple[Pause, str | None]]
    """Each with the support time that it took, where it is over and its calendar is known."""


def clock_view(ticket: Ticket, policy: Policy | None, pauses: Sequence[Pause], now: datetime) -> ClockView:
    """The clock of a ticket, by the calendar of the policy that decided it."""
    state = state_of(ticket.state, ticket.due_at, ticket.paused_at, ticket.answered_at, now)
    clock = _calendar_clock(ticket, policy)
    late = timedelta(0)
    if ticket.answered_at is not None and is_late(ticket.due_at, ticket.paused_at, ticket.answered_at):
        late = ticket.answered_at - ticket.due_at if ticket.due_at else late
    left = left_at(clock, ticket.due_at, ticket.paused_at, now)
    return ClockView(
        state,
        _sentence(ticket, state, left, late=bool(late)),
        {
            "answered": "answered late" if late else "answered",
            "closed": "not answered",
            "no_target": "no target",
            "paused": "clock paused",
        }.get(state)
        or in_short(left),
        "late" if late else urgency(state, left),
        ticket.due_at,
        _local(ticket.due_at, clock),
        [(pause, _length(pause, clock)) for pause in pauses],
    )


def left_at(
    clock: SupportClock | None, due_at: datetime | None, paused_at: datetime | None, now: datetime
) -> timedelta | None:
    """The support time left (less than none when overdue); while paused, what is left once the clock goes on.

    Without a calendar, and for due times further than :data:`FURTHEST_COUNTED`, as it passes on the clock on the wall;
    None without a target.
    """
    if due_at is None:
        return None
    at = now if paused_at is None or paused_at >= due_at else paused_at
    if clock is None or abs(due_at - at) > FURTHEST_COUNTED:
        return due_at - at
    # Overdue by no support time yet is overdue nevertheless.
    return clock.between(at, due_at) if at < due_at else -max(clock.between(due_at, at), timedelta(seconds=1))


def in_short(left: timedelta | None) -> str:
    """``1 h 20 min left``, ``overdue by 3 h``, in support time."""
    if left is None:
        return "no target"
    if left > timedelta(0):
        return f"{_length_of(left)} left"
    return f"overdue by {_length_of(left)}" if left <= -timedelta(minutes=1) else "overdue"


def _length_of(left: timedelta) -> str:
    """In support time, or in days where :func:`left_at` counted as the wall does."""
    return distance(left) if abs(left) > FURTHEST_COUNTED else support_time(left)


def _of_support_time(left: timedelta) -> str:
    return _length_of(left) if abs(left) > FURTHEST_COUNTED else f"{support_time(left)} of support time"


def urgency(state: ClockState, left: timedelta | None) -> str:
    """How near the due time is: ``late``, ``soon``, ``calm`` or ``none``."""
    if state == "breached":
        return "late"
    if state != "running" or left is None:
        return "none"
    return "soon" if left <= SOON else "calm"


def _calendar_clock(ticket: Ticket, policy: Policy | None) -> SupportClock | None:
    target = ticket.terms.response_target
    calendars = policy.file.calendars.values() if policy and target else ()
    return next((clock_of(each) for each in calendars if target and each.title == target.calendar), None)


def _sentence(ticket: Ticket, state: ClockState, left: timedelta | None, *, late: bool) -> str:
    match state:
        case "answered":
            kept = "" if ticket.due_at is None else " Too late." if late else " In time."
            when = stamp(ticket.answered_at) if ticket.answered_at else ""
            return f"Answered on {when} by {ticket.answered_by}.{kept}"
        case "closed":
            return "Closed without a noted answer."
        case "paused":
            since = f"Waits for the customer since {stamp(ticket.paused_at)}." if ticket.paused_at else ""
            return since if left is None else f"{since} {_of_support_time(left)} left when it goes on."
        case "no_target":
            return "No response target is promised."
        case "breached":
            by = f" by {_of_support_time(left)}" if left and left <= -timedelta(minutes=1) else ""
            return f"Overdue{by}."
        case _:
            return f"{_of_support_time(left or timedelta(0))} left."


def _local(due: datetime | None, clock: SupportClock | None) -> str | None:
    if due is None or clock is None:
        return None
    local = due.astimezone(clock.zone)
    return f"{local:%A} {local.day} {local:%B, %H:%M}, {clock.zone.key}"


def _length(pause: Pause, clock: SupportClock | None) -> str | None:
    if clock is None or pause.ended_at is None:
        return None
    return support_time(clock.between(pause.began_at, pause.ended_at))
