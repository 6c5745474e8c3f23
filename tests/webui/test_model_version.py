"""The page of one model version: its pictures and its model card."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask

from classifier.card import ModelCard
from classifier.figures.figures import Figures
from classifier.registry import FIGURES, Registry
from tests import small_model
from tests.webui.conftest import Agent
from tickets.store import Store


def shelve(registry: Registry, figures: Figures | None) -> str:
    made = datetime(2026, 11, 2, tzinfo=UTC)
    card = ModelCard("", "penelope", "lean", made, "0.1.0", "1.0.0", 60, 0, "ab" * 32, {}, {})
    return registry.add(small_model.model(), card, figures).version


@pytest.fixture
def version(registry: Registry) -> str:
    return shelve(registry, small_model.figures())


def test_a_version_shows_its_pictures_and_its_card_and_needs_no_style_of_its_own(agent: Agent, version: str) -> None:
    page = agent.page(f"/models/penelope/{version}")
    for name in ("confusion", "reliability", "coverage", "cost", "learning", "language", "topic", "length"):
        assert f'<section class="wall" id="{name}"' in page
    assert "Caveats and recommendations" in page
    assert " style=" not in page
    assert page.count('<svg class="picture') > 20
    assert len(page.encode()) < 300_000


def test_every_id_on_the_page_is_its_own(agent: Agent, version: str) -> None:
    ids = [part.partition('"')[0] for part in agent.page(f"/models/penelope/{version}").split(' id="')[1:]]
    assert len(ids) == len(set(ids))


def test_the_models_page_leads_there(agent: Agent, version: str) -> None:
    assert f'href="/models/penelope/{version}"' in agent.page("/models")


def test_a_version_without_figures_has_its_card_and_says_how_to_get_pictures(agent: Agent, registry: Registry) -> None:
    page = agent.page(f"/models/penelope/{shelve(registry, None)}")
    assert "mailtriage evaluate --policy penelope --report FOLDER" in page
    assert "Intended use" in page


def test_figures_that_the_registry_did_not_write_are_told_and_not_drawn(
    agent: Agent, registry: Registry, version: str
) -> None:
    (registry.root / "penelope" / version / FIGURES).write_text("{}")
    page = agent.page(f"/models/penelope/{version}")
    assert "is not the file the registry wrote" in page
    assert '<section class="wall"' not in page


@pytest.mark.parametrize(
    "address", ["/models/penelope/20200101-000000-00000000", "/models/nobody/x", "/models/penelope/.."]
)
def test_what_is_no_version_is_not_found(agent: Agent, address: str) -> None:
    assert agent.get(address).status_code == 404


def test_a_program_gets_the_card_and_the_figures(app: Flask, store: Store, version: str) -> None:
    token = store.add_token("anna", "tests", actor="seed")[1]
    client, bearer = app.test_client(), {"Authorization": f"Bearer {token}"}
    told = client.get(f"/api/v1/models/penelope/{version}", headers=bearer).get_json()
    assert told["version"] == version
    assert Figures.from_json(told["figures"]) == small_model.figures()
    assert client.get("/api/v1/models/penelope/20200101-000000-00000000", headers=bearer).status_code == 404
