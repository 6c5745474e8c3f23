"""What a vague mail leaves out, on the ticket's page: the questions, the draft, and the mail that begins with it."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from classifier.registry import Registry
from intake.ticket_reference import TicketReferences
from policies.policy import Policy
from policies.reply_draft import reply_draft
from tests.webui.conftest import Agent, sign_in
from tests.webui.seed import NOW, SAMPLES, Sample, add
from tickets.rows import Ticket
from tickets.store import Store
from webui.app import create_app
from webui.reply_by_mail import LONGEST_BODY, Answering

REFERENCES = TicketReferences(b"the key of these tests")
ANSWERING = Answering(REFERENCES, lambda policy, ticket: None)
VAGUE = Sample(
    "atollon",
    '"<b>Nikol</b>" <nikol@cafe.example>',
    "hello",
    "hello it doesn't work. Nikol",
    [("SEV3", 0.7), ("included", 0.8), ("advice", 0.6), ("undescribed_problem", 0.7)],
    timedelta(minutes=5),
    impact={
        "kind": ("fault", 0.9, None),
        "function": ("unknown", 0.8, None),
        "affected": ("unknown", 0.9, None),
        "environment": ("unknown", 0.9, None),
        "state": ("ongoing", 0.9, None),
    },
)
WHAT = "What exactly did you do, step by step"


def ticket_of(store: Store, policies: Mapping[str, Policy], language: str = "en") -> Ticket:
    sample = replace(VAGUE, language=language)
    ticket = store.ticket(add(store, policies, sample).ticket or 0)
    assert ticket is not None
    return ticket


@pytest.fixture
def answering_agent(store: Store, policies: Mapping[str, Policy], registry: Registry) -> Agent:
    app = create_app(store, policies, registry, secret_key=b"tests", clock=lambda: NOW, answering=ANSWERING)
    client = app.test_client()
    assert sign_in(client).status_code == 302
    return Agent(client)


def test_the_page_of_a_vague_mail_lists_what_is_missing_and_drafts_the_reply(
    agent: Agent, store: Store, policies: Mapping[str, Policy]
) -> None:
    page = agent.page(f"/tickets/{ticket_of(store, policies).number}")
    assert "What the mail leaves out" in page
    assert page.count(WHAT) == 2
    assert "we still need to know:" in page
    assert "anna\nAtollon support" in page
    assert "Reply with these questions" not in page


def test_the_senders_name_is_shown_as_text(agent: Agent, store: Store, policies: Mapping[str, Policy]) -> None:
    page = agent.page(f"/tickets/{ticket_of(store, policies).number}")
    assert "Dear &lt;b&gt;Nikol&lt;/b&gt;," in page
    assert "<b>Nikol" not in page


def test_a_dutch_mail_has_english_questions_for_the_agent_and_a_dutch_draft(
    agent: Agent, store: Store, policies: Mapping[str, Policy]
) -> None:
    page = agent.page(f"/tickets/{ticket_of(store, policies, 'nl').number}")
    assert page.count(WHAT) == 1
    assert "Wat hebt u precies gedaan" in page
    assert "Met vriendelijke groet," in page


def test_the_link_begins_the_mail_with_the_draft(
    answering_agent: Agent, store: Store, policies: Mapping[str, Policy]
) -> None:
    ticket = ticket_of(store, policies)
    page = answering_agent.page(f"/tickets/{ticket.number}")
    found = re.search(r'href="(mailto:[^"]+)">Reply with these questions', page)
    assert found is not None
    parts = urlsplit(html.unescape(found[1]))
    [body] = parse_qs(parts.query)["body"]
    draft = reply_draft(
        ticket.terms.questions, sender_name=ticket.sender_name, language="en", sign="anna\nAtollon support"
    )
    assert body.split("\r\n") == draft.splitlines()
    [plain] = re.findall(r'href="(mailto:[^"]+)">Reply by mail', page)
    assert "body=" not in plain


def test_a_clear_ticket_and_a_closed_one_have_no_draft(
    agent: Agent, store: Store, policies: Mapping[str, Policy], numbers: dict[str, int]
) -> None:
    vague = ticket_of(store, policies).number
    store.set_state(vague, "closed", actor="anna")
    for number in (vague, numbers[SAMPLES[0].subject]):
        assert "What the mail leaves out" not in agent.page(f"/tickets/{number}")


def test_a_text_too_long_for_a_link_is_left_out(store: Store, policies: Mapping[str, Policy]) -> None:
    ticket = ticket_of(store, policies)
    short, long = (ANSWERING.link(ticket, [], "x" * length) for length in (LONGEST_BODY, LONGEST_BODY + 1))
    assert short is not None
    assert long is not None
    assert "body=" in short
    assert "body=" not in long


def test_what_stands_in_a_draft_cannot_add_fields_to_the_link(store: Store, policies: Mapping[str, Policy]) -> None:
    link = ANSWERING.link(ticket_of(store, policies), [], "Hello?&bcc=eve@evil.example\r\nBcc: eve@evil.example#x")
    assert link is not None
    found = parse_qs(urlsplit(link).query)
    assert set(found) == {"subject", "body"}
    assert found["body"] == ["Hello?&bcc=eve@evil.example\r\nBcc: eve@evil.example#x"]
