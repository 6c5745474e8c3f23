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
from tickets.store import Store
from webui import (
    auth,
    decision,
    failure,
    happenings,
    highlight,
    mail,
    models,
    paging,
    quarantine,
    queue,
    scores,
    search,
    set_aside,
    ticket,
    words,
)
from webui import health as health_page
from webui.alerts import Alert
from webui.headers import secure
from webui.reply_by_mail import Answering
from webui.room import EXTENSION, Room, SecondLook, room

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
    clock: Callable[[], datetime] = now,
) -> Flask:
    """The pages that agents work in, as a WSGI application.

    ``secret_key`` signs the sessions. ``secure_cookies`` keeps them to HTTPS. ``health`` adds to what ``/healthz``
    says; a ``status`` other than ``ok`` answers 503. ``alerts`` are shown on every page to those signed in.
    ``second_look`` takes recorded mails through the trip again; without it they can be read only.
    ``answering`` marks the answers that agents send from their mail clients. ``clock`` gives the present, an aware
    datetime.
    """
    app = Flask("webui")
    app.extensions[EXTENSION] = Room(store, policies, registry, clock, health, alerts, second_look, answering)
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
    for page in (auth, queue, ticket, search, set_aside, quarantine, mail, models, health_page):
        app.register_blueprint(page.bp)
    CSRFProtect(app)
    auth.install(app)
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
    if current_user.is_authenticated:
        shown |= {"counts": here.store.counts(), "last_done": session.get("undo"), "alerts": here.alerts()}
    return shown
