"""The application: its parts, its pages and what guards them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, session
from flask_login import current_user
from flask_wtf import CSRFProtect

from classifier.registry import Registry
from policies.policy import Policy
from policies.versions import as_policies
from tickets.store import Store
from webui import (
    api,
    api_audit,
    api_drift,
    api_labels,
    api_models,
    api_runs,
    api_teaching,
    assigning,
    audit,
    auth,
    clock_forms,
    customer_files,
    customers,
    decision,
    disputes,
    drift,
    due,
    failure,
    happenings,
    highlight,
    labels,
    mail,
    model_version,
    models,
    paging,
    promoting,
    quarantine,
    queue,
    runs,
    scores,
    search,
    set_aside,
    ticket,
    why,
    words,
    work,
)
from webui import health as health_page
from webui.alerts import Alert
from webui.drifting import Drifting
from webui.headers import secure
from webui.labelling import Labelling
from webui.reply_by_mail import Answering
from webui.room import EXTENSION, Explaining, OpenRequest, Promote, Room, SecondLook, Training, room

API_PARTS = (api_audit, api_drift, api_labels, api_models, api_runs, api_teaching)
"""Whose addresses are part of the API's, which are there once these are imported."""

LARGEST_FORM = 256 * 1024
SESSION_LASTS = timedelta(hours=12)


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def create_app(
    store: Store,
    policies: Mapping[str, Policy],
    registry: Registry,
    *,
    secret_key: bytes | str,
    secure_cookies: bool = False,
    health: Callable[[], Mapping[str, object]] | None = None,
    alerts: Callable[[], Sequence[Alert]] = tuple,
    second_look: SecondLook | None = None,
    answering: Answering | None = None,
    open_request: OpenRequest | None = None,
    explain: Explaining | None = None,
    promote: Promote | None = None,
    training: Training | None = None,
    labelling: Labelling | None = None,
    drifting: Drifting | None = None,
    clock: Callable[[], datetime] = now,
) -> Flask:
    """The pages that agents work in, as a WSGI application.

    ``store`` counts by the calendars of ``policies`` (:meth:`tickets.store.Store.counting_by`). ``secret_key`` signs
    the sessions. ``secure_cookies`` keeps them to HTTPS. ``health`` adds to what ``/healthz`` says; a ``status`` other
    than ``ok`` answers 503. ``alerts`` are shown on every page to those signed in. ``second_look`` takes recorded mails
    through the trip again; without it they can be read only. ``answering`` marks the answers that agents send from
    their mail clients. ``open_request`` opens a request from another ticket. ``explain`` says by which words a
    ticket was decided; without it no page offers that. ``promote`` puts a model
    in force; ``training`` makes the next one, and takes one back. ``labelling`` says which
    labels to ask for and which to look at again. ``drifting`` says how the mail that
    comes differs from what was learned from. ``clock`` gives the present, an aware datetime.
    """
    app = Flask("webui")
    versions = as_policies(policies)
    app.extensions[EXTENSION] = Room(
        store,
        versions,
        registry,
        clock,
        health,
        alerts,
        second_look,
        answering,
        open_request,
        explain,
        promote,
        training,
        labelling,
        drifting,
    )
    app.config.update(
        SECRET_KEY=secret_key,
        SESSION_COOKIE_NAME="mailtriage",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure_cookies,
        PERMANENT_SESSION_LIFETIME=SESSION_LASTS,
        # Otherwise a picture that is still loading would bring back the session as it was, and what it said.
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=LARGEST_FORM,
        # The token lasts as long as its session: a page left open over lunch still confirms.
        WTF_CSRF_TIME_LIMIT=None,
        # Browsers are told to send no Referer; SameSite and the token guard the forms.
        WTF_CSRF_SSL_STRICT=False,
    )
    tickets = (queue, due, ticket, why, clock_forms, work, disputes, labels, drift)
    pages = (
        auth,
        audit,
        *tickets,
        customers,
        customer_files,
        assigning,
        search,
        set_aside,
        quarantine,
        mail,
        models,
        model_version,
        promoting,
        runs,
    )
    for page in (*pages, health_page):
        app.register_blueprint(page.bp)
    csrf = CSRFProtect(app)
    limiter = auth.install(app)
    api.install(app, csrf, limiter)
    failure.install(app)
    app.after_request(secure)
    app.context_processor(around_every_page)
    app.jinja_env.filters.update(
        ago=words.ago,
        distance=words.distance,
        due_in=words.due_in,
        happened=happenings.sentence,
        marked=highlight.marked,
        opened=words.opened,
        percent=words.percent,
        plain=words.plain,
        scores=scores.scores,
        size=words.size,
        stamp=words.stamp,
        urgency=words.urgency,
    )
    app.jinja_env.globals.update(
        IMPACT_TITLES=words.IMPACT_TITLES,
        LABEL_TITLES=words.LABEL_TITLES,
        STATE_TITLES=words.STATE_TITLES,
        VALUE_TITLES=words.VALUE_TITLES,
        address_of=paging.address_of,
        title_of=decision.title_of,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    return app


def around_every_page() -> dict[str, Any]:
    """What every template may use: policies and present; for those signed in, the counts and what they did last."""
    here = room()
    shown: dict[str, Any] = {"policies": here.policies, "now": here.clock(), "can_look_again": bool(here.second_look)}
    shown |= {"can_explain": here.why is not None, "can_order": here.labelling is not None}
    shown["can_drift"] = here.drift is not None
    if current_user.is_authenticated:
        shown |= {"counts": here.store.counts(), "last_done": session.get("undo"), "alerts": here.alerts()}
        shown["audits_waiting"] = here.store.audits_waiting()
    return shown
