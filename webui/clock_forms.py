"""An agent's word on a ticket's clock: it waits for the customer, goes on, was answered."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, session
from flask_login import current_user
from werkzeug.wrappers import Response

from webui.room import room
from webui.ticket import shown_again, unchanged

bp = Blueprint("clock", __name__, url_prefix="/tickets")


@bp.post("/<int:number>/wait")
def wait(number: int) -> Response:
    """The ticket waits for its customer."""
    unchanged(number)
    waits = room().store.wait(number, actor=current_user.name, at=room().clock())
    return _done(number, "waits for the customer" if waits else "has no clock that runs")


@bp.post("/<int:number>/resume")
def resume(number: int) -> Response:
    """The clock goes on."""
    unchanged(number)
    goes_on = room().store.resume(number, actor=current_user.name, at=room().clock())
    return _done(number, "goes on" if goes_on else "was not paused")


@bp.post("/<int:number>/answered")
def answered(number: int) -> Response:
    """The agent has given the first response, now."""
    unchanged(number)
    by: str = current_user.name
    first = room().store.answer(number, by=by, actor=by, at=room().clock())
    return _done(number, "is answered" if first else "was answered before")


@bp.post("/<int:number>/unanswered")
def unanswered(number: int) -> Response:
    """Takes back that the ticket was answered, if it still is as the agent saw it."""
    unchanged(number)
    was = room().store.take_back_answer(number, actor=current_user.name)
    return _done(number, "is not answered: taken back" if was else "was not answered")


def _done(number: int, became: str) -> Response:
    session.pop("undo", None)  # the note would offer to take another decision back
    flash(f"Ticket {number} {became}.")
    return redirect(shown_again(number))
