"""The mails that failed at a step of their trip: why, what they hold, and another try."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from errors import MailtriageError
from tickets.faults import NoSuchMessage, StoreUnavailable
from tickets.recording import HEADER_ALONE
from webui.happenings import became
from webui.paging import LAST_PAGE, SIZE, asked_page, page_of
from webui.room import looking_again, room
from webui.source import SHOWN_BYTES, beginning

bp = Blueprint("quarantine", __name__, url_prefix="/quarantine")


@bp.get("")
def show_all() -> str:
    number = asked_page()
    messages = room().store.quarantined(limit=SIZE + 1, offset=(number - 1) * SIZE)
    return render_template("quarantine/show_all.html", page=page_of(number, messages))


@bp.get("/<int:number>")
def show(number: int) -> Response | str:
    store = room().store
    message = store.message(number)
    if message is None:
        raise NoSuchMessage(number)
    if message.disposition != "quarantined":
        return redirect(url_for("mail.show", number=number))
    raw = store.raw(number) or b""
    source = beginning(raw)
    return render_template(
        "quarantine/show.html",
        message=message,
        source=source,
        source_limit=SHOWN_BYTES,
        size=len(raw),
        header_alone=message.step == HEADER_ALONE,
    )


@bp.post("/<int:number>/retry")
def retry(number: int) -> Response:
    done = looking_again().retry(number, current_user.name)
    session.pop("undo", None)  # the note would offer to take another decision back
    if done.disposition == "quarantined":
        flash(f"Mail {number} failed again and stays in quarantine.")
        return redirect(url_for("quarantine.show", number=number))
    flash(f"Mail {number} is {became(done)}.")
    if done.ticket is not None:
        return redirect(url_for("ticket.show", number=done.ticket))
    return redirect(url_for("mail.show", number=number))


@bp.post("/retry")
def retry_all() -> Response:
    """Tries the mails of one page of the list again, but those that would have to be fetched again."""
    second_look = looking_again()
    number = min(max(request.form.get("page", 1, type=int), 1), LAST_PAGE)
    counts: Counter[str] = Counter()
    for message in room().store.quarantined(limit=SIZE, offset=(number - 1) * SIZE):
        if message.step == HEADER_ALONE:
            continue
        try:
            counts[second_look.retry(message.id, current_user.name).disposition] += 1
        except StoreUnavailable:
            raise
        except MailtriageError:
            counts["quarantined"] += 1
    stay = counts.pop("quarantined", 0)
    session.pop("undo", None)
    flash(f"{counts.total() + stay} tried again: {counts.total()} left the quarantine, {stay} stay.")
    return redirect(url_for("quarantine.show_all"))
