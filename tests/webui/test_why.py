"""The words behind a ticket: highlights that are the mail's text, a list that adds up, and neighbours by id."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from classifier.registry import Registry
from mailtriage.word_explanation import Explaining
from policies.policy import Policy
from tests import small_model
from tests.webui import seed
from tests.webui.conftest import Agent, sign_in
from tests.webui.test_browser import DESK, LOW_CONTRAST, PHONE, address, chromium, desk_of, pytestmark
from tickets.rows import Ticket
from tickets.store import Store
from webui.app import create_app

__all__ = ["address", "chromium"]
in_browser = pytestmark
HOSTILE = "<script>alert(1)</script></mark></div> & \"quotes\" 'n' \u202eright to left\u202c <b>all users</b> down!"
PICTURES = os.environ.get("MAILTRIAGE_PICTURES")
TEXT = re.compile(r'<div class="mail-text words-text" dir="auto">(.*?)</div>', re.DOTALL)
TAGS = re.compile(r"</?mark[^>]*>")


@dataclass(frozen=True)
class Shelf:
    """The small model, whatever is asked for."""

    registry: Registry

    def of(self, policy: str) -> Any:
        return replace(small_model.model(), policy=policy)


@dataclass(frozen=True)
class Office:
    """What an explanation needs of the assembled program."""

    store: Store
    models: Shelf
    registry: Registry
    policies: Mapping[str, Policy]

    def policy_of(self, ticket: Ticket) -> Policy:
        return self.policies[ticket.policy]


@pytest.fixture
def app(store: Store, policies: Mapping[str, Policy], registry: Registry) -> Flask:
    office: Any = Office(store, Shelf(registry), registry, policies)
    explain = Explaining(office).why
    return create_app(store, policies, registry, secret_key=b"tests", explain=explain, clock=lambda: seed.NOW)


@pytest.fixture
def hostile(store: Store, policies: Mapping[str, Policy]) -> int:
    penelope = next(sample for sample in seed.SAMPLES if sample.policy == "penelope")
    sample = replace(penelope, subject=HOSTILE, body=f"{HOSTILE}\n\n> {HOSTILE}\n{HOSTILE}\n")
    number = seed.add(store, policies, sample).ticket
    assert number is not None
    return number


def shown_texts(page: str) -> Iterator[str]:
    """The mail's text as each label's section shows it, marks taken off."""
    yield from (html.unescape(TAGS.sub("", found)) for found in TEXT.findall(page))


def opened(store: Store, subject_of: str) -> int:
    return next(t.number for t in map(store.ticket, range(1, 20)) if t and t.policy == subject_of)


def test_the_highlighted_text_is_the_mail_s_text_whatever_it_holds(agent: Agent, store: Store, hostile: int) -> None:
    for number in (opened(store, "penelope"), hostile):
        page = agent.page(f"/tickets/{number}/words")
        message = store.messages_of(number)[0]
        texts = list(shown_texts(page))
        assert texts == [f"{message.subject}\n\n{message.new_text or message.text}"] * 4
        assert "<mark class=" in page


def test_hostile_words_are_never_markup(agent: Agent, hostile: int) -> None:
    for path in (f"/tickets/{hostile}/words", f"/tickets/{hostile}/words?tips=1", f"/tickets/{hostile}/words?part=1"):
        page = agent.page(path)
        assert "<script>alert" not in page
        assert "<b>all" not in page


def test_the_list_adds_up_to_its_margin(agent: Agent, store: Store) -> None:
    page = agent.page(f"/tickets/{opened(store, 'penelope')}/words")
    tables = re.findall(r'<table class="words-list">(.*?)</table>', page, re.DOTALL)
    assert len(tables) == 4
    for table in tables:
        *weights, margin = map(float, re.findall(r'<span class="weight \w+">([-+][\d.]+)</span>', table))
        assert sum(weights) == pytest.approx(margin, abs=0.005 * len(weights))


def test_the_ticket_s_page_offers_the_words_and_the_part_is_no_page(agent: Agent, store: Store) -> None:
    number = opened(store, "penelope")
    assert f'href="/tickets/{number}/words"' in agent.page(f"/tickets/{number}")
    part = agent.page(f"/tickets/{number}/words?part=1")
    assert "<html" not in part
    assert "Nearest labelled mails" in part


def test_a_near_mail_that_ships_is_named_by_its_subject(agent: Agent, store: Store) -> None:
    page = agent.page(f"/tickets/{opened(store, 'penelope')}/words")
    subjects = {html.escape(example.subject, quote=False) for example in small_model.examples()}
    assert any(f"<bdi>{subject}</bdi>" in page for subject in subjects)


def test_who_decided_with_a_model_that_is_gone_is_told_so(agent: Agent, store: Store) -> None:
    assert "which decided the ticket, is gone" in agent.page(f"/tickets/{opened(store, 'penelope')}/words")


def test_without_models_no_page_offers_the_words(
    store: Store, policies: Mapping[str, Policy], registry: Registry
) -> None:
    client = create_app(store, policies, registry, secret_key=b"tests", clock=lambda: seed.NOW).test_client()
    sign_in(client)
    number = opened(store, "penelope")
    assert f"/tickets/{number}/words" not in client.get(f"/tickets/{number}").text
    assert client.get(f"/tickets/{number}/words").status_code == 400
    assert client.get("/tickets/999/words").status_code == 404


def browser(test: Any) -> Any:
    for mark in in_browser:
        test = mark(test)
    return test


@browser
@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["1280", "390"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_words_fit_and_can_be_read(
    chromium: Any, address: str, app: Flask, store: Store, hostile: int, viewport: dict[str, int], theme: str
) -> None:
    desk = desk_of(chromium, address, app, viewport=viewport, color_scheme=theme)
    for number in (opened(store, "penelope"), hostile):
        desk.open(f"/tickets/{number}/words?tips=1")
        desk.page.evaluate("document.querySelectorAll('.words-of').forEach((e) => e.setAttribute('open', ''))")
        assert desk.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], number
        assert desk.page.evaluate(LOW_CONTRAST) == [], number
        if PICTURES:
            path = Path(PICTURES) / f"words-{number}-{viewport['width']}-{theme}.png"
            desk.page.screenshot(path=path, full_page=True)
    assert desk.complaints == []
    desk.page.context.close()


@browser
def test_the_words_are_loaded_into_the_ticket_s_page_when_asked_for(
    chromium: Any, address: str, app: Flask, store: Store
) -> None:
    number = opened(store, "penelope")
    for scripts in (True, False):
        desk = desk_of(chromium, address, app, viewport=DESK, java_script_enabled=scripts)
        desk.open(f"/tickets/{number}")
        desk.page.click("#all-words > summary")
        if scripts:
            desk.shows("#all-words [data-loaded] .words-list")
            if PICTURES:
                desk.page.screenshot(path=Path(PICTURES) / "words-in-ticket.png", full_page=True)
        else:
            desk.page.click("#all-words a")
            desk.shows(".words-list")
        assert desk.complaints == []
        desk.page.context.close()
