"""The clock of a ticket: waiting for the customer, going on, answered; and when its first response is due by all that.

Every verb writes the rows and the event of it in the caller's transaction. What is due follows from the ticket's terms,
its pauses and the calendar of the policy that decided it, so that it can be counted again from the rows at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row, insert, select, update

from policies.clock.calendar import SupportClock, clock_of
from policies.clock.hours import Calendar
from policies.clock.pause import Pause
from policies.versions import Policies
from tickets.columns import countable
from tickets.events import PROGRAM, add, happening
from tickets.faults import NoSuchTicket
from tickets.schema import pause, ticket

PAUSED = "clock_paused"
RESUMED = "clock_resumed"
ANSWERED = "answered"
ANSWER_UNDONE = "answer_undone"

POLICIES = "mailtriage_policies"
"""The execution option of a store's connections that has the policies whose calendars count."""

ClockState = Literal["running", "paused", "answered", "breached", "no_target", "closed"]
Via = Literal["mail", "click"]


def counting(engine: Engine, policies: Policies) -> Engine:
    """The engine whose transactions count by the calendars of ``policies``; it shares its connections."""
    return engine.execution_options(**{POLICIES: policies})


def support_clock(
    policies: Policies | None, policy: str, version: str | None, received_at: datetime, calendar: str | None
) -> SupportClock | None:
    """The clock of the calendar of that title, in the version of the policy that decided; None where it is gone."""
    if policies is None or policy not in policies:
        return None
    decided = policies.that_decided(policy, version or "", received_at)
    calendars: Iterable[Calendar] = decided.file.calendars.values()
    return next((clock_of(each) for each in calendars if each.title == calendar), None)


def state_of(
    state: str, due_at: datetime | None, paused_at: datetime | None, answered_at: datetime | None, now: datetime
) -> ClockState:
    """How a ticket's clock stands; ``state`` is the ticket's. What was overdue before it was paused stays so."""
    if answered_at is not None:
        return "answered"
    if state == "closed":
        return "closed"
    if paused_at is not None and (due_at is None or paused_at < due_at):
        return "paused"
    if due_at is None:
        return "no_target"
    return "breached" if due_at <= now else "running"


def is_late(due_at: datetime | None, paused_at: datetime | None, answered_at: datetime) -> bool:
    """Whether an answer came after its due time; none is late that came while the clock stood still."""
    if due_at is None or answered_at <= due_at:
        return False
    return paused_at is None or paused_at >= due_at or answered_at < paused_at


def wait(connection: Connection, number: int, *, actor: str, at: datetime) -> bool:
    """Stops the clock from ``at`` on; False, and nothing written, where it does not run."""
    row = locked(connection, number)
    if row.paused_at is not None or row.answered_at is not None or row.state == "closed":
        return False
    ended = [each.ended_at for each in pauses_of(connection, [number])[number] if each.ended_at is not None]
    began_at = max(at, row.created_at, *ended)
    connection.execute(insert(pause).values(ticket=number, began_at=began_at, ended_at=None))
    connection.execute(update(ticket).where(ticket.c.number == number).values(paused_at=began_at))
    add(connection, [happening(PAUSED, {"at": began_at.isoformat()}, actor=actor, ticket=number)])
    return True


def resume(connection: Connection, number: int, *, actor: str, at: datetime, message: int | None = None) -> bool:
    """Lets the clock go on from ``at``, as the mail of that id may have made it; False where it is not paused."""
    row = locked(connection, number)
    if row.paused_at is None:
        return False
    ended_at = max(at, row.paused_at)
    lasting = (pause.c.ticket == number, pause.c.ended_at.is_(None))
    connection.execute(update(pause).where(*lasting).values(ended_at=ended_at))
    due_at = due_by(connection, row, row.terms)
    values = {"paused_at": None, "due_at": due_at}
    connection.execute(update(ticket).where(ticket.c.number == number).values(values))
    details = {
        "since": row.paused_at.isoformat(),
        "at": ended_at.isoformat(),
        "due_at": due_at.isoformat() if due_at else None,
        "message": message,
    }
    add(connection, [happening(RESUMED, details, actor=actor, ticket=number)])
    return True


def resume_for_replies(connection: Connection, replies: Sequence[tuple[int, datetime, int | None]]) -> None:
    """Ends the pauses of tickets whose customer wrote: each with when the mail was received, and its id."""
    numbers = {number for number, _, _ in replies}
    if not numbers:
        return
    query = select(ticket.c.number).where(ticket.c.number.in_(numbers), ticket.c.paused_at.is_not(None))
    paused = set(connection.scalars(query))
    for number, received_at, message in sorted(replies, key=lambda reply: reply[:2]):
        if number in paused:
            resume(connection, number, actor=PROGRAM, at=received_at, message=message)


def answer(
    connection: Connection,
    number: int,
    *,
    at: datetime,
    by: str,
    actor: str,
    via: Via = "click",
    message: int | None = None,
) -> bool:
    """Notes the first response; False, and nothing written, where there was one then already.

    None is earlier than the ticket's mail: the mail server's clock may be ahead of ours.
    """
    row = locked(connection, number)
    at = max(at, row.created_at)
    if row.answered_at is not None and row.answered_at <= at:
        return False
    write_answer(connection, number, at, by)
    details = {
        "at": at.isoformat(),
        "by": by,
        "via": via,
        "message": message,
        "due_at": row.due_at.isoformat() if row.due_at else None,
        "late": is_late(row.due_at, row.paused_at, at),
    }
    add(connection, [happening(ANSWERED, details, actor=actor, ticket=number)])
    return True


def pauses_of(connection: Connection, numbers: Sequence[int]) -> dict[int, list[Pause]]:
    """The pauses of each of these tickets, in order."""
    found: dict[int, list[Pause]] = {number: [] for number in numbers}
    query = select(pause).where(pause.c.ticket.in_([countable(n) for n in numbers])).order_by(pause.c.id)
    for row in connection.execute(query):
        found[row.ticket].append(Pause(row.began_at, row.ended_at))
    return found


def due_by(
    connection: Connection, row: Row[Any], terms: Mapping[str, Any], pauses: Sequence[Pause] | None = None
) -> datetime | None:
    """When a ticket (all of its row) is due by ``terms`` and its pauses so far; None without a target.

    Where the calendar is gone, pauses count as they pass on the clock on the wall.
    """
    target = terms.get("response_target")
    if target is None:
        return None
    due = datetime.fromisoformat(target["due"])
    pauses = pauses_of(connection, [row.number])[row.number] if pauses is None else pauses
    if not any(each.ended_at for each in pauses):
        return due.astimezone(UTC)
    policies: Policies | None = connection.get_execution_options().get(POLICIES)
    version = row.verdict["versions"]["policy"]
    clock = support_clock(policies, row.policy, version, row.created_at, target["calendar"])
    if clock is None:
        passed = (each.ended_at - each.began_at for each in pauses if each.ended_at and each.began_at < due)
        return due.astimezone(UTC) + sum(passed, timedelta(0))
    return clock.moved_on(due, pauses).astimezone(UTC)


def write_answer(connection: Connection, number: int, at: datetime | None, by: str | None) -> None:
    """Sets a ticket's first response, or takes it away; the event is the caller's."""
    values = {"answered_at": at, "answered_by": by}
    connection.execute(update(ticket).where(ticket.c.number == number).values(values))


def locked(connection: Connection, number: int) -> Row[Any]:
    """The ticket's row, which no other writer changes until this transaction ends."""
    query = select(ticket).where(ticket.c.number == countable(number)).with_for_update(key_share=True)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NoSuchTicket(number)
    return row
