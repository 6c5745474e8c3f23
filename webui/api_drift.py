"""The REST API's part on drift: each week's mail beside the training mail, and kinds of mail that no topic fits."""

from __future__ import annotations

from flask import Response, request

from policies.adding import NewTopic
from webui.api import answer, bp, editor, policy_named, sent_object
from webui.drift import drifting_here, weeks_asked
from webui.problems import Problem
from webui.room import room
from webui.ticket import LONGEST_WHY

GIVING = frozenset({"policy", "tickets", "name", "title", "scope", "clauses", "why"})


@bp.get("/drift")
def drift() -> Response:
    """The weeks of each policy, newest first; ``policy`` and ``weeks`` choose which."""
    found = [drifting_here().weeks(name, weeks_asked()).to_json() for name in _asked()]
    return answer({"drift": found})


@bp.get("/drift/clusters")
def clusters() -> Response:
    """Kinds of mail of the last 90 days that no topic fits, the largest of each policy first."""
    found = [cluster.to_json() for name in _asked() for cluster in drifting_here().clusters(name)]
    return answer({"clusters": found})


@bp.post("/drift/topics")
def give_topic() -> Response:
    """Gives ``tickets`` the topic ``name``; with a ``title`` it is a new one, in a new version of the policy."""
    lead = editor("make topics")
    sent = sent_object(GIVING)
    tickets, clauses, faults = sent.get("tickets"), sent.get("clauses", []), {}
    if not isinstance(tickets, list) or not all(type(each) is int for each in tickets):
        faults["tickets"] = "must be a list of ticket numbers."
    if not isinstance(clauses, list) or not all(isinstance(each, str) for each in clauses):
        faults["clauses"] = "must be a list of clause ids."
    texts = {key: sent.get(key) or "" for key in ("name", "title", "scope", "why")}
    faults |= {key: "must be a text." for key, value in texts.items() if not isinstance(value, str)}
    if faults:
        raise Problem(422, "Nothing was saved.", faults=faults)
    policy = policy_named(sent.get("policy"))
    topic = NewTopic(texts["name"], texts["title"], texts["scope"] or None, tuple(clauses))
    why = " ".join(texts["why"].split())[:LONGEST_WHY]
    return answer(drifting_here().give(policy.name, tickets or [], topic, lead.name, why).to_json(), 201)


def _asked() -> list[str]:
    policy = request.args.get("policy")
    return list(room().policies) if policy is None else [policy_named(policy).name]
