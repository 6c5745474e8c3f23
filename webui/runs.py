"""Trainings on the page: asked for, followed, ended; and the way back to the model before."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from errors import MailtriageError
from tickets.training_runs import NoSuchRun, TrainingRun
from webui.promoting import LONGEST_REASON
from webui.roles import may_edit
from webui.room import Training, room

bp = Blueprint("runs", __name__)

REFRESH_SECONDS = 2
"""How often the page of a run that goes on asks again, by itself and without a script."""
STATES = {
    "waiting": "Waits for its turn",
    "running": "Goes on",
    "promoted": "Put in force",
    "refused": "Refused by the gate",
    "failed": "Failed",
    "cancelled": "Cancelled",
}


@bp.get("/runs/<int:number>")
def show(number: int) -> str:
    run = _run(number)
    refresh = REFRESH_SECONDS if run.live else None
    may_cancel = run.live and may_edit(current_user.role)
    return render_template("runs/show.html", run=run, refresh=refresh, may_cancel=may_cancel)


@bp.post("/models/<policy>/train")
def train(policy: str) -> Response:
    _check_may("train models")
    _check_policy(policy)
    run = training().ask(policy, current_user.name)
    return redirect(url_for("runs.show", number=run.id))


@bp.post("/runs/<int:number>/cancel")
def cancel(number: int) -> Response:
    _check_may("cancel trainings")
    _run(number)
    room().store.cancel_training(number, actor=current_user.name)
    return redirect(url_for("runs.show", number=number))


@bp.post("/models/<policy>/rollback")
def rollback(policy: str) -> Response:
    """Back to the version that was in force before ``version``, which the page showed as the one in force."""
    _check_may("roll models back")
    _check_policy(policy)
    if request.form.get("version") != room().registry.current(policy):
        abort(409, "Another model was put in force since you opened the page. Look again.")
    reason = request.form.get("reason", "").strip()[:LONGEST_REASON]
    version = training().rollback(policy, current_user.name, reason)
    session.pop("undo", None)  # the note would offer to take another decision back
    flash(f"{version} is in force again for {policy}.")
    return redirect(url_for("models.show"))


def training() -> Training:
    """How models are trained; raises where this program only shows them."""
    found = room().training
    if found is None:
        raise MailtriageError("This program shows models only: use the page of `mailtriage up`, or `mailtriage train`.")
    return found


@bp.app_template_global("run_title")
def run_title(run: TrainingRun) -> str:
    """What a run is doing, or what came of it, in a few words."""
    return "Gives no sign of life" if run.is_late(room().clock()) else STATES[run.state]


def _run(number: int) -> TrainingRun:
    try:
        return room().store.training_run(number)
    except NoSuchRun as error:
        abort(404, str(error))


def _check_policy(policy: str) -> None:
    if policy not in room().policies:
        abort(404, f"There is no policy named {policy[:80]}.")


def _check_may(what: str) -> None:
    if not may_edit(current_user.role):
        abort(403, f"Leads and administrators {what}. Ask one of them.")
