"""Where agents said different things of one label: for a lead to settle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from errors import MailtriageError
from policies.policy import Policy
from tickets import desk
from tickets.rows import Dispute, How, StoredMessage, Ticket
from webui.decision import Choice, label_views, title_of
from webui.highlight import LONGEST_TEXT, phrases
from webui.paging import SIZE, asked_page, page_of
from webui.roles import may_edit
from webui.room import policy_of, room
from webui.seconds import seconds_looked
from webui.spans import Piece, pieces
from webui.ticket import LONGEST_WHY

bp = Blueprint("disputes", __name__, url_prefix="/disputes")


@dataclass(frozen=True, slots=True)
class Argued:
    """A dispute with the mail it is about, and the values that the label can have."""

    dispute: Dispute
    ticket: Ticket
    policy: Policy | None
    message: StoredMessage
    text: Sequence[Piece]
    choices: Sequence[Choice]


@bp.get("")
def show() -> str:
    number = asked_page()
    found = room().store.disputes(limit=SIZE + 1, offset=(number - 1) * SIZE)
    page = page_of(number, [argued for dispute in found if (argued := _argued(dispute)) is not None])
    settles = may_edit(current_user.role)
    return render_template("disputes/show.html", page=page, settles=settles, longest=LONGEST_TEXT)


@bp.post("/<int:number>/settle")
def settle(number: int) -> Response:
    """The label is ``value`` (or, chosen from the list, ``another``), whatever the two said."""
    if not may_edit(current_user.role):
        abort(403, "Leads and administrators settle disputes. Ask one of them.")
    store = room().store
    dispute = store.dispute(number)
    if dispute is None:
        abort(404, f"There is no dispute {number}.")
    if request.form.get("words") != words_of(dispute):
        abort(409, "Somebody said something else, or settled it, since you opened the page. Look again.")
    ticket = store.ticket(dispute.ticket)
    policy = policy_of(ticket) if ticket else None
    if policy is None:
        raise MailtriageError(f"The policy {dispute.policy} is not loaded. Add its file to the settings.")
    value = request.form.get("value") or request.form.get("another", "")
    why = " ".join(request.form.get("why", "").split())[:LONGEST_WHY]
    how = How(blind=False, seconds=seconds_looked())
    change = {dispute.label: value}
    desk.correct(store, policy, dispute.ticket, change, agent=current_user.name, why=why, how=how, settles=number)
    flash(f"Settled: ticket {dispute.ticket} is {title_of(dispute.label, value, policy)}.")
    return redirect(url_for("disputes.show"))


@bp.app_template_global("words_of")
def words_of(dispute: Dispute) -> str:
    """A mark of what the two said, and of whether it is settled."""
    return f"{dispute.first.id}-{dispute.second.id}-{'settled' if dispute.settled_at else 'open'}"


def _argued(dispute: Dispute) -> Argued | None:
    store = room().store
    ticket = store.ticket(dispute.ticket)
    messages = store.messages_of(dispute.ticket)
    if ticket is None or not messages:
        return None
    policy = policy_of(ticket)
    choices = next(view.choices for view in label_views(ticket, policy) if view.label == dispute.label)
    text = pieces(messages[0], phrases(ticket.verdict))
    return Argued(dispute, ticket, policy, messages[0], text, choices)
