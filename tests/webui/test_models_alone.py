"""The models page says what is decided alone, how right that is, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.autonomy import Autonomy, for_precision, never
from classifier.card import ModelCard
from policies.policy import Policy
from tests.webui import test_models
from tests.webui.conftest import sign_in
from tests.webui.seed import NOW
from tickets.store import Store
from webui.app import create_app

SURE = [1 - i / 1000 for i in range(400)]
AUTONOMIES: Mapping[str, Autonomy] = {
    "severity": for_precision(["SEV1", "SEV4"] * 200, SURE, [i < 300 for i in range(400)], 0.97),
    "scope": for_precision(["included"] * 40, SURE[:40], [True] * 40, 0.95),
    "issue_type": for_precision(["bug"] * 100, SURE[:100], [True, False] * 50, 0.9),
    "topic": never(0.9),
}


class Shelf(test_models.Shelf):
    """Cards that know what is decided alone; the older one does not."""

    def versions(self, policy: str) -> list[ModelCard]:
        told = {label: autonomy.to_json() for label, autonomy in AUTONOMIES.items()}
        cards = super().versions(policy)
        return [replace(card, autonomy=told, refuses_novel=True) for card in cards[-1:]] + cards[:1]


@pytest.fixture
def page(store: Store, policies: Mapping[str, Policy], tmp_path: Path) -> str:
    client = create_app(store, policies, Shelf(tmp_path), secret_key=b"k", clock=lambda: NOW).test_client()
    sign_in(client)
    return client.get("/models").text


def test_a_label_that_acts_alone_says_how_much_how_right_and_from_where(page: str) -> None:
    found = AUTONOMIES["severity"]
    assert f"Decides {found.coverage:.1%}".replace(".0%", "%") in page
    assert "is right at least 97% of the time with 95% confidence, as 400 held-out mails show." in page
    assert f"From {found.thresholds['SEV1']:.2f}: SEV1" in page
    assert f"{found.thresholds['SEV4']:.2f}: " in page


def test_a_label_that_does_not_says_what_is_missing(page: str) -> None:
    missing = AUTONOMIES["scope"].missing
    assert missing is not None and 0 < missing < 100
    assert f"about {missing} more labelled mails would show that it is right often enough." in page
    assert "more labels alone will not do" in page
    assert "no held-out mail has shown how often it is right" in page


def test_the_curve_is_drawn_without_styles_or_scripts_and_repeated_as_a_table(page: str) -> None:
    assert page.count('<svg class="picture"') == 3
    assert 'class="picture-bound" points="' in page
    drawing = page[page.index('<svg class="picture"') : page.index("</svg>", page.index('<svg class="picture"'))]
    assert "style=" not in drawing and "<script" not in drawing
    assert "Severity of Penelope support. How often it is right, by the share of the mail decided alone. Of the" in page
    assert page.count('<caption class="out">') == 3


def test_the_page_says_that_novel_mail_goes_to_a_person(page: str) -> None:
    assert page.count("A mail unlike anything learned from goes to a person") == 1
