"""Where more labels would help most, and which labels want a second look."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from classifier.needed import Need
from classifier.suspicion import Suspicion
from errors import MailtriageError
from policies.policy import Policy
from webui.labelling import Labelling
from webui.room import room

bp = Blueprint("labels", __name__, url_prefix="/labels")

TICKET = re.compile(r"ticket-([0-9]{1,9})")
"""What a ticket's mail is called in training data."""
NEEDED_SHOWN, SUSPICIOUS_SHOWN, MAILS_SHOWN = 12, 50, 12


@dataclass(frozen=True, slots=True)
class PolicyLabels:
    """What is known of one policy's labels; ``fault`` says why nothing is."""

    policy: Policy
    needed: Sequence[Need] = ()
    suspicious: Sequence[Suspicion] = ()
    fault: str | None = None


@bp.get("")
def show() -> str:
    chosen = _policy_asked()
    return render_template(
        "labels/show.html",
        labels=_labels_of(chosen, labelling()),
        chosen=chosen.name,
        needed_shown=NEEDED_SHOWN,
        suspicious_shown=SUSPICIOUS_SHOWN,
        mails_shown=MAILS_SHOWN,
    )


@bp.post("/review/<int:number>")
def review(number: int) -> Response:
    """Sends a ticket to review again."""
    ticket = room().store.ticket(number)
    if ticket is None:
        abort(404, f"There is no ticket {number}.")
    if ticket.state == "review":
        flash(f"Ticket {number} waits for review already.")
    else:
        room().store.set_state(number, "review", actor=current_user.name)
        flash(f"Ticket {number} waits for review again.")
    return redirect(url_for("labels.show", policy=ticket.policy))


def labelling() -> Labelling:
    """What knows of labels; raises where this program only shows pages."""
    found = room().labelling
    if found is None:
        raise MailtriageError("This program only shows mail: use the page of `mailtriage up` to look at labels.")
    return found


@bp.app_template_global("ticket_of")
def ticket_of(mail: str) -> int | None:
    """The number of the ticket that a labelled mail of that id came by; None for one that came otherwise."""
    match = TICKET.fullmatch(mail)
    return int(match[1]) if match else None


def _policy_asked() -> Policy:
    policies = room().policies
    name = request.args.get("policy") or next(iter(policies), "")
    if name not in policies:
        abort(404, f"There is no policy named {name[:80]}.")
    return policies[name]


def _labels_of(policy: Policy, labels: Labelling) -> PolicyLabels:
    try:
        return PolicyLabels(policy, labels.needed(policy.name), labels.suspicious(policy.name))
    except MailtriageError as error:
        return PolicyLabels(policy, fault=str(error))
