"""The pages of what is in quarantine and of what was set aside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from policies.policy import Policy
from tests.webui import seed
from tests.webui.conftest import Agent, sign_in
from tickets.recording import Fault
from tickets.store import Store
from webui.source import SHOWN_BYTES, beginning

LINKS = re.compile(r'class="row-link"[^>]*><bdi>([^<]*)</bdi>')
NOTE = re.compile(r'<div class="notes" role="status">\s*<p>([^<]*)</p>')


def held(store: Store, subject: str) -> int:
    """The id of a seeded mail that is in quarantine or set aside."""
    return next(mail.id for mail in (*store.quarantined(), *store.set_aside()) if mail.subject == subject)


@pytest.fixture
def broken(store: Store) -> int:
    return held(store, "winmail")


@pytest.fixture
def absence(store: Store) -> int:
    return held(store, "Automatic reply: your ticket")


def test_the_quarantine_says_what_failed_where_and_under_which_version(agent: Agent) -> None:
    page = agent.page("/quarantine")
    assert LINKS.findall(page) == ["winmail"]
    for told in ("Assessing", "<code>mailtriage doctor</code>", "program 0.0.9", "Old Client", "Penelope"):
        assert told in page


def test_a_quarantined_mail_shows_its_source_as_text(agent: Agent, broken: int, store: Store) -> None:
    page = agent.page(f"/quarantine/{broken}")
    assert "Subject: winmail" in page
    assert "From: Old Client &lt;old@client.example&gt;" in page
    assert f'href="/mail/{broken}/raw"' in page
    assert agent.get(f"/mail/{broken}").headers["Location"] == f"/quarantine/{broken}"


def test_of_a_long_mail_the_beginning_is_shown_and_the_faults(agent: Agent, store: Store) -> None:
    done = seed.aside(store, "long", "x" * 60_000 + "THE END", None, quarantine="No.")
    page = agent.page(f"/quarantine/{done.message}")
    assert "The first 20 kB are shown." in page
    assert "THE END" not in page


def test_a_mail_tried_again_leads_to_its_ticket(agent: Agent, broken: int, store: Store) -> None:
    response = agent.post(f"/quarantine/{broken}/retry", seen_on="/quarantine")
    stored = store.message(broken)
    assert stored is not None
    assert stored.disposition == "ticket"
    assert response.headers["Location"] == f"/tickets/{stored.ticket}"
    page = agent.page(f"/tickets/{stored.ticket}")
    assert "Taken from what was quarantined" in page
    assert NOTE.search(page)
    assert "Nothing is in quarantine" in agent.page("/quarantine")


def test_a_mail_that_fails_again_stays_and_says_why(agent: Agent, store: Store) -> None:
    done = seed.aside(store, "hopeless", "??", None, quarantine="No.")
    response = agent.post(f"/quarantine/{done.message}/retry", seen_on="/quarantine")
    assert response.headers["Location"] == f"/quarantine/{done.message}"
    page = agent.page(f"/quarantine/{done.message}")
    assert "failed again and stays" in page
    assert "no better this time" in page


def test_all_are_tried_again_at_once(agent: Agent, store: Store) -> None:
    seed.aside(store, "hopeless", "??", None, quarantine="No.")
    response = agent.post("/quarantine/retry", seen_on="/quarantine")
    assert response.headers["Location"] == "/quarantine"
    page = agent.page("/quarantine")
    assert "2 tried again: 1 left the quarantine, 1 stay." in page
    assert LINKS.findall(page) == ["hopeless"]


def test_what_somebody_decided_already_is_said_and_not_done_twice(agent: Agent, broken: int, store: Store) -> None:
    agent.page("/quarantine")
    first = agent.post(f"/quarantine/{broken}/retry", seen_on="/quarantine")
    assert first.status_code == 302
    again = agent.post(f"/quarantine/{broken}/retry", seen_on="/set-aside")
    assert again.status_code == 409
    assert "Somebody decided already" in again.text
    assert sum(mail.id == broken for mail in store.messages_of(store.message(broken).ticket or 0)) == 1  # type: ignore[union-attr]


def test_a_mail_set_aside_becomes_a_ticket_by_one_click(agent: Agent, absence: int, store: Store) -> None:
    page = agent.page("/set-aside")
    assert f'action="/set-aside/{absence}/accept"' in page
    response = agent.post(f"/set-aside/{absence}/accept", seen_on="/set-aside")
    stored = store.message(absence)
    assert stored is not None
    assert response.headers["Location"] == f"/tickets/{stored.ticket}"
    assert "Automatic reply" not in "".join(LINKS.findall(agent.page("/set-aside")))
    [event] = [event for event in store.events(stored.ticket) if event.kind == "message_reconsidered"]
    assert event.actor == "anna"


def test_the_note_on_a_mail_taken_does_not_offer_to_undo_another_decision(agent: Agent, absence: int) -> None:
    agent.post("/tickets/1/correct", seen_on="/tickets/1", change="severity:SEV2")
    response = agent.post(f"/set-aside/{absence}/accept", seen_on="/set-aside")
    page = agent.page(response.headers["Location"])
    assert "now ticket" in page
    assert "/tickets/1/undo" not in page


def test_a_mail_set_aside_can_be_taken_from_its_own_page(agent: Agent, absence: int) -> None:
    assert f'action="/set-aside/{absence}/accept"' in agent.page(f"/mail/{absence}")


def test_two_agents_who_click_at_once_make_one_ticket(agent: Agent, absence: int, store: Store) -> None:
    before = store.counts()["ticket"]
    assert agent.post(f"/set-aside/{absence}/accept", seen_on="/set-aside").status_code == 302
    late = agent.post(f"/set-aside/{absence}/accept", seen_on="/quarantine")
    assert late.status_code == 409
    assert "somebody decided already" in late.text
    assert store.counts()["ticket"] == before + 1


def test_what_was_set_aside_is_shown_by_kind(agent: Agent) -> None:
    page = agent.page("/set-aside?kind=bounce")
    assert LINKS.findall(page) == ["Undelivered Mail Returned to Sender"]
    assert re.search(r'kind=bounce" aria-current="true">Bounce 1<', page)
    assert len(LINKS.findall(agent.page("/set-aside?kind=nonsense"))) == 2


def test_what_was_set_aside_is_found_by_sender_subject_and_text(agent: Agent) -> None:
    for words in ("harbourcare", "AUTOMATIC", "thursday"):
        assert LINKS.findall(agent.page(f"/set-aside?q={words}")) == ["Automatic reply: your ticket"]
    assert "No mail matches" in agent.page("/set-aside?q=zebra")
    assert "No mail matches" in agent.page("/set-aside?q=thursday&kind=bounce")


@pytest.mark.parametrize("query", ['"', "NEAR(", "a OR", "*", "'; DROP TABLE ticket;--", "\x00", "x" * 3000])
def test_any_text_is_a_legal_search(agent: Agent, query: str) -> None:
    assert agent.client.get("/set-aside", query_string={"q": query}).status_code == 200


def test_duplicates_are_listed_and_cannot_be_accepted(
    agent: Agent, store: Store, policies: Mapping[str, Policy]
) -> None:
    from intake.cursor import Delivery

    sample = replace(seed.SAMPLES[0], ago=timedelta(hours=1))
    recording = seed.recording_of(store, sample, policies["perfana"], message_id="twice@seed.example")
    store.record([recording])
    [copy] = store.record([replace(recording, delivery=Delivery("sales", "INBOX", 1, 1))])
    page = agent.page("/set-aside?kind=duplicate")
    assert "same mail as message" in page
    assert f"/set-aside/{copy.message}/accept" not in page
    assert agent.post(f"/set-aside/{copy.message}/accept", seen_on="/set-aside").status_code == 409


@pytest.mark.parametrize("path", ["/quarantine/999", "/quarantine/99999999999999999999"])
def test_an_unknown_mail_is_not_found(agent: Agent, path: str) -> None:
    assert agent.get(path).status_code == 404
    assert agent.post(f"{path}/retry", seen_on="/quarantine").status_code == 404


def test_a_mail_that_is_no_longer_there_is_shown_where_it_is(agent: Agent, absence: int) -> None:
    assert agent.get(f"/quarantine/{absence}").headers["Location"] == f"/mail/{absence}"


def test_nothing_is_done_without_the_forms_token(agent: Agent, broken: int, absence: int, store: Store) -> None:
    for path in (f"/quarantine/{broken}/retry", "/quarantine/retry", f"/set-aside/{absence}/accept"):
        assert agent.client.post(path).status_code == 400
        assert agent.get(path).status_code in (404, 405)
    assert store.counts()["quarantined"] == 1


def test_nothing_is_shown_or_done_without_a_session(stranger: FlaskClient, broken: int) -> None:
    for path in ("/quarantine", f"/quarantine/{broken}", "/set-aside"):
        assert "/sign-in" in stranger.get(path).headers["Location"]


def test_the_navigation_counts_what_waits(agent: Agent) -> None:
    page = agent.page("/")
    assert re.search(r'href="/quarantine">Quarantine <span class="count">1</span>', page)
    assert re.search(r'href="/set-aside">Set aside <span class="count">2</span>', page)


def test_a_program_that_only_shows_mail_offers_no_buttons(app: Flask, broken: int) -> None:
    room = app.extensions["mailtriage"]
    app.extensions["mailtriage"] = replace(room, second_look=None)
    client = app.test_client()
    sign_in(client)
    agent = Agent(client)
    for path in ("/quarantine", f"/quarantine/{broken}", "/set-aside"):
        assert "Try again" not in agent.page(path)
        assert "It is a request" not in agent.page(path)
    refused = agent.post(f"/quarantine/{broken}/retry", seen_on="/quarantine")
    assert refused.status_code == 400
    assert "shows mail only" in refused.text


def test_a_mail_of_which_the_header_alone_is_kept_says_so(agent: Agent, store: Store) -> None:
    done = seed.aside(store, "huge", "x", None, quarantine=Fault("fetching", "too large: 60 MB"))
    page = agent.page(f"/quarantine/{done.message}")
    assert "the header alone" in page
    assert "Fetches the whole mail from its mailbox first." in page
    agent.post("/quarantine/retry", seen_on="/quarantine")
    assert [mail.id for mail in store.quarantined()] == [done.message]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"Subject: a\r\n\r\nb\tc\n", "Subject: a\n\nb\tc\n"),
        (b"caf\xe9 \xc3\xa9", "caf\\xe9 é"),
        (b"\x00\x1b[31m\rx", "\\x00\\x1b[31m\\rx"),
        ("a\u202eb\u200bc\u2028d\U000e0041".encode(), "a\\u202eb\\u200bc\\u2028d\\U000e0041"),
        (b"", ""),
    ],
)
def test_the_source_hides_nothing(raw: bytes, shown: str) -> None:
    assert beginning(raw) == shown


def test_the_source_is_cut() -> None:
    assert len(beginning(b"a" * 100_000)) == SHOWN_BYTES
