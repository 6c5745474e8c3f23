"""What is due next: the tickets that wait for their first response, and those that wait for their customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, abort, render_template, request

from policies.versions import Policies
from tickets.clocks.clock import support_clock
from tickets.clocks.due import DueTicket
from webui.clock import in_short, left_at, urgency
from webui.paging import SIZE, asked_page, page_of
from webui.room import room

bp = Blueprint("due", __name__)


@dataclass(frozen=True, slots=True)
class DueRow:
    """A ticket of the list, what is left of its time in words, and how near that is; whether its audit is open."""

    ticket: DueTicket
    left: str
    urgency: str
    audit: bool = False


@bp.get("/due")
def show() -> str:
    here = room()
    policy = request.args.get("policy") or None
    if policy is not None and policy not in here.policies:
        abort(404, f"There is no policy named {policy[:80]}.")
    number = asked_page()
    running = here.store.due(policy=policy, limit=SIZE + 1, offset=(number - 1) * SIZE)
    paused = here.store.due("paused", policy=policy, limit=SIZE + 1)
    now = here.clock()
    return render_template(
        "due/show.html",
        page=page_of(number, rows_of(running, here.policies, now)),
        paused=rows_of(paused, here.policies, now),
        size=SIZE,
        policy=policy,
    )


def rows_of(tickets: Sequence[DueTicket], policies: Policies, now: datetime) -> list[DueRow]:
    """The tickets with their time left, by the calendar that each was promised in."""
    hidden = room().store.open_audits_among([ticket.number for ticket in tickets])
    return [replace(_row(ticket, policies, now), audit=ticket.number in hidden) for ticket in tickets]


def _row(ticket: DueTicket, policies: Policies, now: datetime) -> DueRow:
    clock = support_clock(policies, ticket.policy, ticket.policy_version, ticket.created_at, ticket.calendar)
    left = left_at(clock, ticket.due_at, ticket.paused_at, now)
    return DueRow(ticket, in_short(left), urgency("breached" if ticket.due_at <= now else "running", left))
