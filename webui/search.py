"""Search: words of the mails and labels of the tickets, all in the address."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from policies.labels import IssueType, Scope, Severity
from webui.paging import SIZE, asked_page, asked_words, page_of
from webui.room import room

bp = Blueprint("search", __name__)

FILTERS = ("policy", "state", "severity", "scope", "issue_type", "topic")
STATES = ("review", "decided", "closed")


@bp.get("/search")
def show() -> str:
    here = room()
    words = asked_words()
    policy = here.policies.get(request.args.get("policy", ""))
    shown = [policy] if policy else list(here.policies.values())
    options = {
        "policy": tuple(here.policies),
        "state": STATES,
        "severity": tuple(Severity),
        "scope": tuple(Scope),
        "issue_type": tuple(IssueType),
        "topic": tuple(dict.fromkeys(topic for p in shown for topic in p.topics)),
    }
    chosen = {name: value for name in FILTERS if (value := request.args.get(name)) in options[name]}
    number = asked_page()
    items = here.store.search(words, **chosen, limit=SIZE + 1, offset=(number - 1) * SIZE)
    return render_template(
        "search/show.html", page=page_of(number, items), words=words, chosen=chosen, options=options, shown=shown
    )
