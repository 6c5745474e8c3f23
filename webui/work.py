"""What an agent does about the work on a ticket: estimates, steps, booked time, charges, requests opened from it."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from errors import MailtriageError
from tickets.work import working
from tickets.work.timesheet import NewEntry
from webui.room import room
from webui.ticket import LONGEST_WHY, shown_again, unchanged

bp = Blueprint("work", __name__, url_prefix="/tickets/<int:number>/work")


@bp.post("/estimate")
def estimate(number: int) -> Response:
    """An estimate: ``kind`` and ``minutes`` as often as there are kinds of work; lines without minutes are left out."""
    ticket, policy = unchanged(number)
    lines = zip(request.form.getlist("kind"), request.form.getlist("minutes"), strict=False)
    minutes: dict[str, int] = {}
    for kind, given in lines:
        if given.strip():
            minutes[kind.strip()] = minutes.get(kind.strip(), 0) + _number(given)
    prices = working.price_list(room().policies[ticket.policy])
    done = working.estimate(
        room().store, policy, ticket, minutes, agent=current_user.name, note=_text("note"), prices=prices
    )
    amount = (done.estimate or {}).get("amount")
    flash(f"Ticket {number}: estimate noted{f', {amount}' if amount else ', its amount is open'}.")
    return redirect(shown_again(number))


@bp.post("/step")
def step(number: int) -> Response:
    """The next step of the procedure: ``step``, with who of the customer ``said`` so, and a ``note``."""
    ticket, policy = unchanged(number)
    store, name = room().store, request.form.get("step", "")
    working.step(store, policy, ticket, name, agent=current_user.name, said_by=_text("said"), note=_text("note"))
    now = working.standing(store, policy, ticket)
    flash(f"Ticket {number}: {now.title.lower() if now else 'noted'}.")
    return redirect(shown_again(number))


@bp.post("/timesheet")
def book(number: int) -> Response:
    """Time worked: ``minutes`` of a ``kind`` on a ``day`` for an ``activity``."""
    ticket, policy = unchanged(number)
    try:
        day = date.fromisoformat(request.form.get("day", ""))
    except ValueError as error:
        raise MailtriageError("Give the day as year-month-day, such as 2026-05-06.") from error
    entry = NewEntry(day, _number(_text("minutes")), _text("kind"), _text("activity"), _text("note"))
    prices = working.price_list(room().policies[ticket.policy])
    booked = working.book(room().store, policy, ticket, entry, agent=current_user.name, prices=prices)
    flash(f"{booked.minutes} minutes booked on ticket {number}.")
    return redirect(shown_again(number))


@bp.post("/timesheet/remove")
def remove(number: int) -> Response:
    """Takes the ``entry`` out of the ticket's timesheet."""
    unchanged(number)
    entry = _number(_text("entry"))
    if entry not in [each.id for each in room().store.timesheet(ticket=number)]:
        raise MailtriageError(f"There is no entry {entry} in the timesheet of ticket {number}.")
    removed = room().store.remove_time(entry, agent=current_user.name)
    flash(f"{removed.minutes} minutes taken out of ticket {number}.")
    return redirect(shown_again(number))


@bp.post("/charge")
def charge(number: int) -> Response:
    """An agent's ``word`` (confirmed or waived) on the charge that is proposed, with the ``reason``."""
    unchanged(number)
    decided = room().store.decide_charge(
        number, _text("word"), agent=current_user.name, reason=_text("reason"), seen=_number(_text("seen"))
    )
    flash(f"Ticket {number}: charge {decided.state}.")
    return redirect(shown_again(number))


@bp.post("/request")
def open_request(number: int) -> Response:
    """Opens a request about a ``topic`` from the ticket, and shows it."""
    unchanged(number)
    opens = room().open_request
    if opens is None:
        raise MailtriageError("This program shows mail only: use the page of `mailtriage up` to open a request.")
    opened = opens(number, _text("topic"), current_user.name, _text("why"), _number(_text("seen")))
    flash(f"Ticket {opened} opened from ticket {number}.")
    return redirect(url_for("ticket.show", number=opened))


@bp.post("/no-request")
def no_request(number: int) -> Response:
    """Closes the ticket as one that never was a request: what it used of a quota is given back."""
    unchanged(number)
    room().store.close_as_no_request(number, agent=current_user.name, why=_text("why"))
    flash(f"Ticket {number} closed: not a request.")
    return redirect(shown_again(number))


def _text(name: str) -> str:
    return " ".join(request.form.get(name, "").split())[:LONGEST_WHY]


def _number(text: str) -> int:
    if not (text.strip().isdecimal() and len(text.strip()) < 10):
        raise MailtriageError(f"{text[:40]!r} is not a whole number.")
    return int(text)
