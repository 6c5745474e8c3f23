"""The REST API's part on labels: what agents said of tickets, one by one or many at once, and disputes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request

from errors import MailtriageError
from policies.labels import LABELS
from policies.policy import Policy
from tickets import bulk, desk
from tickets.faults import NoSuchTicket
from tickets.rows import How, Ticket
from tickets.taking_back import take_back
from webui.api import answer, as_object, asking, bp, editor, policy_named, sent_object
from webui.blind import refuse_open
from webui.problems import Problem
from webui.room import policy_of, room
from webui.ticket import LONGEST_WHY

A_DAY = 86_400
"""In seconds: nobody looks at a mail for longer."""

SAYING = frozenset({"labels", "why", "blind", "seconds"})
SAYING_MUCH = frozenset({"tickets", "labels", "why", "dry_run"})
SETTLING = frozenset({"value", "why"})


@bp.get("/tickets/<int:number>/corrections")
def corrections(number: int) -> Response:
    """What agents said of the ticket's labels and did not take back, oldest first."""
    _ticket(number)
    return answer({"corrections": [word.to_json() for word in room().store.corrections(number)]})


@bp.post("/tickets/<int:number>/corrections")
def correct(number: int) -> Response:
    """Corrects or confirms ``labels``; ``blind`` and ``seconds`` say how whoever says so came to it."""
    sent = sent_object(SAYING)
    labels, why = _labels(sent), _text(sent, "why")
    blind, seconds = sent.get("blind"), sent.get("seconds")
    if blind is not None and not isinstance(blind, bool):
        raise Problem(422, "Nothing was saved.", faults={"blind": "must be true, false or null."})
    if seconds is not None and (type(seconds) not in (int, float) or not 0 <= seconds <= A_DAY):
        raise Problem(422, "Nothing was saved.", faults={"seconds": f"must be a number from 0 to {A_DAY}, or null."})
    how = How(blind, None if seconds is None else float(seconds))
    policy = _policy_of(number)
    if not (blind and set(labels) == set(LABELS)):
        refuse_open(number)
    made = desk.correct(room().store, policy, number, labels, agent=asking().name, why=why, how=how)
    return answer({"corrections": [word.to_json() for word in made]}, 201)


@bp.delete("/tickets/<int:number>/corrections/<int:word>")
def retract(number: int, word: int) -> Response:
    """Takes one correction back, with all that followed from it."""
    gone = take_back(room().store, _policy_of(number), number, word=word, agent=asking().name)
    return answer({"taken_back": gone.to_json()})


@bp.post("/corrections")
def correct_all() -> Response:
    """The same ``labels`` for all ``tickets``; with ``dry_run`` says what would change, and changes nothing."""
    sent = sent_object(SAYING_MUCH)
    labels, why, tickets = _labels(sent), _text(sent, "why"), sent.get("tickets")
    if not isinstance(tickets, list) or not all(type(each) is int for each in tickets):
        raise Problem(422, "Nothing was saved.", faults={"tickets": "must be a list of ticket numbers."})
    store, dry_run = room().store, sent.get("dry_run") is True
    if dry_run:
        done = bulk.preview(store, _policy_of, tickets, labels)
    else:
        done = bulk.correct_all(store, _policy_of, tickets, labels, agent=asking().name, why=why)
    return answer({"saved": not dry_run, "tickets": [change.to_json() for change in done]})


@bp.get("/disputes")
def disputes() -> Response:
    """Open disputes, oldest first; ``policy`` and ``ticket`` choose which, ``all=1`` adds those that are settled."""
    policy, ticket = request.args.get("policy"), request.args.get("ticket", type=int)
    if policy is not None:
        policy_named(policy)
    found = room().store.disputes(policy=policy, ticket=ticket, open_only=request.args.get("all") != "1")
    return answer({"disputes": [dispute.to_json() for dispute in found]})


@bp.post("/disputes/<int:number>/settle")
def settle(number: int) -> Response:
    """The label is ``value``, whatever the two said."""
    lead = editor("settle disputes")
    sent = sent_object(SETTLING)
    store = room().store
    dispute = store.dispute(number)
    if dispute is None:
        raise Problem(404, f"There is no dispute {number}.")
    change = {dispute.label: _text(sent, "value")}
    why = _text(sent, "why")
    desk.correct(store, _policy_of(dispute.ticket), dispute.ticket, change, agent=lead.name, why=why, settles=number)
    settled = store.dispute(number)
    return answer((settled or dispute).to_json())


def _ticket(number: int) -> Ticket:
    ticket = room().store.ticket(number)
    if ticket is None:
        raise NoSuchTicket(number)
    return ticket


def _policy_of(number: int) -> Policy:
    ticket = _ticket(number)
    policy = policy_of(ticket)
    if policy is None:
        raise MailtriageError(f"Ticket {number} is under the policy {ticket.policy}, which is not loaded.")
    return policy


def _labels(sent: Mapping[str, Any]) -> dict[str, str]:
    labels = as_object(sent.get("labels"), "labels")
    faults = {f"labels/{label}": "must be a text." for label, value in labels.items() if not isinstance(value, str)}
    if faults or not labels:
        raise Problem(422, "Nothing was saved.", faults=faults or {"labels": "must name a label and its value."})
    return labels


def _text(sent: Mapping[str, Any], key: str) -> str:
    value = sent.get(key, "")
    if not isinstance(value, str):
        raise Problem(422, "Nothing was saved.", faults={key: "must be a text."})
    return " ".join(value.split())[:LONGEST_WHY]
