"""What is no request: mails set aside and duplicates, each with its reason; one that is a request is taken."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webui.happenings import became
from webui.paging import SIZE, asked_page, asked_words, page_of
from webui.room import looking_again, room

bp = Blueprint("set_aside", __name__, url_prefix="/set-aside")


@bp.get("")
def show() -> str:
    store = room().store
    words = asked_words()
    kinds = store.kinds_set_aside() | {"duplicate": store.counts()["duplicate"]}
    kind = request.args.get("kind")
    kind = kind if kind in kinds else None
    number = asked_page()
    messages = store.set_aside(words, kind=kind, limit=SIZE + 1, offset=(number - 1) * SIZE)
    return render_template("set_aside/show.html", page=page_of(number, messages), words=words, kind=kind, kinds=kinds)


@bp.post("/<int:number>/accept")
def accept(number: int) -> Response:
    """The agent says that it is a request: the mail becomes a ticket, or a reply to the one it belongs to."""
    done = looking_again().accept(number, current_user.name)
    session.pop("undo", None)  # the note would offer to take another decision back
    flash(f"Mail {number} is {became(done)}.")
    if done.ticket is None:
        return redirect(url_for("mail.show", number=number))
    return redirect(url_for("ticket.show", number=done.ticket))
