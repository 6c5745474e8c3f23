"""The REST API: customers as JSON for programs that hold a token."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from classifier.registry import Registry
from policies.policy import Policy
from tests.webui.conftest import Agent
from tickets.store import Store
from webui import api
from webui.app import create_app

CUSTOMERS = "/api/v1/customers"
RIVER = {"policy": "penelope", "name": "River", "domains": ["River.example"], "facts": {"hosting": "saas"}}


@dataclass(frozen=True)
class Program:
    """A client that sends a token."""

    client: FlaskClient
    token: str

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        told = {"Authorization": f"Bearer {self.token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.client.open(path, method=method, json=body, headers=told)

    def get(self, path: str) -> TestResponse:
        return self.send("GET", path)


def program(app: Flask, store: Store, role: str) -> Program:
    store.add_user(role, "hash", role, actor="seed")
    return Program(app.test_client(), store.add_token(role, "tests", actor="seed")[1])


@pytest.fixture
def lead(app: Flask, store: Store) -> Program:
    return program(app, store, "lead")


def body(response: TestResponse) -> Mapping[str, Any]:
    assert response.json is not None
    found: Mapping[str, Any] = response.json
    return found


def refused(response: TestResponse, status: int) -> Mapping[str, Any]:
    """The problem, which is one as RFC 9457 has it."""
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert body(response)["status"] == status
    return body(response)


def test_a_customer_is_created_read_changed_and_listed(lead: Program) -> None:
    made = lead.send("POST", CUSTOMERS, RIVER)
    assert made.status_code == 201
    path = made.headers["Location"]
    read = lead.get(path)
    assert body(read) == {**body(made)}
    assert body(read)["domains"] == ["river.example"]
    changed = lead.send("PATCH", path, {"facts": {"product_version": "5.6"}}, If_Match=read.headers["ETag"])
    assert body(changed)["facts"] == {"hosting": "saas", "product_version": "5.6"}
    again = lead.send("PATCH", path, {"facts": {"hosting": None}}, If_Match=changed.headers["ETag"])
    assert (body(again)["facts"], body(again)["domains"]) == ({"product_version": "5.6"}, ["river.example"])
    whole = lead.send("PUT", path, {"name": "Riverside"}, If_Match="*")
    assert (body(whole)["name"], body(whole)["domains"], body(whole)["facts"]) == ("Riverside", [], {})
    assert [c["name"] for c in body(lead.get(f"{CUSTOMERS}?q=riverside"))["customers"]] == ["Riverside"]


def test_what_was_read_can_be_sent_back(lead: Program) -> None:
    made = lead.send("POST", CUSTOMERS, RIVER)
    back = lead.send("PUT", made.headers["Location"], body(made), If_Match=made.headers["ETag"])
    assert (back.status_code, back.headers["ETag"]) == (200, made.headers["ETag"])


def test_a_fact_that_the_policy_has_no_longer_stays(lead: Program, store: Store) -> None:
    made = store.upsert_customer("penelope", "River", [], {"colour": "red", "hosting": "saas"}, "anna")
    path = f"{CUSTOMERS}/{made.id}"
    read = lead.get(path)
    assert lead.send("PUT", path, body(read), If_Match="*").headers["ETag"] == read.headers["ETag"]
    changed = lead.send("PATCH", path, {"facts": {"hosting": None}}, If_Match="*")
    assert body(changed)["facts"] == {"colour": "red"}
    refused(lead.send("PATCH", path, {"facts": {"colour": "blue"}}, If_Match="*"), 422)


def test_a_change_on_what_somebody_else_has_changed_is_refused(lead: Program, store: Store) -> None:
    made = lead.send("POST", CUSTOMERS, RIVER)
    path, mark = made.headers["Location"], made.headers["ETag"]
    assert "If-Match" in refused(lead.send("PATCH", path, {"name": "Lake"}), 428)["detail"]
    store.edit_customer(body(made)["id"], "Sea", [], {}, expected=None, actor="anna")
    refused(lead.send("PATCH", path, {"name": "Lake"}, If_Match=mark), 412)
    assert body(lead.get(path))["name"] == "Sea"


def test_contacts_are_put_by_their_address(lead: Program, store: Store) -> None:
    made = lead.send("POST", CUSTOMERS, RIVER)
    path = f"{made.headers['Location']}/contacts/Bob@river.example"
    told = {"name": "Bob", "facts": {"contact_role": "end_user"}, "left_on": "2026-05-01"}
    done = lead.send("PUT", path, told, If_Match=made.headers["ETag"])
    assert body(done)["contacts"] == [{"address": "bob@river.example", **told}]
    wrong = lead.send("PUT", path, {"facts": {"hosting": "saas"}, "left_on": "soon"}, If_Match="*")
    assert {e["pointer"] for e in refused(wrong, 422)["errors"]} == {"#/facts/hosting", "#/left_on"}
    refused(lead.send("PUT", f"{CUSTOMERS}/999/contacts/a@b", {}, If_Match="*"), 404)


@pytest.mark.parametrize(
    ("sent", "pointers"),
    [
        ({}, {"#/policy"}),
        ({"policy": "nowhere"}, {"#/policy"}),
        ({"policy": "penelope"}, {"#/name"}),
        ({**RIVER, "name": 5}, {"#/name"}),
        ({**RIVER, "name": "x" * 300}, {"#/name"}),
        ({**RIVER, "name": "a\nb"}, {"#/name"}),
        ({**RIVER, "domains": ["gmail.com"]}, {"#/domains"}),
        ({**RIVER, "domains": "river.example"}, {"#/domains"}),
        ({**RIVER, "domains": [f"a{n}.example" for n in range(300)]}, {"#/domains"}),
        ({**RIVER, "facts": {"hosting": "cloud", "plan": "team"}}, {"#/facts/hosting", "#/facts/plan"}),
        ({**RIVER, "facts": {"concurrent_licences": 10**30}}, {"#/facts/concurrent_licences"}),
        ({**RIVER, "facts": {"concurrent_licences": [1]}}, {"#/facts/concurrent_licences"}),
        ({**RIVER, "facts": {"product_version": "x" * 100}}, {"#/facts/product_version"}),
        ({**RIVER, "colour": "red"}, {"#/colour"}),
    ],
)
def test_every_field_that_is_wrong_is_named(lead: Program, store: Store, sent: object, pointers: set[str]) -> None:
    before = len(store.customers())
    problem = refused(lead.send("POST", CUSTOMERS, sent), 422)
    assert {error["pointer"] for error in problem["errors"]} == pointers
    assert len(store.customers()) == before


@pytest.mark.parametrize("sent", [None, [], "x", {**RIVER, "facts": []}])
def test_what_is_no_object_is_refused(lead: Program, sent: object) -> None:
    refused(lead.send("POST", CUSTOMERS, sent), 400)


@pytest.mark.parametrize("depth", [300, 900, 100_000])
@pytest.mark.parametrize("begin", ['{"a":', '{"policy": "penelope", "name": "X", "facts": {"hosting":', '{"domains":'])
def test_a_body_nested_very_deeply_is_a_problem_of_the_sender(lead: Program, begin: str, depth: int) -> None:
    sent = begin + "[" * depth + "]" * depth + "}" * begin.count("{")
    headers = {"Authorization": f"Bearer {lead.token}", "Content-Type": "application/json"}
    assert lead.client.post(CUSTOMERS, data=sent, headers=headers).status_code in (400, 422)


@pytest.mark.parametrize("domain", [5, None, True, ["x.example"], {"x.example": 1}])
def test_a_domain_is_text(lead: Program, store: Store, domain: object) -> None:
    refused(lead.send("POST", CUSTOMERS, {**RIVER, "domains": ["river.example", domain]}), 422)
    assert store.customers_named("River") == []


@pytest.mark.parametrize("left_on", ["20260101", "2026-W01", "2026-W01-1", 20260101, "2026-1-1", "2026-02-30"])
def test_the_day_a_contact_left_is_written_in_one_way(lead: Program, left_on: object) -> None:
    made = lead.send("POST", CUSTOMERS, RIVER)
    path = f"{made.headers['Location']}/contacts/ben@river.example"
    refused(lead.send("PUT", path, {"name": "Ben", "left_on": left_on}, If_Match="*"), 422)
    assert lead.send("PUT", path, {"name": "Ben", "left_on": "2026-01-01"}, If_Match="*").status_code == 200


def test_a_contacts_name_is_text_or_unknown(lead: Program) -> None:
    made = lead.send("POST", CUSTOMERS, RIVER)
    path = f"{made.headers['Location']}/contacts/ben@river.example"
    refused(lead.send("PUT", path, {"name": 5}, If_Match="*"), 422)
    assert lead.send("PUT", path, {"name": None}, If_Match="*").status_code == 200


def test_a_name_that_is_taken_is_a_conflict(lead: Program) -> None:
    lead.send("POST", CUSTOMERS, RIVER)
    refused(lead.send("POST", CUSTOMERS, RIVER), 409)


def test_a_list_has_pages(lead: Program, store: Store) -> None:
    for n in range(5):
        store.upsert_customer("penelope", f"Paged {n}", [], {}, "anna")
    names, path = [], f"{CUSTOMERS}?q=paged&policy=penelope&per_page=2"
    while path:
        page = body(lead.get(path))
        names += [customer["name"] for customer in page["customers"]]
        path = page["next"]
    assert names == [f"Paged {n}" for n in range(5)]
    refused(lead.get(f"{CUSTOMERS}?policy=nowhere"), 422)
    for odd in ("page=-1", "page=x", "page=99999999999", "per_page=0", "q=%00"):
        assert lead.get(f"{CUSTOMERS}?{odd}").status_code == 200


def test_agents_read_and_edit_nothing(app: Flask, store: Store) -> None:
    agent = program(app, store, "agent")
    assert agent.get(CUSTOMERS).status_code == 200
    assert "leads and administrators" in refused(agent.send("POST", CUSTOMERS, RIVER), 403)["detail"]
    number = store.customers()[0].id
    refused(agent.send("PATCH", f"{CUSTOMERS}/{number}", {"name": "x"}, If_Match="*"), 403)
    refused(agent.send("PUT", f"{CUSTOMERS}/{number}/contacts/a@b.example", {}, If_Match="*"), 403)


def test_a_session_of_a_browser_is_no_token(agent: Agent) -> None:
    assert agent.get("/").status_code == 200
    problem = refused(agent.get(CUSTOMERS), 401)
    assert agent.get(CUSTOMERS).headers["WWW-Authenticate"].startswith("Bearer")
    assert "mailtriage tokens add" in problem["detail"]


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer mailtriage_" + "x" * 43])
def test_nobodys_token_opens_nothing(app: Flask, sent: str) -> None:
    refused(app.test_client().get(CUSTOMERS, headers={"Authorization": sent}), 401)


def test_a_token_in_the_address_is_none(app: Flask, lead: Program) -> None:
    refused(app.test_client().get(f"{CUSTOMERS}?access_token={lead.token}&token={lead.token}"), 401)


def test_a_revoked_token_opens_nothing(lead: Program, store: Store) -> None:
    store.revoke_token(store.tokens()[0].id, actor="anna")
    refused(lead.get(CUSTOMERS), 401)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{CUSTOMERS}/999", 404),
        ("GET", f"{CUSTOMERS}/99999999999999999999", 404),
        ("GET", "/api/v1/nothing", 404),
        ("DELETE", f"{CUSTOMERS}/1", 405),
        ("GET", "/api/v2/customers", 404),
    ],
)
def test_what_is_not_there_is_told_as_a_problem(lead: Program, method: str, path: str, status: int) -> None:
    refused(lead.send(method, path), status)


def test_what_nobody_foresaw_tells_nothing_and_no_token_is_logged(
    lead: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(Store, "search_customers", fail)
    with caplog.at_level(logging.DEBUG):
        problem = refused(lead.get(CUSTOMERS), 500)
    assert "secret" not in str(problem)
    assert lead.token not in caplog.text


def limited(store: Store, policies: Mapping[str, Policy], registry: Registry) -> Flask:
    """An application of its own, whose limits are those of now."""
    return create_app(store, policies, registry, secret_key=b"tests")


def test_a_token_asks_so_often_and_no_more(
    store: Store, policies: Mapping[str, Policy], registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "REQUESTS", "3 per hour")
    lead = program(limited(store, policies, registry), store, "lead")
    assert [lead.get(f"{CUSTOMERS}/1").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert "wait a minute" in refused(lead.get(CUSTOMERS), 429)["detail"]
    other = Program(lead.client, store.add_token("lead", "another", actor="anna")[1])
    assert other.get(CUSTOMERS).status_code == 200


def test_who_has_no_token_is_soon_refused_altogether(
    store: Store, policies: Mapping[str, Policy], registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "REFUSALS", "2 per hour")
    client = limited(store, policies, registry).test_client()
    assert [client.get(CUSTOMERS).status_code for _ in range(3)] == [401, 401, 429]
