"""The work on a ticket in a real Chromium: it fits, it can be read, and its forms work with and without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask

from policies.policy import Policy
from tests.webui.test_browser import (
    DESK,
    LOW_CONTRAST,
    PHONE,
    address,
    chromium,
    desk_of,
    pytestmark,
)
from tests.webui.test_work import ADVICE, ALARM, FREE, TASK, add
from tickets.store import Store

__all__ = ["address", "chromium", "pytestmark"]
OPEN_ALL = "document.querySelectorAll('#work details').forEach((e) => e.setAttribute('open', ''))"


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["1280", "390"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_work_on_a_ticket_fits_and_can_be_read(
    chromium: Any,
    address: str,
    app: Flask,
    store: Store,
    policies: Mapping[str, Policy],
    viewport: dict[str, int],
    theme: str,
) -> None:
    numbers = [add(store, policies, labels) for labels in (TASK, FREE, ADVICE)]
    numbers.append(add(store, policies, ALARM, "penelope"))
    store.decide_charge(numbers[-1], "confirmed", agent="anna", reason="agreed " * 60)
    desk = desk_of(chromium, address, app, viewport=viewport, color_scheme=theme)
    for number in numbers:
        desk.open(f"/tickets/{number}")
        desk.page.evaluate(OPEN_ALL)
        assert desk.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], number
        assert desk.page.evaluate(LOW_CONTRAST) == [], number
    assert desk.complaints == []
    desk.page.context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_request_goes_from_estimate_to_booked_time(
    chromium: Any, address: str, app: Flask, store: Store, policies: Mapping[str, Policy], scripts: bool
) -> None:
    number = add(store, policies, TASK)
    desk = desk_of(chromium, address, app, viewport=DESK, java_script_enabled=scripts)
    desk.open(f"/tickets/{number}")
    desk.page.locator("#estimate-form input[name=kind]").first.fill("consultant")
    desk.page.locator("#estimate-form input[name=minutes]").first.fill("70")
    desk.page.click("#estimate-form button")
    desk.shows(".work-estimate")
    desk.page.click("#step-send")
    desk.shows("#step-approve")
    desk.page.fill("#work input[name=said]", "Jana")
    desk.page.click("#step-approve")
    desk.shows("#step-start")
    desk.page.click("#book-form summary")
    desk.page.fill("#book-form input[name=minutes]", "20")
    desk.page.click("#book-form button")
    desk.shows(".work-entries")
    [entry] = store.timesheet(ticket=number)
    assert (entry.minutes, entry.kind, entry.activity, entry.agent) == (20, "consultant", "work", "anna")
    assert desk.complaints == []
    desk.page.context.close()
