"""Putting a model in force by hand: for a reason, where the gate refused it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from errors import MailtriageError
from webui.roles import may_edit
from webui.room import Promote, room

bp = Blueprint("promoting", __name__, url_prefix="/models")

LONGEST_REASON = 1000


@bp.post("/<policy>/<version>/promote")
def promote(policy: str, version: str) -> Response:
    if not may_edit(current_user.role):
        raise MailtriageError("Leads and administrators put models in force: ask one of them.")
    reason = request.form.get("reason", "").strip()[:LONGEST_REASON]
    promoting()(policy, version, current_user.name, reason)
    session.pop("undo", None)  # the note would offer to take another decision back
    flash(f"{version} is in force for {policy}.")
    return redirect(url_for("models.show"))


def promoting() -> Promote:
    """How a version is put in force; raises where this program only shows models."""
    found = room().promote
    if found is None:
        raise MailtriageError("This program shows models only: use the page of `mailtriage up`, or `models promote`.")
    return found
