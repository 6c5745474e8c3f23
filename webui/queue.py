"""The review queue: what waits for a person, the most urgent first."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from webui.paging import SIZE, asked_page, page_of
from webui.room import room

bp = Blueprint("queue", __name__)


@bp.get("/")
def show() -> str:
    here = room()
    policy = request.args.get("policy") or None
    if policy is not None and policy not in here.policies:
        abort(404, f"There is no policy named {policy[:80]}.")
    number = asked_page()
    items = here.store.review_queue(policy=policy, limit=SIZE + 1, offset=(number - 1) * SIZE)
    return render_template("queue/show.html", page=page_of(number, items), policy=policy)
