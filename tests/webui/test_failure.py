from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from flask import Flask

from errors import MailtriageError
from tests.webui.conftest import Agent
from tickets.store import Store, StoreUnavailable
from webui.alerts import Alert
from webui.room import EXTENSION


def test_an_address_that_is_nowhere_has_a_page(agent: Agent) -> None:
    response = agent.get("/no/such/place")
    assert response.status_code == 404
    assert "There is nothing here" in response.text


def test_a_form_sent_as_an_address_has_a_page(agent: Agent) -> None:
    response = agent.get("/tickets/1/confirm")
    assert response.status_code == 405
    assert "Use the buttons on the page" in response.text


def test_too_large_a_form_is_refused(agent: Agent) -> None:
    assert agent.client.post("/tickets/1/correct", data={"why": "x" * 300_000}).status_code == 413


def fail_with(store: Store, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(store, "ticket", fail)


def test_a_failure_that_tells_what_to_do_is_shown(agent: Agent, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_with(store, MailtriageError("Do <this> first."), monkeypatch)
    response = agent.get("/tickets/1")
    assert response.status_code == 400
    assert "Do &lt;this&gt; first." in response.text


def test_a_store_that_does_not_answer_is_told_without_its_address(
    agent: Agent, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_with(store, StoreUnavailable("db.internal:5432 refused"), monkeypatch)
    response = agent.get("/tickets/1")
    assert response.status_code == 503
    assert "db.internal" not in response.text


def test_a_store_that_answers_nothing_at_all_has_the_same_page(
    agent: Agent, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreUnavailable("db.internal:5432 refused")

    for verb in ("user_by_id", "counts", "review_queue"):
        monkeypatch.setattr(store, verb, fail)
    response = agent.get("/")
    assert response.status_code == 503
    assert "The store does not answer just now" in response.text
    assert "db.internal" not in response.text


def test_what_every_page_shows_may_fail_and_the_failure_has_a_page(agent: Agent, app: Flask) -> None:
    def fail() -> tuple[Alert, ...]:
        raise RuntimeError("the secret inside")

    app.extensions[EXTENSION] = replace(app.extensions[EXTENSION], alerts=fail)
    response = agent.get("/")
    assert response.status_code == 500
    assert "Something went wrong on our side" in response.text
    assert "secret" not in response.text


def test_what_nobody_foresaw_is_logged_and_never_shown(
    agent: Agent, app: Flask, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fail_with(store, RuntimeError("the secret inside"), monkeypatch)
    with caplog.at_level(logging.ERROR):
        response = agent.get("/tickets/1")
    assert response.status_code == 500
    assert "Something went wrong on our side" in response.text
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert "the secret inside" in caplog.text
