"""What is no ticket: mails set aside, duplicates, and those that could not be handled, each with its reason."""

from __future__ import annotations

from flask import Blueprint, render_template

from webui.paging import SIZE, asked_page, page_of
from webui.room import room

bp = Blueprint("set_aside", __name__)


@bp.get("/set-aside")
def show() -> str:
    number = asked_page()
    messages = room().store.set_aside(limit=SIZE + 1, offset=(number - 1) * SIZE)
    return render_template("set_aside/show.html", page=page_of(number, messages))
