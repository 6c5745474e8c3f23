"""The pages in a real Chromium: keys, layout, contrast, and what hostile mail does there."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import waitress
from flask import Flask

from policies.labels import LABELS
from policies.policy import Policy
from tests.webui import seed
from tests.webui.conftest import sign_in
from tests.webui.test_alerts import TOKEN as ALERT
from tests.webui.test_alerts import tell
from tickets.store import Store
from webui.decision import KEYS

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: apt-get install chromium)"),
]
# fmt: off
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]
# fmt: on
PAGES = (
    "/",
    "/due",
    "/tickets/1",
    "/tickets/2",
    "/tickets/3",
    "/search?q=team",
    "/set-aside",
    "/mail/9",
    "/mail/8",
    "/quarantine",
    "/quarantine/10",
    "/models",
    "/customers/",
    "/customers/1",
    "/customers/1/edit",
    "/customers/1/contact",
    "/customers/import",
    "/disputes",
    "/tickets/99",
)
DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}

LOW_CONTRAST = (Path(__file__).parent / "contrast.js").read_text()


@dataclass
class Desk:
    """Anna's browser, signed in; ``complaints`` are what its console reports (CSP violations, script errors)."""

    page: Any
    address: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    @property
    def path(self) -> str:
        return str(self.page.evaluate("location.pathname"))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def at(self, path: str) -> None:
        """Waits until the address is ``path``, the page is loaded and nothing is under way."""
        self.page.wait_for_function(
            "p => location.pathname === p && !document.body.classList.contains('busy')", arg=path
        )
        self.page.wait_for_load_state()

    def shows(self, selector: str) -> None:
        self.page.wait_for_selector(selector)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the pages answer, served as in production."""
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)

    def serve() -> None:
        with suppress(OSError):  # closing the socket from here ends the loop over there
            server.run()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)


def desk_of(chromium: Any, address: str, app: Flask, *, name: str = "anna", **options: Any) -> Desk:
    """A browser that has Anna's session, or another's; the sign-in page has a test of its own."""
    client = app.test_client()
    sign_in(client, name)
    cookie = client.get_cookie("mailtriage")
    assert cookie is not None
    context = chromium.new_context(**options)
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
    page = context.new_page()
    page.set_default_timeout(10_000)
    desk = Desk(page, address)
    page.on("console", lambda m: desk.complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: desk.complaints.append(str(error)))
    page.on("dialog", lambda dialog: (desk.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    return desk


@pytest.fixture
def desk(chromium: Any, address: str, app: Flask) -> Iterator[Desk]:
    desk = desk_of(chromium, address, app, viewport=DESK)
    yield desk
    desk.page.context.close()
    assert desk.complaints == []


def labels_of(store: Store, number: int) -> dict[str, str]:
    ticket = store.ticket(number)
    assert ticket is not None
    return {label: getattr(ticket, label) for label in LABELS}


def test_a_label_is_corrected_by_a_click(desk: Desk, store: Store) -> None:
    desk.open("/tickets/2")
    desk.page.click("#set-outside")
    desk.shows("#set-outside[aria-pressed=true]")
    assert labels_of(store, 2)["scope"] == "outside"
    assert desk.path == "/tickets/2"


def test_each_label_has_its_keys(desk: Desk, store: Store) -> None:
    desk.open("/tickets/2")
    for value, key in KEYS.items():
        desk.press(key)
        desk.shows(f"#set-{value}[aria-pressed=true]")
        assert value in labels_of(store, 2).values()
    assert len(store.corrections(2)) == len(KEYS) == 12


def test_keys_typed_faster_than_the_server_answers_are_not_lost(desk: Desk, store: Store) -> None:
    queue = [item.number for item in store.review_queue()]
    desk.open(f"/tickets/{queue[0]}?at=0")
    desk.press("2", "p", "r", "Enter")
    desk.at(f"/tickets/{queue[1]}")
    corrected = labels_of(store, queue[0])
    assert (corrected["severity"], corrected["scope"], corrected["issue_type"]) == (
        "SEV2",
        "professional_services",
        "configuration_request",
    )
    assert labels_of(store, queue[1]) == labels_of(store, queue[1]) | {"severity": "SEV2"}
    assert store.corrections(queue[1]) == []


def test_the_topic_is_chosen_and_set_by_keys(desk: Desk, store: Store) -> None:
    desk.open("/tickets/3")
    desk.press("t", "Home", "Enter")
    desk.shows(".notes")
    assert labels_of(store, 3)["topic"] == desk.page.input_value("#topic")
    assert [c.label for c in store.corrections(3)] == ["topic"]


def test_a_day_at_the_desk_by_keys_alone(desk: Desk, store: Store) -> None:
    """Signing in, then Enter starts, confirms and goes on until the queue is empty; z takes the last one back."""
    queue = [item.number for item in store.review_queue()]
    desk.page.context.clear_cookies()
    desk.open("/")
    desk.page.keyboard.type("anna")
    desk.press("Tab")
    desk.page.keyboard.type(seed.PASSWORD)
    desk.press("Enter")
    desk.at("/")
    desk.press("Enter")
    for number, following in pairwise(queue):
        desk.at(f"/tickets/{number}")
        desk.press("Enter")
        desk.at(f"/tickets/{following}")
    desk.press("Enter")
    desk.at("/")
    desk.shows("text=All reviewed")
    assert store.counts()["review"] == 0
    desk.press("z")
    desk.at(f"/tickets/{queue[-1]}")
    assert [item.number for item in store.review_queue()] == [queue[-1]]


def test_z_goes_back_to_the_ticket_it_undoes(desk: Desk, store: Store) -> None:
    queue = [item.number for item in store.review_queue()]
    before = labels_of(store, queue[0])
    desk.open(f"/tickets/{queue[0]}?at=0")
    desk.press("3")
    desk.shows("#set-SEV3[aria-pressed=true]")
    desk.press("z")
    desk.shows("#set-SEV1[aria-pressed=true]")
    assert labels_of(store, queue[0]) == before
    desk.press("Enter")
    desk.at(f"/tickets/{queue[1]}")
    desk.press("z")
    desk.at(f"/tickets/{queue[0]}")
    assert store.corrections(queue[0]) == []


def test_j_k_and_n_go_through_the_queue_without_deciding(desk: Desk, store: Store) -> None:
    queue = [item.number for item in store.review_queue()]
    desk.open(f"/tickets/{queue[0]}?at=0")
    for key, number in (("j", queue[1]), ("n", queue[2]), ("k", queue[1])):
        desk.press(key)
        desk.at(f"/tickets/{number}")
        desk.page.wait_for_load_state()
    desk.press("u")
    desk.at("/")
    assert store.corrections() == []


def test_j_and_k_go_through_the_lines_of_a_list(desk: Desk) -> None:
    desk.open("/")
    desk.press("j", "j", "k")
    assert (
        desk.page.evaluate("document.activeElement.textContent") == "No results in any dashboard since the 08:40 deploy"
    )
    desk.press("j", "Enter")
    desk.at("/tickets/3")


def test_keys_typed_into_a_field_stay_there(desk: Desk, store: Store) -> None:
    desk.open("/tickets/2")
    desk.press("w")
    desk.page.keyboard.type("1 zip of logs")
    assert desk.page.input_value("#why") == "1 zip of logs"
    desk.press("Escape", "1")
    desk.shows("#set-SEV1[aria-pressed=true]")
    assert [(c.label, c.why) for c in store.corrections(2)] == [("severity", "1 zip of logs")]


def test_a_key_held_down_decides_once(desk: Desk, store: Store) -> None:
    queue = [item.number for item in store.review_queue()]
    desk.open(f"/tickets/{queue[0]}?at=0")
    desk.page.keyboard.down("Enter")
    desk.page.keyboard.down("Enter")
    desk.page.keyboard.down("Enter")
    desk.page.keyboard.up("Enter")
    desk.at(f"/tickets/{queue[1]}")
    assert {c.ticket for c in store.corrections()} == {queue[0]}


def test_question_mark_shows_the_keys_and_they_can_be_switched_off(desk: Desk, store: Store) -> None:
    def switch() -> None:
        desk.press("?")
        desk.page.click("dialog[open] [data-keys-on]")
        desk.press("1", "Escape")
        desk.page.wait_for_selector("#keys", state="hidden")

    desk.open("/tickets/2")
    switch()
    desk.press("1", "j")
    assert desk.path == "/tickets/2"
    assert store.corrections(2) == []
    switch()
    desk.press("1")
    desk.shows("#set-SEV1[aria-pressed=true]")


def test_the_back_button_leads_to_the_ticket_before(desk: Desk, store: Store) -> None:
    queue = [item.number for item in store.review_queue()]
    desk.open(f"/tickets/{queue[0]}?at=0")
    desk.press("Enter")
    desk.at(f"/tickets/{queue[1]}")
    desk.page.go_back()
    desk.shows(f"[data-ticket='{queue[0]}']")


def test_a_tab_left_open_is_told_that_the_ticket_changed(chromium: Any, address: str, app: Flask, store: Store) -> None:
    desk = desk_of(chromium, address, app, viewport=DESK)
    desk.open("/tickets/2")
    store.correct(2, {"severity": "SEV2"}, agent="bram")
    desk.press("1")
    desk.shows("text=This ticket has changed meanwhile")
    assert labels_of(store, 2)["severity"] == "SEV2"
    desk.page.click("text=Back to ticket 2")
    desk.shows("#set-SEV2[aria-pressed=true]")
    desk.page.context.close()


def test_when_the_server_is_gone_the_agent_is_told(chromium: Any, address: str, app: Flask, store: Store) -> None:
    desk = desk_of(chromium, address, app, viewport=DESK)
    desk.open("/tickets/2")
    desk.page.context.set_offline(True)
    desk.press("1")
    desk.shows("text=Not saved")
    assert store.corrections(2) == []
    desk.page.context.close()


def test_without_script_labels_are_corrected_and_confirmed_too(
    chromium: Any, address: str, app: Flask, store: Store
) -> None:
    queue = [item.number for item in store.review_queue()]
    desk = desk_of(chromium, address, app, viewport=DESK, java_script_enabled=False)
    desk.open(f"/tickets/{queue[0]}?at=0")
    desk.page.click("#set-SEV2")
    assert desk.page.get_attribute("#set-SEV2", "aria-pressed") == "true"
    desk.page.click(".panel-confirm button")
    assert desk.page.url.startswith(f"{address}/tickets/{queue[1]}")
    desk.page.context.close()


@pytest.mark.parametrize("scripted", [True, False], ids=["script", "no script"])
def test_a_mail_set_aside_is_made_a_ticket_by_a_click(
    chromium: Any, address: str, app: Flask, store: Store, scripted: bool
) -> None:
    [absence] = store.set_aside("thursday")
    desk = desk_of(chromium, address, app, viewport=PHONE, java_script_enabled=scripted)
    desk.open("/set-aside")
    desk.page.click(f"button[aria-label='Mail {absence.id} is a request']")
    stored = store.message(absence.id)
    assert stored is not None
    assert stored.disposition == "ticket"
    assert desk.page.url == f"{address}/tickets/{stored.ticket}"
    assert desk.complaints == []
    desk.page.context.close()


def test_a_quarantined_mail_is_tried_again_by_a_click(desk: Desk, store: Store) -> None:
    [broken] = store.quarantined()
    desk.open("/quarantine")
    desk.page.click("text=winmail")
    desk.at(f"/quarantine/{broken.id}")
    desk.page.click("button:has-text('Try again')")
    stored = store.message(broken.id)
    assert stored is not None
    desk.at(f"/tickets/{stored.ticket}")
    desk.shows("text=Taken from what was quarantined")


PAYLOADS = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    '"><svg onload="document.title=\'owned\'">',
    "'-alert(1)-'",
    "{{ 7*7 }}{% raw %}",
    "javascript:alert(1)",
    "</textarea></title></style><script>alert(1)</script>",
)


def hostile(payload: str) -> seed.Sample:
    """A mail that has the payload in every field."""
    name = payload.replace('"', "'")
    return seed.Sample(
        "penelope",
        f'"{name}" <evil@evil.example>',
        payload,
        f"Hello {payload}\n\n> {payload}\n\n-- \n{payload}\n",
        seed.SAMPLES[2].labels,
        timedelta(hours=2),
        payload,
        {"hosting": payload},
        impact={"kind": ("fault", 0.9, payload)},
        words={"severity": [(payload, 1.0)]},
        ask=(payload,),
        html=f"<html><body>{payload}<p>{payload}</p></body></html>",
        files=((f"{name}.txt", b"x", "text/plain"),),
    )


def test_hostile_mail_is_inert_wherever_it_is_shown(desk: Desk, store: Store, policies: Mapping[str, Policy]) -> None:
    """As subject, sender, text, HTML, attachment name, evidence, reason and customer; on every page that shows it."""
    shown_on: dict[str, tuple[str, ...]] = {"/": PAYLOADS, "/search?q=hello": PAYLOADS, "/quarantine": PAYLOADS}
    for payload in PAYLOADS:
        number = seed.add(store, policies, hostile(payload)).ticket
        seed.aside(store, payload, payload, None, sender="evil@evil.example", quarantine=payload)
        shown_on |= {f"/tickets/{number}": (payload,), f"/quarantine/{store.quarantined()[0].id}": (payload,)}
    for path, payloads in shown_on.items():
        desk.open(path)
        assert desk.page.title() != "owned"
        assert desk.page.locator("script:not([src^='/static/'])").count() == 0
        assert desk.page.locator("main :is(img, textarea, style, [onerror], [onload])").count() == 0
        text = desk.page.inner_text("main")
        assert [payload for payload in payloads if payload not in text] == [], path
        if desk.page.locator("text=HTML version").count():
            desk.page.click("text=HTML version")
            frame = desk.page.frame_locator("iframe")
            frame.locator("body").wait_for(state="attached")
            assert frame.locator("script, [onerror], [onload], img[src]").count() == 0


def test_the_html_version_is_shown_with_its_own_pictures_only(desk: Desk) -> None:
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    desk.open("/tickets/3")
    desk.page.click("text=HTML version")
    frame = desk.page.frame_locator("iframe")
    assert frame.locator("b").inner_text() == "every report"
    assert frame.locator("img").first.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    assert all(url.startswith((desk.address, "data:")) for url in asked)


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["1280", "390"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_fits_and_can_be_read(
    chromium: Any, address: str, app: Flask, store: Store, viewport: dict[str, int], theme: str
) -> None:
    """No sideways scrolling, every text at the contrast of WCAG 2.2 (1.4.3), nothing reported by the browser."""
    seed.add_lead(store)
    desk = desk_of(chromium, address, app, name="lena", viewport=viewport, color_scheme=theme)
    for path in PAGES:
        desk.open(path)
        desk.page.evaluate("document.querySelectorAll('details').forEach(e => { e.open = true })")
        assert desk.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
        assert desk.page.evaluate(LOW_CONTRAST) == [], path
        tabs = desk.page.locator(".bar .nav a").evaluate_all(
            "tabs => tabs.map(tab => tab.getBoundingClientRect().right)"
        )
        assert len(tabs) == 7
        assert max(tabs) <= viewport["width"], path
    desk.page.context.clear_cookies()
    desk.open("/sign-in")
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert desk.page.evaluate(LOW_CONTRAST) == []
    assert [c for c in desk.complaints if "404" not in c] == []
    desk.page.context.close()


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["1280", "390"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_alert_fits_can_be_read_and_hides_nothing(
    chromium: Any, address: str, app: Flask, viewport: dict[str, int], theme: str
) -> None:
    tell(app, ALERT, replace(ALERT, mailbox="a-mailbox-with-a-long-name", says=f"{'x' * 300} {'long words ' * 20}"))
    desk = desk_of(chromium, address, app, viewport=viewport, color_scheme=theme)
    for path in ("/", "/tickets/1"):
        desk.open(path)
        assert desk.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
        assert desk.page.evaluate(LOW_CONTRAST) == [], path
        over, main = (
            desk.page.locator(part).evaluate("e => e.getBoundingClientRect().toJSON()") for part in (".alerts", "main")
        )
        assert over["bottom"] <= main["top"]
        assert desk.page.get_by_role("alert").is_visible()
    assert desk.complaints == []
    desk.page.context.close()


def test_on_a_phone_the_decision_is_at_hand(chromium: Any, address: str, app: Flask, store: Store) -> None:
    queue = [item.number for item in store.review_queue()]
    desk = desk_of(chromium, address, app, viewport=PHONE, has_touch=True)
    desk.open(f"/tickets/{queue[0]}?at=0")
    desk.page.tap(".thumb-bar a")
    assert desk.page.locator("#set-SEV2").evaluate("e => e.getBoundingClientRect().top < innerHeight")
    desk.page.tap(".thumb-bar button")
    desk.at(f"/tickets/{queue[1]}")
    desk.page.context.close()


def folded_mail(store: Store, policies: Mapping[str, Policy]) -> int:
    """The number of a ticket whose mail quotes another."""
    body = "No test run is stored.\n\nOn 2 Feb 2026, at 10:00, Bo wrote:\n> Since when?\n> Which team?\n\nSince nine."
    number = seed.add(store, policies, replace(seed.SAMPLES[0], subject="Re: runs", body=body)).ticket
    assert number is not None
    return number


def test_folded_text_is_named_and_opened_by_the_keyboard(
    desk: Desk, store: Store, policies: Mapping[str, Policy]
) -> None:
    number = folded_mail(store, policies)
    desk.open(f"/tickets/{number}")
    quotation = desk.page.get_by_text("Since when?")
    assert not quotation.is_visible()
    assert desk.page.get_by_text("Since nine.").is_visible()
    desk.page.locator("details.of-quotation summary").focus()
    assert desk.page.evaluate("document.activeElement.innerText") == "Quoted text, 3 lines"
    desk.press("Enter")
    quotation.wait_for(state="visible")
    assert desk.path == f"/tickets/{number}"
    assert store.corrections(number) == []


def test_folded_text_is_opened_without_script(
    chromium: Any, address: str, app: Flask, store: Store, policies: Mapping[str, Policy]
) -> None:
    desk = desk_of(chromium, address, app, viewport=PHONE, java_script_enabled=False)
    desk.open(f"/tickets/{folded_mail(store, policies)}")
    desk.page.click("text=Quoted text, 3 lines")
    desk.page.get_by_text("Since when?").wait_for(state="visible")
    desk.page.context.close()


def test_by_tab_alone_everything_is_reached_and_the_focus_is_seen(desk: Desk) -> None:
    desk.open("/tickets/2")
    reached = []
    for _ in range(60):
        desk.press("Tab")
        name, outlined = desk.page.evaluate(
            "() => { const e = document.activeElement;"
            " return [e.id || e.textContent.trim().slice(0, 30), getComputedStyle(e).outlineStyle !== 'none'] }"
        )
        if name in reached or desk.page.evaluate("document.activeElement === document.body"):
            break
        reached.append(name)
        assert outlined, name
    assert reached[0] == "Skip to the content"
    assert {"set-SEV1", "set-included", "set-bug", "topic", "set-topic", "why"} <= set(reached)
