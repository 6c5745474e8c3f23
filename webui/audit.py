"""The audit: how right what passes alone is, what is held, and the word of agents who judge blind."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from classifier.autonomy import CONFIDENCE
from errors import MailtriageError
from policies.labels import LABELS
from tickets import desk
from tickets.audit_report import DAYS, MONTHS, report
from tickets.rows import How
from webui.roles import may_edit
from webui.room import room
from webui.seconds import seconds_looked
from webui.ticket import LONGEST_WHY, shown_again, unchanged

bp = Blueprint("audit", __name__)
LONGEST_DAYS = 3660


@bp.get("/audit")
def show() -> str:
    """``policy`` and ``days`` choose what is shown."""
    here = room()
    policy = request.args.get("policy") or None
    if policy is not None and policy not in here.policies:
        abort(404, f"There is no policy named {policy[:80]}.")
    names = [policy] if policy else list(here.policies)
    return render_template(
        "audit/show.html",
        reports=[(here.policies[name], report(here.store, name, here.clock(), days=days_asked())) for name in names],
        waiting=here.store.open_audits(policy=policy, limit=1),
        policy=policy,
        days=days_asked(),
        months=MONTHS,
        confidence=CONFIDENCE,
        lifts=may_edit(current_user.role),
    )


@bp.post("/audit/holds/<int:hold>/lift")
def lift(hold: int) -> Response:
    """Lets a label decide alone again, for the reason in ``why``."""
    if not may_edit(current_user.role):
        abort(403, "Leads and administrators lift what is held.")
    lifted = room().store.lift_hold(hold, actor=current_user.name, why=request.form.get("why", ""))
    flash(f"{lifted.policy}: {lifted.label.replace('_', ' ')} decides alone again.")
    return redirect(url_for("audit.show"))


@bp.post("/tickets/<int:number>/audit")
def answer(number: int) -> Response:
    """All four labels of a ticket whose audit is open, said blind; then what had been said is shown beside them."""
    ticket, policy = unchanged(number)
    audit = room().store.audit_of(number)
    if audit is None or not audit.open:
        raise MailtriageError(f"Ticket {number} waits for no audit: correct it as any other.")
    said = {label: request.form.get(label, "") for label in LABELS}
    if not all(said.values()):
        raise MailtriageError("Say all four labels: what had been decided is shown afterwards.")
    why = " ".join(request.form.get("why", "").split())[:LONGEST_WHY]
    how = How(blind=True, seconds=seconds_looked())
    desk.correct(room().store, policy, ticket.number, said, agent=current_user.name, why=why, how=how)
    same = sum(said[label] == audit.said[label] for label in LABELS)
    flash(f"Ticket {number} audited: {same} of {len(LABELS)} labels were said alone as you say them.")
    return redirect(shown_again(number))


def days_asked() -> int:
    """How many days are looked back on, from the address."""
    return min(max(request.args.get("days", DAYS, type=int), 1), LONGEST_DAYS)
