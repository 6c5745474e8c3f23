from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.webui.conftest import Agent, sign_in
from tests.webui.seed import NOW
from tickets.store import Store
from webui.app import create_app
from webui.auth import OPEN_TO_ALL, local_path

REFUSAL = "Name and password do not match"


def test_every_route_asks_to_sign_in_but_those_that_are_named(app: Flask, stranger: FlaskClient) -> None:
    """A page added later is behind the wall without anybody remembering to put it there."""
    walked = 0
    for rule in app.url_map.iter_rules():
        path = rule.build({name: 1 for name in rule.arguments if name != "filename"} | {"filename": "style.css"})
        assert path is not None
        for method in (rule.methods or set()) & {"GET", "POST"}:
            response = stranger.open(path[1], method=method)
            if rule.endpoint in OPEN_TO_ALL:
                assert "/sign-in?" not in response.headers.get("Location", "")
            elif rule.endpoint.startswith("api."):
                walked += 1
                assert response.status_code == 401
            else:
                walked += 1
                # A form from nowhere fails for its missing token before it is asked who sent it.
                assert (response.status_code, method) in {(302, "GET"), (302, "POST"), (400, "POST")}
                assert method == "POST" or response.headers["Location"].startswith("/sign-in")
    assert walked >= 15


def test_signing_in_leads_to_the_queue_and_signing_out_ends_it(agent: Agent) -> None:
    assert "Review queue" in agent.page("/")
    assert agent.post("/sign-out", seen_on="/").headers["Location"] == "/sign-in"
    assert agent.get("/").status_code == 302


def test_a_wrong_password_and_an_unknown_name_are_told_alike(stranger: FlaskClient) -> None:
    wrong, unknown = sign_in(stranger, password="not the password"), sign_in(stranger, name="nobody")
    assert wrong.status_code == unknown.status_code == 401
    assert REFUSAL in wrong.text
    assert REFUSAL in unknown.text


@pytest.mark.parametrize("name", ["", "a\x00b", "x" * 5000])
def test_a_name_that_cannot_be_is_refused_like_any_other(stranger: FlaskClient, name: str) -> None:
    assert sign_in(stranger, name=name).status_code == 401


def test_without_its_token_the_form_is_refused(stranger: FlaskClient) -> None:
    response = stranger.post("/sign-in", data={"name": "anna", "password": "correct horse battery"})
    assert response.status_code == 400
    assert "Reload the page" in response.text


def test_every_form_of_the_pages_is_refused_without_its_token(app: Flask, agent: Agent) -> None:
    posts = [rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or set())]
    assert len(posts) >= 7
    for rule in posts:
        built = rule.build(dict.fromkeys(rule.arguments, 1))
        assert built is not None
        # The API takes no session, so that no form can make it do anything.
        assert agent.client.post(built[1]).status_code == (401 if rule.endpoint.startswith("api.") else 400)


def test_tries_are_limited_by_name(stranger: FlaskClient) -> None:
    answers = [sign_in(stranger, password="not the password").status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]
    assert sign_in(stranger).status_code == 429


def test_tries_are_limited_by_address(stranger: FlaskClient) -> None:
    names = ["anna"] * 10 + ["bram"] * 10 + ["carla"]
    answers = [sign_in(stranger, name=name, password="not the password").status_code for name in names]
    assert answers == [401] * 20 + [429]


def test_signing_in_does_not_count_as_a_try(app: Flask) -> None:
    for _ in range(12):
        assert sign_in(app.test_client()).status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "evil",
        "",
        None,
    ],
)
def test_after_signing_in_nobody_is_sent_elsewhere(stranger: FlaskClient, target: str | None) -> None:
    assert local_path(target) is None
    assert sign_in(stranger, next=target or "").headers["Location"] == "/"


def test_after_signing_in_one_gets_where_one_wanted(stranger: FlaskClient) -> None:
    asked = stranger.get("/tickets/2?at=1&policy=penelope")
    assert asked.headers["Location"] == "/sign-in?next=/tickets/2?at%3D1%26policy%3Dpenelope"
    assert sign_in(stranger, next="/tickets/2?at=1").headers["Location"] == "/tickets/2?at=1"


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(app: Flask, store: Store) -> None:
    cookie = sign_in(app.test_client()).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    room = app.extensions["mailtriage"]
    strict = create_app(
        store, room.policies, room.registry, secret_key=b"k", secure_cookies=True, clock=lambda: NOW
    ).test_client()
    assert "Secure" in strict.get("/sign-in").headers["Set-Cookie"]


def test_a_session_made_before_signing_in_is_not_carried_over(app: Flask) -> None:
    """What somebody planted in the session beforehand is gone afterwards (session fixation)."""
    client = app.test_client()
    with client.session_transaction() as session:
        session["planted"] = "yes"
    assert sign_in(client).status_code == 302
    with client.session_transaction() as session:
        assert "planted" not in session


def test_a_session_of_another_password_is_nobodys(app: Flask, agent: Agent) -> None:
    with agent.client.session_transaction() as session:
        number, _, _ = session["_user_id"].partition(":")
        session["_user_id"] = f"{number}:0123456789abcdef"
    assert agent.get("/").status_code == 302
