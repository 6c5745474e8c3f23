"""The audit in the REST API: its figures, what waits to be judged blind, a word on it, and lifting what is held."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from policies.labels import LABELS
from tickets import desk
from tickets.audit_report import report
from tickets.audits import Audit
from tickets.rows import How
from webui.api import answer, as_object, asking, bp, editor, policy_named, sent_object
from webui.audit import days_asked
from webui.paging import SIZE
from webui.problems import Problem
from webui.room import policy_of, room

ANSWER_KEYS = frozenset({"labels", "why", "seconds"})
LONGEST_SECONDS = 24 * 3600


@bp.get("/audit")
def audit_figures() -> Response:
    """``policy`` and ``days`` choose what; one report a policy."""
    here = room()
    name = request.args.get("policy")
    names = [policy_named(name).name] if name is not None else list(here.policies)
    reports = [report(here.store, each, here.clock(), days=days_asked()).to_json() for each in names]
    return answer({"reports": reports})


@bp.get("/audits")
def open_audits() -> Response:
    """Tickets that wait to be judged blind, newest first, with nothing of what was decided of them."""
    name = request.args.get("policy")
    chosen = policy_named(name).name if name is not None else None
    waiting = room().store.open_audits(policy=chosen, limit=SIZE)
    return answer(
        {
            "audits": [
                {
                    "ticket": each.number,
                    "policy": each.policy,
                    "subject": each.subject,
                    "from": each.sender_address,
                    "drawn_at": each.drawn_at.isoformat(),
                }
                for each in waiting
            ]
        }
    )


@bp.get("/audits/<int:number>")
def audit_of(number: int) -> Response:
    """One audit; what was decided only once somebody has judged it."""
    return answer(_shown(_audit(number)))


@bp.post("/audits/<int:number>")
def judge(number: int) -> Response:
    """All four ``labels`` of an open audit by who has not been shown the model's; ``why`` and ``seconds`` as may be."""
    sent = sent_object(ANSWER_KEYS)
    if not _audit(number).open:
        raise Problem(409, f"The audit of ticket {number} was answered before.")
    labels = as_object(sent.get("labels"), "labels")
    if set(labels) != set(LABELS) or not all(isinstance(value, str) for value in labels.values()):
        raise Problem(422, f"Say all of {', '.join(LABELS)}.", faults={"labels": "must be all four, as strings."})
    seconds = sent.get("seconds")
    if seconds is not None and not (type(seconds) in (int, float) and 0 <= seconds <= LONGEST_SECONDS):
        raise Problem(422, "The seconds taken are a number.", faults={"seconds": "must be a number of seconds."})
    ticket = room().store.ticket(number)
    policy = policy_of(ticket) if ticket else None
    if policy is None:
        raise Problem(409, f"The policy of ticket {number} is not loaded.")
    how = How(blind=True, seconds=None if seconds is None else float(seconds))
    desk.correct(room().store, policy, number, labels, agent=asking().name, why=str(sent.get("why", "")), how=how)
    return answer(_shown(_audit(number)))


@bp.get("/holds")
def holds() -> Response:
    """What decides nothing alone; with ``all=1`` what was lifted as well."""
    return answer({"holds": [each.to_json() for each in room().store.holds(standing_only=not request.args.get("all"))]})


@bp.post("/holds/<int:number>/lift")
def lift(number: int) -> Response:
    """Lets a label decide alone again, for the reason in ``why``."""
    sent = sent_object(frozenset({"why"}))
    actor = editor("lift what is held").name
    return answer(room().store.lift_hold(number, actor=actor, why=str(sent.get("why", ""))).to_json())


def _audit(number: int) -> Audit:
    found = room().store.audit_of(number)
    if found is None:
        raise Problem(404, f"Ticket {number} was not drawn for an audit.")
    return found


def _shown(audit: Audit) -> dict[str, Any]:
    told: dict[str, Any] = {
        "ticket": audit.ticket,
        "policy": audit.policy,
        "drawn_at": audit.drawn_at.isoformat(),
        "share": audit.share,
        "open": audit.open,
    }
    if audit.answered_at is not None and audit.answers is not None:
        told |= {
            "said": dict(audit.said),
            "answers": dict(audit.answers),
            "answered_by": audit.answered_by,
            "answered_at": audit.answered_at.isoformat(),
            "model": audit.model_version,
        }
    return told
