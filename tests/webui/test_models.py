from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from classifier.registry import ModelCard, Registry
from policies.policy import Policy
from tests.webui.conftest import Agent, sign_in
from tests.webui.seed import NOW
from tickets.store import Store
from webui.app import create_app


def card(version: str, accuracy: float) -> ModelCard:
    metrics = {"with_rules": {"severity": {"accuracy": accuracy, "macro_f1": 0.8}}}
    made = NOW - timedelta(days=3)
    return ModelCard(version, "penelope", "standard", made, "0.1.0", "1.0.0", 140, 20, "ab" * 32, metrics, {}, "note")


class Shelf(Registry):
    """A registry with two cards and no model behind them."""

    def versions(self, policy: str) -> list[ModelCard]:
        return [card("20261120-1", 0.91), card("20261101-1", 0.874)] if policy == "penelope" else []

    def current(self, policy: str) -> str | None:
        return "20261101-1" if policy == "penelope" else None


@pytest.fixture
def page(store: Store, policies: Mapping[str, Policy], tmp_path: Path) -> str:
    client = create_app(store, policies, Shelf(tmp_path), secret_key=b"k", clock=lambda: NOW).test_client()
    sign_in(client)
    return client.get("/models").text


def test_every_version_is_listed_with_its_measures(page: str) -> None:
    for told in ("20261120-1", "91.0 %", "20261101-1", "87.4 %", "140 labelled mails, 20 of them by agents"):
        assert told in page


def test_the_version_in_force_is_marked(page: str) -> None:
    assert page.count("In force") == 1
    assert page.index("20261120-1") < page.index("20261101-1") < page.index("In force")


def test_a_policy_without_a_model_says_how_to_make_one(page: str) -> None:
    assert "mailtriage train --policy atollon" in page


def test_a_card_that_cannot_be_read_is_told_and_the_others_are_shown(
    agent: Agent, registry: Registry, policies: Mapping[str, Policy]
) -> None:
    broken = registry.root / "penelope" / "20261101-080000-0123abcd"
    broken.mkdir(parents=True)
    (broken / "card.json").write_text("{")
    page = agent.page("/models")
    assert "is not a model card" in page
    assert "mailtriage train --policy atollon" in page
