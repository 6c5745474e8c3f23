"""The ticket page, and what an agent does to a ticket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NoReturn

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from errors import MailtriageError
from policies.labels import LABELS
from policies.policy import Policy
from tickets import desk, taking_back
from tickets.rows import How, Ticket
from webui import blind, missing, work_on
from webui.clock import clock_view
from webui.decision import label_views, title_of
from webui.highlight import LEGEND, LONGEST_TEXT, phrases
from webui.position import position
from webui.queue_order import kept_order, order_named, queue_in
from webui.room import policy_of, room
from webui.seconds import seconds_looked
from webui.spans import pieces

bp = Blueprint("ticket", __name__, url_prefix="/tickets")

LONGEST_WHY = 1000


@bp.get("/<int:number>")
def show(number: int) -> str:
    here = room()
    ticket = _ticket(number)
    policy = policy_of(ticket)
    within, at = _queue_asked()
    audit = here.store.audit_of(number)
    if audit is not None and audit.open:
        place, address = position(queue_in(kept_order()), number, policy=within, at=at), {"policy": within, "at": at}
        return blind.page(ticket, policy, place=place, address=address, seen=_seen(number))
    messages = here.store.messages_of(number)
    # What the customer answers belongs to the conversation that there is, also where the ticket has no mail of its own.
    answered = replace(ticket, number=here.store.first_origin(number)) if ticket.origin else ticket
    wanted = phrases(ticket.verdict)
    opening = next((m.id for m in messages if m.disposition == "ticket"), None)
    texts = {m.id: pieces(m, wanted if m.id == opening else ()) for m in messages}
    found = {segment.kind for text in texts.values() for piece in text for segment in piece.segments}
    draft = missing.draft(ticket, policy, current_user.name)
    return render_template(
        "ticket/show.html",
        ticket=ticket,
        policy=policy,
        labels=label_views(ticket, policy),
        messages=messages,
        texts=texts,
        marked=[kind for kind in LEGEND if kind in found],
        legend=LEGEND,
        longest=LONGEST_TEXT,
        corrections=here.store.corrections(number),
        disputes=here.store.disputes(ticket=number),
        events=here.store.events(number),
        rules={rule.id: rule.title for rule in policy.rules} if policy else {},
        clock=clock_view(ticket, policy, here.store.pauses(number), here.clock()),
        seen=_seen(number),
        last=_last_correction(number),
        follow_ups=here.store.follow_ups(number),
        reply_link=here.answering.link(answered, messages) if here.answering else None,
        draft=draft,
        draft_link=here.answering.link(answered, messages, draft) if here.answering and draft else None,
        subject_tag=here.answering.references.subject_tag(answered.number) if here.answering else None,
        place=position(queue_in(kept_order()), number, policy=within, at=at),
        within=within,
        at=at,
        work=work_on.view(ticket, policy),
        audit=audit,
        audited=blind.compared(audit, policy) if audit else [],
    )


@bp.post("/<int:number>/correct")
def correct(number: int) -> Response:
    """One label set to another value: ``change`` is ``label:value``, or ``topic`` with the value in ``topic``."""
    ticket, policy = unchanged(number)
    label, _, value = request.form.get("change", "").partition(":")
    if label == "topic" and not value:
        value = request.form.get("topic", "")
    if label not in LABELS or not value:
        raise MailtriageError("The form names no label to change. Reload the ticket and try again.")
    _write(policy, ticket, {label: value})
    flash(f"{title_of(label, value, policy)} noted on ticket {number}.")
    return redirect(shown_again(number))


@bp.post("/<int:number>/confirm")
def confirm(number: int) -> Response:
    """All four labels as shown, the chosen topic included; then the next ticket of the queue."""
    ticket, policy = unchanged(number)
    shown = {label: getattr(ticket, label) for label in LABELS} | {"topic": request.form.get("topic") or ticket.topic}
    _write(policy, ticket, shown)
    flash(f"Ticket {number} confirmed: {ticket.severity}, {title_of('scope', ticket.scope, policy).lower()}.")
    within, at = _queue_asked()
    following = position(queue_in(kept_order()), number, policy=within, at=at).next
    if following is None:
        return redirect(url_for("queue.show", policy=within, order=order_named(kept_order())))
    return redirect(url_for("ticket.show", number=following.number, policy=within, at=following.at))


@bp.post("/<int:number>/undo")
def undo(number: int) -> Response:
    """Takes back the last corrections of a ticket, if they are still the ones that the agent saw, and shows it."""
    _ticket(number)
    store = room().store
    if request.form.get("last") != _last_correction(number):
        _changed_meanwhile()
    taken_back = store.undo(number, agent=current_user.name)
    session.pop("undo", None)
    flash(f"Ticket {number}: last decision taken back." if taken_back else f"Ticket {number}: nothing to take back.")
    return redirect(shown_again(number))


@bp.post("/<int:number>/take-back")
def take_back(number: int) -> Response:
    """Takes back the one correction whose id is ``word``, with all that followed from it."""
    _, policy = unchanged(number)
    word = request.form.get("word", 0, type=int)
    gone = taking_back.take_back(room().store, policy, number, word=word, agent=current_user.name)
    session.pop("undo", None)
    flash(f"Ticket {number}: {title_of(gone.label, gone.to_value, policy)} taken back.")
    return redirect(shown_again(number))


@bp.post("/<int:number>/close")
def close(number: int) -> Response:
    unchanged(number)
    room().store.set_state(number, "closed", actor=current_user.name)
    flash(f"Ticket {number} closed.")
    return redirect(shown_again(number))


@bp.post("/<int:number>/reopen")
def reopen(number: int) -> Response:
    unchanged(number)
    room().store.set_state(number, "review", actor=current_user.name)
    flash(f"Ticket {number} waits for review again.")
    return redirect(shown_again(number))


def _ticket(number: int) -> Ticket:
    ticket = room().store.ticket(number)
    if ticket is None:
        abort(404, f"There is no ticket {number}.")
    return ticket


def _seen(number: int) -> str:
    """A mark of the ticket as it is now: its newest event."""
    newest = room().store.events(number, limit=1)
    return str(newest[0].id) if newest else "0"


def unchanged(number: int) -> tuple[Ticket, Policy]:
    """The ticket, if it is still what the agent's page showed."""
    ticket = _ticket(number)
    if request.form.get("seen") != _seen(number):
        _changed_meanwhile()
    policy = policy_of(ticket)
    if policy is None:
        raise MailtriageError(
            f"Ticket {number} is under the policy {ticket.policy}, which is not loaded. Add its file to the settings."
        )
    return ticket, policy


def _changed_meanwhile() -> NoReturn:
    abort(409, "Somebody decided on it, or mail came in, since you opened the page. Look again before you decide.")


def _write(policy: Policy, ticket: Ticket, changes: Mapping[str, str]) -> None:
    why = " ".join(request.form.get("why", "").split())[:LONGEST_WHY]
    blind.refuse_open(ticket.number)
    how = How(blind=False, seconds=seconds_looked())
    desk.correct(room().store, policy, ticket.number, changes, agent=current_user.name, why=why, how=how)
    session["undo"] = {"ticket": ticket.number, "last": _last_correction(ticket.number)}


def _last_correction(number: int) -> str:
    standing = room().store.corrections(number)
    return str(standing[-1].id) if standing else ""


def _queue_asked() -> tuple[str | None, int | None]:
    """The queue the agent goes through (a policy's, None for all) and the place in it, from the address."""
    policy = request.args.get("policy")
    at = request.args.get("at", type=int)
    return policy if policy in room().policies else None, at if at is not None and 0 <= at < 10**9 else None


def shown_again(number: int) -> str:
    """The address of a ticket's page, in the queue and the place that the agent goes through."""
    within, at = _queue_asked()
    return url_for("ticket.show", number=number, policy=within, at=at)
