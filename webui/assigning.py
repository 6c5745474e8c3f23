"""A ticket's customer, chosen by an agent."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request
from flask_login import current_user
from werkzeug.wrappers import Response

from errors import MailtriageError
from policies.facts import Facts
from tickets.customer import assigning
from tickets.customer.whose import sender_sentence
from tickets.rows import Ticket
from webui.roles import may_edit
from webui.room import room
from webui.ticket import shown_again, unchanged

bp = Blueprint("assigning", __name__, url_prefix="/tickets")

MOST_OFFERED = 500
"""Names that the page offers while one is typed; any other may be typed as well."""

PROOFS = {True: ("good", "sender proven"), False: ("bad", "sender proof failed"), None: ("", "sender not proven")}


@bp.post("/<int:number>/assign")
def assign(number: int) -> Response:
    """Gives the ticket to the customer ``named`` (or, typed, ``customer``) and decides it again."""
    ticket, policy = unchanged(number)
    name = (request.form.get("customer", "").strip() or request.form.get("named", "")).strip()
    found = room().store.customers_named(name, ticket.policy) if name else []
    if not found:
        told = f"No customer of {policy.title} is called {name!r}." if name else "Choose a customer, or type its name."
        raise MailtriageError(f"{told} The ticket is as it was.")
    add_contact = bool(request.form.get("add_contact"))
    if add_contact and not may_edit(current_user.role):
        abort(403, "Leads and administrators add contacts. Assign the ticket without, and ask one of them.")
    vouched_by = current_user.name if request.form.get("vouch") else None
    done = assigning.assign(
        room().store,
        policy,
        number,
        found[0],
        agent=current_user.name,
        add_contact=add_contact,
        vouched_by=vouched_by,
    )
    flash(f"Ticket {number} is {done.customer_name}'s: {done.severity}, {done.scope.replace('_', ' ')}.")
    return redirect(shown_again(number))


@bp.app_template_global("customer_names")
def customer_names(policy: str) -> list[str]:
    """The names to offer for a ticket of a policy."""
    return room().store.customer_names(policy, limit=MOST_OFFERED)


@bp.app_template_global("whose")
def whose(ticket: Ticket) -> str:
    """What is known of the sender, as a sentence."""
    return sender_sentence(ticket.facts, ticket.customer_name)


@bp.app_template_global("proof_tag")
def proof_tag(facts: Facts) -> tuple[str, str]:
    """How the proof of the sender is marked: a class, and words."""
    return PROOFS[facts.sender_proven]


@bp.app_template_global("edits_customers")
def edits_customers() -> bool:
    """Whether who is signed in may change customers."""
    return may_edit(current_user.role)
