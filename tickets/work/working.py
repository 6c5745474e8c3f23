"""What agents do about the work on a ticket: estimates, steps of the procedure, booked time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from errors import MailtriageError
from policies.policy import Policy
from policies.promises import PriceList
from policies.work.commitments import procedure_named
from policies.work.invoice import Cost, cost, money
from policies.work.procedure import Procedure
from tickets.rows import Ticket
from tickets.store import Store
from tickets.work.timesheet import NewEntry, WorkEntry
from tickets.work.work_orders import Clock, WorkOrder, state_in

LONGEST_MINUTES = 24 * 60
"""Of one entry: no day has more."""
LONGEST_ESTIMATE = 10_000 * 60
LONGEST_WORDS = 500

STEP_WORDS: Mapping[str, str] = {
    "estimate": "estimate it",
    "send": "send the estimate for approval",
    "approve": "note the customer's approval",
    "decline": "note that the customer declined",
    "start": "start the work",
    "hand_over": "hand it over",
    "accept": "note the customer's acceptance",
    "done": "mark it as done",
}
"""What taking a step is called; goes on after "you may"."""


class NotNow(MailtriageError):
    """The work cannot take this step, or be booked, where it stands: says what may come next."""


class NoSuchWork(MailtriageError):
    """What was said about the work is not something that the policy has: says what it has."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the work on a ticket stands: its procedure, the state, the estimate, and the steps that may be taken."""

    procedure: Procedure
    state: str
    order: WorkOrder | None
    steps: Mapping[str, str]

    @property
    def title(self) -> str:
        return self.procedure.title_of(self.state)

    @property
    def waits(self) -> bool:
        return self.procedure.waits(self.state)

    @property
    def estimate(self) -> Mapping[str, Any] | None:
        return self.order.estimate if self.order is not None else None


def standing(store: Store, policy: Policy | None, ticket: Ticket) -> Standing | None:
    """Where the work on a ticket stands by the policy that decided it; None where it is in no procedure.

    One whose procedure has changed stands there as far as every step on the way was really taken.
    """
    procedure = procedure_named(policy, ticket.terms.procedure)
    if policy is None or procedure is None:
        return None
    order = store.work_order(ticket.number)
    state = state_in(procedure, policy, order)
    estimated = order is not None and order.estimate is not None
    return Standing(procedure, state, order, procedure.steps(state, estimated=estimated))


def estimate(
    store: Store,
    policy: Policy,
    ticket: Ticket,
    minutes: Mapping[str, int],
    *,
    agent: str,
    note: str = "",
    prices: PriceList | None = None,
) -> WorkOrder:
    """Notes an estimate of minutes for each kind of work, with its amount by the price list.

    ``prices`` is the list in force, where it is another than that of ``policy``, the version that decided the ticket.
    An estimate given after another takes its place, and is approved anew. Raises :class:`NotNow` and
    :class:`NoSuchWork`.
    """
    if not minutes:
        raise NoSuchWork("An estimate names the minutes of at least one kind of work.")
    prices = prices or price_list(policy)
    for kind, number in minutes.items():
        _check_kind(prices, kind)
        if not 0 < number <= LONGEST_ESTIMATE:
            raise NoSuchWork(f"An estimate of {kind} has from 1 to {LONGEST_ESTIMATE} minutes, not {number}.")
    written = written_estimate(minutes, cost(minutes, prices))
    return _step(store, policy, ticket, "estimate", agent=agent, note=note, said_by="", estimate=written)


def step(
    store: Store, policy: Policy, ticket: Ticket, name: str, *, agent: str, said_by: str = "", note: str = ""
) -> WorkOrder:
    """Takes a step of the ticket's procedure: ``send``, ``approve``, ``decline``, ``start``, ``hand_over``, ...

    ``said_by`` is the customer's person who approved, declined or accepted. Raises :class:`NotNow`, naming what may
    come next, when the procedure does not allow it where the work stands.
    """
    if name == "estimate":
        raise NoSuchWork("An estimate is given with its minutes for each kind of work.")
    return _step(store, policy, ticket, name, agent=agent, note=note, said_by=said_by)


def _step(
    store: Store,
    policy: Policy,
    ticket: Ticket,
    name: str,
    *,
    agent: str,
    note: str,
    said_by: str,
    estimate: Mapping[str, Any] | None = None,
) -> WorkOrder:
    now = standing(store, policy, ticket)
    if now is None:
        raise NotNow(
            f"Ticket {ticket.number} is in no procedure of the policy {ticket.policy}: no step is to be taken."
        )
    if name not in now.steps:
        raise NotNow(f"Ticket {ticket.number} cannot take this step: {_where(now)}")
    details: dict[str, Any] = {
        "step": name,
        "procedure": now.procedure.id,
        "from": now.state,
        "said_by": _short(said_by),
        "note": _short(note),
    }
    if estimate is not None:
        details["estimate"] = dict(estimate)
    return store.move_work(
        ticket.number,
        now.order,
        procedure=now.procedure.id,
        state=now.steps[name],
        estimate=estimate if estimate is not None else now.estimate,
        details=details,
        agent=agent,
        clock=_clock(now, now.steps[name]),
    )


def _clock(now: Standing, state: str) -> Clock | None:
    waits = now.procedure.waits(state)
    return None if waits == now.waits else "wait" if waits else "resume"


def _where(now: Standing) -> str:
    """Where the work stands and what may come next."""
    if not now.steps:
        return f'it is in the last state, "{now.title}".'
    return f'it is in the state "{now.title}", in which you may {_either(now)}.'


def _either(now: Standing) -> str:
    words = [STEP_WORDS[name] for name in now.steps]
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def book(
    store: Store, policy: Policy, ticket: Ticket, entry: NewEntry, *, agent: str, prices: PriceList | None = None
) -> WorkEntry:
    """Books time on a ticket; ``prices`` as for :func:`estimate`.

    Raises :class:`NotNow`, naming the clause, for work that the customer has to approve first, and :class:`NoSuchWork`
    for a kind of work, an activity or a number of minutes that cannot be.
    """
    prices = prices or price_list(policy)
    _check_kind(prices, entry.kind)
    if entry.activity not in prices.counts:
        raise NoSuchWork(f"{entry.activity!r} is no activity of {policy.name}; it has {', '.join(prices.counts)}.")
    if not 0 < entry.minutes <= LONGEST_MINUTES:
        raise NoSuchWork(f"An entry has from 1 to {LONGEST_MINUTES} minutes, not {entry.minutes}.")
    if entry.day > today(policy):
        raise NoSuchWork(f"Time is booked when it was worked, and {entry.day} is still to come.")
    now = standing(store, policy, ticket)
    if now is not None and not now.procedure.may_book(now.state, entry.activity):
        clauses = ", ".join(f"{policy.name}/{name}" for name in now.procedure.clauses)
        before = ", ".join(now.procedure.before_approval)
        allowed = f" Before that there is {before}." if before else ""
        raise NotNow(
            f"No time is booked for {entry.activity} before the customer has approved the estimate ({clauses}): "
            f"{_where(now)}{allowed}"
        )
    kept = replace(entry, note=_short(entry.note))
    expected = now.order if now is not None else store.work_order(ticket.number)
    return store.book_time(ticket.number, kept, agent=agent, expected=expected)


def today(policy: Policy) -> date:
    """The day it is where the vendor is."""
    return datetime.now(UTC).astimezone(ZoneInfo(policy.file.time_zone)).date()


def price_list(policy: Policy) -> PriceList:
    """How the policy charges work; raises :class:`NoSuchWork` where it charges none by time."""
    prices: PriceList | None = policy.file.prices
    if prices is None:
        raise NoSuchWork(f"The policy {policy.name} has no [prices]: no work is booked or charged by time.")
    return prices


def written_estimate(minutes: Mapping[str, int], found: Cost) -> dict[str, Any]:
    """An estimate as it is kept: minutes by kind, units, the amount as text (null while a price is missing)."""
    return {
        "minutes": dict(minutes),
        "units": found.units,
        "amount": money(found.amount),
        "currency": found.currency,
        "missing_prices": list(found.missing),
    }


def _check_kind(prices: PriceList, kind: str) -> None:
    """A price list says which kinds of work there are; an empty one leaves it open."""
    if prices.per_unit and kind not in prices.per_unit:
        raise NoSuchWork(f"{kind!r} is no kind of work of the price list; it has {', '.join(prices.per_unit)}.")
    if not kind.strip() or len(kind) > 64:
        raise NoSuchWork("Name the kind of work, in at most 64 characters: consultant, developer, ...")


def _short(text: str) -> str:
    return " ".join(text.split())[:LONGEST_WORDS]
