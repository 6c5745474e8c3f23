"""The review queue: what waits for a person, the most urgent first or that which teaches most."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from webui.paging import SIZE, asked_page, page_of
from webui.queue_order import TeachingQueue, asked_order, queue_in
from webui.room import room

bp = Blueprint("queue", __name__)


@bp.get("/")
def show() -> str:
    here = room()
    policy = request.args.get("policy") or None
    if policy is not None and policy not in here.policies:
        abort(404, f"There is no policy named {policy[:80]}.")
    number, order = asked_page(), asked_order()
    queue, offset = queue_in(order), (number - 1) * SIZE
    worth = {}
    if isinstance(queue, TeachingQueue):
        found = queue.worth(policy=policy, limit=SIZE + 1, offset=offset)
        items, worth = [one.item for one in found], {one.item.number: one.why for one in found}
    else:
        items = list(queue.review_queue(policy=policy, limit=SIZE + 1, offset=offset))
    page = page_of(number, items)
    return render_template("queue/show.html", page=page, policy=policy, order=order, worth=worth)
