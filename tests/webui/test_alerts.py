"""Alerts: told on every page to those who are signed in, and to nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.webui import seed
from tests.webui.conftest import Agent
from webui.alerts import Alert
from webui.room import EXTENSION

TOKEN = Alert(
    "support",
    "token_not_renewed",
    "invalid_grant",
    "the token cannot be renewed (invalid_grant)",
    "Run: mailtriage mailboxes authorise support",
    seed.NOW + timedelta(minutes=20),
)


def tell(app: Flask, *alerts: Alert) -> None:
    app.extensions[EXTENSION] = replace(app.extensions[EXTENSION], alerts=lambda: alerts)


@pytest.mark.parametrize("path", ["/", "/tickets/1", "/search?q=team", "/set-aside", "/models", "/tickets/99"])
def test_every_page_says_what_is_wrong_when_and_what_to_do(app: Flask, agent: Agent, path: str) -> None:
    tell(app, TOKEN)
    page = agent.get(path).text
    assert 'role="alert"' in page
    assert "the token cannot be renewed (invalid_grant); mail stops at" in page
    assert TOKEN.mail_stops is not None and f'datetime="{TOKEN.mail_stops.isoformat()}"' in page
    assert "Run: mailtriage mailboxes authorise support" in page


def test_a_token_that_is_dead_is_told_in_the_past(app: Flask, agent: Agent) -> None:
    tell(app, replace(TOKEN, mail_stops=seed.NOW - timedelta(minutes=1)))
    assert "; mail stopped at" in agent.page("/")


def test_without_alerts_nothing_is_shown(agent: Agent) -> None:
    assert 'class="alerts"' not in agent.page("/")


def test_strangers_are_told_nothing(app: Flask, stranger: FlaskClient) -> None:
    tell(app, TOKEN)
    assert "invalid_grant" not in stranger.get("/sign-in").text


def test_notifications_that_cannot_be_sent_are_told_as_such(app: Flask, agent: Agent) -> None:
    tell(app, Alert("ops", "notifications_fail", "x", "two notifications cannot be sent", part="notifications"))
    page = agent.page("/")
    assert "Notifications by <bdi>ops</bdi>:</strong> two notifications cannot be sent." in page
    assert "Mailbox" not in page


def test_what_a_mail_server_said_is_escaped(app: Flask, agent: Agent) -> None:
    tell(app, Alert("support", "mailbox_fails", "mailbox_fails", "NO <script>alert(1)</script>"))
    page = agent.page("/")
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
