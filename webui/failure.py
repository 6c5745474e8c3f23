"""Failures as pages: what happened and what to do, never a traceback."""

from __future__ import annotations

import logging

from flask import Flask, Response, current_app, render_template, request
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from errors import MailtriageError
from tickets.faults import (
    ChangedSinceSeen,
    NoSuchMessage,
    NoSuchTicket,
    QuotaSpent,
    SomebodyDecided,
    StoreUnavailable,
    TicketChanged,
)
from tickets.work.working import NotNow
from webui import api

log = logging.getLogger(__name__)

TEMPLATE = "failure/show.html"
STORE_DOWN = 503
"""Its page asks the store for nothing, not even for who is signed in."""

CODES: dict[type[MailtriageError], int] = {
    NoSuchTicket: 404,
    NoSuchMessage: 404,
    TicketChanged: 409,
    ChangedSinceSeen: 409,
    QuotaSpent: 409,
}
TITLES = {
    400: "That request cannot be carried out",
    403: "This is not open to you",
    404: "There is nothing here",
    405: "That is not done this way",
    409: "This ticket has changed meanwhile",
    413: "That is too much at once",
    429: "Too many tries",
    500: "Something went wrong on our side",
    STORE_DOWN: "The store does not answer just now",
}
SENTENCES = {
    403: "Ask an administrator if you need it.",
    404: "The address may be mistyped, or what it named is gone.",
    405: "Use the buttons on the page instead of its address.",
    429: "Wait a minute, then try again.",
    500: "The details are in the program's log. Nothing was changed; go back and try again.",
}


def page(code: int, sentence: str | None = None, *, title: str | None = None) -> tuple[str, int]:
    """The page for a failure, with its status code."""
    shown = {
        "code": code,
        "title": title or TITLES.get(code, "That did not work"),
        "sentence": sentence or SENTENCES.get(code, "Go back and try again."),
    }
    if code != STORE_DOWN:
        try:
            return render_template(TEMPLATE, **shown), code
        except Exception:  # what failed may be what every page asks for: who is signed in, the counts, the alerts
            log.exception("the page for a failure failed")
    bare = current_app.jinja_env.get_template(TEMPLATE)
    return bare.render(**shown, current_user=AnonymousUserMixin()), code


def install(app: Flask) -> None:
    @app.errorhandler(MailtriageError)
    def refused(error: MailtriageError) -> tuple[str, int]:
        if isinstance(error, StoreUnavailable):
            log.error("store unavailable: %s", error)
            return page(STORE_DOWN, "Try again in a moment; nothing was changed.")
        if isinstance(error, NotNow):
            return page(409, str(error), title="That is not the next step")
        if isinstance(error, SomebodyDecided):
            return page(409, str(error), title="Somebody decided already")
        return page(CODES.get(type(error), 400), str(error))

    @app.errorhandler(CSRFError)
    def forged(_: CSRFError) -> tuple[str, int]:
        return page(400, "The form was not sent from a page of this session. Reload the page and try again.")

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> tuple[str, int] | HTTPException | Response:
        code = error.code or 500
        if code < 400:
            return error
        if api.answers(request.path):
            return api.failed(error)
        standard = error.description == type(error).description
        return page(code, None if standard or code == 429 else error.description)

    @app.errorhandler(Exception)
    def broke(error: Exception) -> tuple[str, int]:
        log.error("unexpected failure", exc_info=error)
        return page(500)
