"""Labels in the REST API: which to ask for next, where more would help, which want a second look."""

from __future__ import annotations

from flask import Response, request

from policies.policy import Policy
from tickets.faults import NoSuchTicket
from webui.api import answer, asking, bp, policy_named
from webui.labels import labelling
from webui.paging import SIZE
from webui.room import room

LONGEST = 200


@bp.get("/labels/next")
def labels_next() -> Response:
    """Tickets in the order in which their labels teach most, with the parts of each score; ``policy``, ``limit``."""
    policy = _policy_asked()
    limit = min(max(request.args.get("limit", SIZE, type=int), 1), LONGEST)
    found = labelling().next(policy.name if policy else None)[:limit]
    return answer({"next": [one.to_json() for one in found]})


@bp.get("/labels/needed")
def labels_needed() -> Response:
    """Where fifty more labels would help most, by policy."""
    return answer({name: [one.to_json() for one in labelling().needed(name)] for name in _names()})


@bp.get("/labels/suspicious")
def labels_suspicious() -> Response:
    """The labels of agents that want a second look, by policy."""
    return answer({name: [one.to_json() for one in labelling().suspicious(name)] for name in _names()})


@bp.post("/tickets/<int:number>/review")
def review_again(number: int) -> Response:
    """Sends a ticket to review again; nothing happens to one that waits there."""
    ticket = room().store.ticket(number)
    if ticket is None:
        raise NoSuchTicket(number)
    if ticket.state != "review":
        room().store.set_state(number, "review", actor=asking().name)
    return answer({"ticket": number, "state": "review"})


def _policy_asked() -> Policy | None:
    name = request.args.get("policy")
    return policy_named(name) if name is not None else None


def _names() -> list[str]:
    policy = _policy_asked()
    return [policy.name] if policy else sorted(room().policies)
