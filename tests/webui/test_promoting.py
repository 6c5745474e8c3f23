from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from classifier.registry import ModelCard, Registry
from errors import MailtriageError
from policies.policy import Policy
from tests.webui import seed
from tests.webui.conftest import Agent, sign_in
from tests.webui.seed import NOW
from tests.webui.test_models import card
from tickets.rows import Event
from tickets.store import Store
from webui.app import create_app
from webui.happenings import sentence

CHECK = {"name": "scope_accuracy", "passed": False, "sentence": "Scope accuracy 70.0% against 91.0%: worse <b>."}


class Shelf(Registry):
    """A version in force and a newer one that the gate refused."""

    def versions(self, policy: str) -> list[ModelCard]:
        refused = replace(card("20261120-1", 0.7), promoted=False, checks=(CHECK,))
        return [refused, card("20261101-1", 0.91)] if policy == "penelope" else []

    def current(self, policy: str) -> str | None:
        return "20261101-1" if policy == "penelope" else None


@pytest.fixture
def asked() -> list[tuple[str, str, str, str]]:
    return []


@pytest.fixture
def app(store: Store, policies: Mapping[str, Policy], tmp_path: Path, asked: list[tuple[str, str, str, str]]) -> Flask:
    def promote(policy: str, version: str, actor: str, reason: str) -> None:
        if not reason:
            raise MailtriageError("The gate refused it: give a reason.")
        asked.append((policy, version, actor, reason))

    return create_app(store, policies, Shelf(tmp_path), secret_key=b"k", clock=lambda: NOW, promote=promote)


@pytest.fixture
def lead(app: Flask, store: Store) -> Agent:
    seed.add_lead(store)
    client = app.test_client()
    sign_in(client, "lena")
    return Agent(client)


def test_what_the_gate_asked_is_told_and_a_lead_puts_a_refused_model_in_force_with_a_reason(
    lead: Agent, asked: list[tuple[str, str, str, str]]
) -> None:
    page = lead.page("/models")
    assert "Refused by the gate" in page
    assert "Scope accuracy 70.0% against 91.0%: worse &lt;b&gt;." in page
    assert page.count('action="/models/penelope/20261120-1/promote"') == 1
    assert "20261101-1/promote" not in page
    done = lead.post("/models/penelope/20261120-1/promote", seen_on="/models", reason=" old labels ")
    assert done.status_code == 302
    assert asked == [("penelope", "20261120-1", "lena", "old labels")]


def test_without_a_reason_or_a_token_nothing_happens(lead: Agent, asked: list[tuple[str, str, str, str]]) -> None:
    refused = lead.post("/models/penelope/20261120-1/promote", seen_on="/models", reason="")
    assert "give a reason" in refused.text
    assert lead.client.post("/models/penelope/20261120-1/promote", data={"reason": "x"}).status_code == 400
    assert asked == []


def test_agents_put_no_model_in_force(app: Flask, asked: list[tuple[str, str, str, str]]) -> None:
    client = app.test_client()
    sign_in(client)
    agent = Agent(client)
    assert "/promote" not in agent.page("/models")
    answer = agent.post("/models/penelope/20261120-1/promote", seen_on="/", reason="because")
    assert "Leads and administrators" in answer.text
    assert asked == []


def test_what_happened_to_models_is_told_in_sentences() -> None:
    details = {"policy": "penelope", "version": "v2", "before": "v1", "reason": "old labels", "against_gate": True}
    told = sentence(Event(1, NOW, "model_promoted", None, "anna", details), None)
    assert told == "Put v2 in force for penelope, against the gate: old labels"
    back = sentence(Event(1, NOW, "model_rolled_back", None, "anna", {**details, "reason": ""}), None)
    assert back == "Put v2 back in force for penelope, in place of v1"
    trained = {"policy": "penelope", "version": "v3", "promoted": False, "reasons": []}
    assert "the gate refused it" in sentence(Event(1, NOW, "model_trained", None, "schedule", trained), None)


def test_a_program_with_a_leads_token_puts_a_model_in_force(
    app: Flask, store: Store, asked: list[tuple[str, str, str, str]]
) -> None:
    seed.add_lead(store)
    lead, agent = (
        {"Authorization": f"Bearer {store.add_token(name, 'tests', actor='tests')[1]}"} for name in ("lena", "anna")
    )
    client, path = app.test_client(), "/api/v1/models/penelope/promote"
    sent = {"version": "20261120-1", "reason": "old labels"}
    assert client.post(path, json=sent, headers=agent).status_code == 403
    assert client.post(path, json={"version": 3}, headers=lead).status_code == 422
    assert client.post(path, json={"version": "20261120-1"}, headers=lead).status_code == 400
    assert asked == []
    done = client.post(path, json=sent, headers=lead)
    assert (done.status_code, done.json["in_force"] if done.json else None) == (200, True)
    assert asked == [("penelope", "20261120-1", "lena", "old labels")]
