"""How each week's mail differs from what the models learned from, and kinds of mail that no topic fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from classifier.drift import ASPECTS
from classifier.weekly import Drift
from errors import MailtriageError
from policies.adding import LONGEST_TITLE, NewTopic
from policies.labels import Scope
from policies.policy import Policy
from webui.decision import title_of
from webui.drifting import Cluster, Drifting
from webui.roles import may_edit
from webui.room import room
from webui.ticket import LONGEST_WHY
from webui.week_bars import bars_of, beyond

bp = Blueprint("drift", __name__, url_prefix="/drift")

WEEKS = 8
MOST_WEEKS = 26
SAMPLES = 5
ASPECT_TITLES = {"topic": "Topics", "words": "Words", "language": "Languages", "certainty": "Certainty"}


@dataclass(frozen=True, slots=True)
class Side:
    """One policy on the page; ``fault`` says why nothing can be said of it."""

    policy: Policy
    drift: Drift | None = None
    clusters: Sequence[Cluster] = ()
    fault: str | None = None


@bp.get("")
def show() -> str:
    """``policy`` and ``weeks`` choose what is shown."""
    here, drifting = room(), drifting_here()
    policy = request.args.get("policy") or None
    if policy is not None and policy not in here.policies:
        abort(404, f"There is no policy named {policy[:80]}.")
    count = weeks_asked()
    sides = [_side(drifting, here.policies[name], count) for name in ([policy] if policy else list(here.policies))]
    return render_template(
        "drift/show.html",
        sides=sides,
        policy=policy,
        weeks=count,
        aspects={aspect: ASPECT_TITLES[aspect] for aspect in ASPECTS},
        bars_of=bars_of,
        beyond=beyond,
        told=told,
        samples=SAMPLES,
        scopes=tuple(Scope),
        longest_title=LONGEST_TITLE,
        edits=may_edit(current_user.role),
    )


@bp.post("/topic")
def topic() -> Response:
    """Gives the tickets a topic: ``name`` with a ``title`` makes one, ``existing`` is one that the policy has."""
    if not may_edit(current_user.role):
        abort(403, "Leads and administrators make topics. Ask one of them.")
    form = request.form
    tickets = [int(number) for number in form.getlist("ticket") if number.isdecimal() and len(number) < 10]
    new = form.get("do") != "existing"
    asked = NewTopic(
        form.get("name", "") if new else form.get("existing", ""),
        (form.get("title", "").strip() or form.get("name", "")) if new else "",
        form.get("scope") or None,
        tuple(form.getlist("clause")),
    )
    why = " ".join(form.get("why", "").split())[:LONGEST_WHY]
    given = drifting_here().give(form.get("policy", ""), tickets, asked, current_user.name, why)
    refused = len(given.tickets) - given.labelled
    version = f", new in {given.policy} {given.version}" if given.version else ""
    left = (
        f" {refused} could not be corrected: {next(c.refused for c in given.tickets if c.refused)}" if refused else ""
    )
    have = "ticket has" if given.labelled == 1 else "tickets have"
    flash(f"{given.labelled} {have} the topic {given.topic}{version}. The next training learns it.{left}")
    return redirect(url_for("drift.show", policy=given.policy))


def drifting_here() -> Drifting:
    """What drift is looked at with; raises where this program cannot."""
    found = room().drift
    if found is None:
        raise MailtriageError("This program does not look at drift: use the page of `mailtriage up`.")
    return found


def weeks_asked() -> int:
    """How many weeks the request asks for."""
    return min(max(request.args.get("weeks", WEEKS, type=int), 1), MOST_WEEKS)


def told(aspect: str, value: str, policy: Policy) -> str:
    """A part of an aspect as people read it."""
    return title_of("topic", value, policy) if aspect == "topic" else value


def _side(drifting: Drifting, policy: Policy, weeks: int) -> Side:
    try:
        return Side(policy, drifting.weeks(policy.name, weeks), drifting.clusters(policy.name))
    except MailtriageError as error:
        return Side(policy, fault=str(error))
