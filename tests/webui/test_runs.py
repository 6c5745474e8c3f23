"""Trainings on the page and in the API: asked for, followed, cancelled; a model taken back."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask import Flask

from classifier.registry import ModelCard, Registry
from policies.policy import Policy
from tests.webui.conftest import Agent, sign_in
from tests.webui.seed import NOW
from tests.webui.test_api import body, program
from tickets.store import Store
from webui.app import create_app
from webui.room import Training


@pytest.fixture
def asked(store: Store) -> list[tuple[str, ...]]:
    """What the pages asked of :class:`~webui.room.Training` besides runs."""
    return []


@pytest.fixture
def app(
    store: Store,
    policies: Mapping[str, Policy],
    registry: Registry,
    asked: list[tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> Flask:
    def rollback(*told: str) -> str:
        asked.append(told)
        return "20260101-000000-0123abcd"

    monkeypatch.setattr(registry, "history", lambda policy: ["new", "old"] if policy == "penelope" else [])
    training = Training(lambda policy, actor: store.ask_training(policy, actor=actor), rollback)
    return create_app(store, policies, registry, secret_key=b"tests", training=training, clock=lambda: NOW)


def member(app: Flask, store: Store, role: str) -> Agent:
    """Somebody of that role, signed in."""
    name = f"a {role}"
    anna = store.user("anna")
    assert anna is not None
    store.add_user(name, anna.password_hash, role, actor="tests")
    client = app.test_client()
    assert sign_in(client, name).status_code == 302
    return Agent(client)


def test_a_lead_trains_follows_and_cancels_by_buttons(app: Flask, store: Store) -> None:
    lead = member(app, store, "lead")
    answer = lead.post("/models/penelope/train", seen_on="/models")
    [run] = store.training_runs()
    assert (answer.location, run.actor, run.policy) == (f"/runs/{run.id}", "a lead", "penelope")
    store.begin_training(run.id, "old")
    store.beat_training(run.id, "heads", 0.42)
    page = lead.page(f"/runs/{run.id}")
    assert '<meta http-equiv="refresh" content="2">' in page and "Heads" in page and 'value="0.420"' in page
    assert "heads, 42" in lead.page("/models")
    lead.post(f"/runs/{run.id}/cancel", seen_on=f"/runs/{run.id}")
    assert store.training_run(run.id).cancelled_by == "a lead"
    store.end_training(run.id, "failed", error="It broke: run `mailtriage train`.")
    page = lead.page(f"/runs/{run.id}")
    assert "http-equiv" not in page and "<code>mailtriage train</code>" in page and "Cancel this training" not in page


def test_a_model_is_rolled_back_with_a_reason_unless_another_is_in_force_by_now(
    app: Flask, store: Store, asked: list[tuple[str, ...]]
) -> None:
    lead = member(app, store, "lead")
    assert "Roll back to old" in lead.page("/models")
    for version, status in (("older", 409), ("new", 302)):
        fields = {"version": version, "reason": "worse"}
        assert lead.post("/models/penelope/rollback", seen_on="/models", **fields).status_code == status
    assert asked == [("penelope", "a lead", "worse")]


def test_agents_see_trainings_and_may_not_touch_them(app: Flask, store: Store) -> None:
    agent = member(app, store, "agent")
    run = store.ask_training("penelope", actor="somebody")
    assert "Cancel this training" not in agent.page(f"/runs/{run.id}")
    assert "Train the next model" not in agent.page("/models")
    for path in ("/models/penelope/train", f"/runs/{run.id}/cancel", "/models/penelope/rollback"):
        assert agent.post(path, seen_on="/models").status_code == 403
    assert agent.get("/runs/999").status_code == 404
    assert store.training_run(run.id).state == "waiting"


def test_the_api_asks_follows_cancels_and_rolls_back(app: Flask, store: Store, asked: list[tuple[str, ...]]) -> None:
    lead, agent = program(app, store, "lead"), program(app, store, "agent")
    assert agent.send("POST", "/api/v1/runs", {"policy": "penelope"}).status_code == 403
    assert lead.send("POST", "/api/v1/runs", {"policy": "nobody"}).status_code == 422
    made = lead.send("POST", "/api/v1/runs", {"policy": "penelope"})
    assert made.status_code == 202 and body(made)["state"] == "waiting"
    assert body(agent.get(made.location)) == body(made)
    assert body(agent.get("/api/v1/runs?policy=penelope")) == {"runs": [body(made)]}
    ended = body(lead.send("POST", f"{made.location}/cancel", {}))
    assert (ended["state"], ended["cancelled_by"]) == ("cancelled", "lead")
    assert lead.get("/api/v1/runs/999").status_code == 404
    back = lead.send("POST", "/api/v1/models/penelope/rollback", {"reason": "worse"})
    assert body(back) == {"policy": "penelope", "version": "20260101-000000-0123abcd", "in_force": True}
    assert asked == [("penelope", "lead", "worse")]


def test_a_model_that_this_program_cannot_use_is_told_in_one_line_beside_the_others(
    app: Flask, store: Store, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ModelCard("new", "penelope", "lean", NOW, "0.0.1", "1", 1, 0, "", {}, {})
    monkeypatch.setattr(registry, "versions", lambda policy: [made] if policy == "penelope" else [])
    monkeypatch.setattr(registry, "current", lambda policy: "new" if policy == "penelope" else None)
    page = member(app, store, "agent").page("/models")
    assert page.count("was made by mailtriage 0.0.1") == 1
    assert "<code>mailtriage train --policy penelope</code>" in page and "Atollon" in page
