"""Trainings, as the API has them: asked for, followed, cancelled; and a model taken back."""

from __future__ import annotations

from flask import Response, request, url_for

from tickets.training_runs import NoSuchRun, TrainingRun
from webui.api import answer, bp, editor, policy_named, sent_object
from webui.problems import Problem
from webui.promoting import LONGEST_REASON
from webui.room import room
from webui.runs import training

ASKING, ROLLING_BACK = frozenset({"policy"}), frozenset({"reason"})
MOST_RUNS = 200


@bp.get("/runs")
def runs() -> Response:
    """The last trainings, the newest first; ``policy`` and ``limit`` choose which."""
    policy = request.args.get("policy")
    if policy is not None:
        policy_named(policy)
    limit = min(max(request.args.get("limit", 20, type=int), 1), MOST_RUNS)
    return answer({"runs": [run.to_json() for run in room().store.training_runs(policy, limit=limit)]})


@bp.get("/runs/<int:number>")
def run(number: int) -> Response:
    return answer(_run(number).to_json())


@bp.post("/runs")
def ask() -> Response:
    """Asks for the next model of ``policy``; where one is asked for already, that run is the answer."""
    user, sent = editor("train models"), sent_object(ASKING)
    asked = training().ask(policy_named(sent.get("policy")).name, user.name)
    response = answer(asked.to_json(), 202)
    response.headers["Location"] = url_for("api.run", number=asked.id)
    return response


@bp.post("/runs/<int:number>/cancel")
def cancel(number: int) -> Response:
    """Ends a run that waits, and asks one that goes on to end; one that has ended stays as it is."""
    user = editor("cancel trainings")
    _run(number)
    return answer(room().store.cancel_training(number, actor=user.name).to_json())


@bp.post("/models/<policy>/rollback")
def rollback(policy: str) -> Response:
    """Puts the version that was in force before back in force; ``reason`` may say why."""
    user, sent = editor("roll models back"), sent_object(ROLLING_BACK)
    reason = sent.get("reason", "")
    if not isinstance(reason, str) or len(reason) > LONGEST_REASON:
        raise Problem(422, "Send the reason, if there is one, as a string.")
    chosen = policy_named(policy).name
    return answer({"policy": chosen, "version": training().rollback(chosen, user.name, reason), "in_force": True})


def _run(number: int) -> TrainingRun:
    try:
        return room().store.training_run(number)
    except NoSuchRun as error:
        raise Problem(404, str(error)) from error
