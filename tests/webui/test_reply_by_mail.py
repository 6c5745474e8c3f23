"""The link that answers by mail, and tickets that go on with each other."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from intake.ticket_reference import TicketReferences
from policies.policy import Policy
from tests.webui.conftest import Agent
from tests.webui.seed import SAMPLES, Sample, recording_of
from tickets.rows import StoredMessage, Ticket
from tickets.store import Store
from webui.reply_by_mail import Answering

REFERENCES = TicketReferences(b"the key of these tests")
ANSWERING = Answering(REFERENCES, lambda policy, ticket: REFERENCES.address(ticket, f"{policy}@vendor.example"))


@pytest.fixture
def ticket(store: Store, numbers: dict[str, int]) -> Ticket:
    found = store.ticket(numbers[SAMPLES[2].subject])
    assert found is not None
    return found


@pytest.fixture
def messages(store: Store, ticket: Ticket) -> list[StoredMessage]:
    return store.messages_of(ticket.number)


def fields(link: str | None) -> dict[str, str]:
    assert link is not None
    parts = urlsplit(link)
    return {"to": unquote(parts.path), **{name: value for name, [value] in parse_qs(parts.query).items()}}


def test_the_link_names_customer_subject_copy_and_the_mail_answered(
    ticket: Ticket, messages: list[StoredMessage]
) -> None:
    assert fields(ANSWERING.link(ticket, messages)) == {
        "to": ticket.sender_address,
        "subject": f"Re: {ticket.subject} {REFERENCES.subject_tag(ticket.number)}",
        "cc": REFERENCES.address(ticket.number, "penelope@vendor.example"),
        "in-reply-to": "<reply@seed.example>",
    }


def test_without_an_address_of_ours_there_is_no_copy(ticket: Ticket) -> None:
    answering = Answering(REFERENCES, lambda policy, ticket: None)
    assert "cc" not in fields(answering.link(ticket, []))


def test_the_subject_says_re_and_the_tag_once(ticket: Ticket) -> None:
    tag = REFERENCES.subject_tag(ticket.number)
    asked = replace(ticket, subject=f"RE: Aw: Slow {tag}")
    assert fields(ANSWERING.link(asked, []))["subject"] == f"Re: Slow {tag}"


@pytest.mark.parametrize("subject", ["Software: crash", "Feature: a new field", "Core : slow", "Fire"])
def test_a_subject_that_merely_holds_re_stays_whole(ticket: Ticket, subject: str) -> None:
    tag = REFERENCES.subject_tag(ticket.number)
    assert fields(ANSWERING.link(replace(ticket, subject=subject), []))["subject"] == f"Re: {subject} {tag}"


def test_what_a_stranger_wrote_cannot_add_fields_to_the_link(ticket: Ticket, messages: list[StoredMessage]) -> None:
    hostile = replace(ticket, subject="Hi?&bcc=eve@evil.example\r\nBcc: eve@evil.example#x")
    answered = [replace(messages[0], message_id="a>&bcc=eve@evil.example\r\nBcc: eve@evil.example")]
    found = fields(ANSWERING.link(hostile, answered))
    assert not any(end in value for value in found.values() for end in "\r\n")
    assert set(found) == {"to", "subject", "cc", "in-reply-to"}
    assert found["to"] == ticket.sender_address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b@c",
        "a b@x.example",
        "a@x.example,eve@evil.example",
        "a@x.example\nBcc: e@e",
        f"{'a' * 65}@x",
        "<a@x>",
    ],
)
def test_an_address_that_cannot_stand_in_a_link_has_none(ticket: Ticket, address: str) -> None:
    assert ANSWERING.link(replace(ticket, sender_address=address), []) is None


def test_signs_in_an_address_are_kept_as_they_are(ticket: Ticket) -> None:
    odd = replace(ticket, sender_address="a+b?subject=x&c%40d@x.example")
    assert fields(ANSWERING.link(odd, []))["to"] == odd.sender_address


def test_the_page_shows_link_and_tag(agent: Agent, ticket: Ticket) -> None:
    path = f"/tickets/{ticket.number}"
    assert "mailto:" not in agent.page(path)
    extensions = agent.client.application.extensions
    extensions["mailtriage"] = replace(extensions["mailtriage"], answering=ANSWERING)
    page = agent.page(path)
    link = re.search(r'href="(mailto:[^"]+)"', page)
    assert link and fields(html.unescape(link[1]))["to"] == ticket.sender_address
    assert f"<code>{REFERENCES.subject_tag(ticket.number)}</code>" in page


def test_tickets_that_go_on_with_each_other_link_to_each_other(
    agent: Agent, store: Store, ticket: Ticket, policies: dict[str, Policy]
) -> None:
    store.set_state(ticket.number, "closed", actor="anna")
    again = replace(SAMPLES[2], subject=f"Re: {ticket.subject}", body="It is slow once more.\n")
    number = follow_up(store, policies, again, ticket.conversation)
    old, new = agent.page(f"/tickets/{ticket.number}"), agent.page(f"/tickets/{number}")
    assert f'Followed up by <a href="/tickets/{number}">#{number}</a>' in old
    assert f"ticket {number} goes on with it" in old
    assert f'Goes on with <a href="/tickets/{ticket.number}">#{ticket.number}</a>' in new
    refused = agent.post(f"/tickets/{ticket.number}/reopen", seen_on=f"/tickets/{ticket.number}")
    assert refused.status_code == 400
    assert f"Ticket {ticket.number} stays closed while ticket {number} of the same conversation is open" in refused.text


def follow_up(store: Store, policies: dict[str, Policy], sample: Sample, conversation: str) -> int:
    written = recording_of(
        store, sample, policies["penelope"], message_id="again@seed.example", conversation=conversation
    )
    number = store.record([written])[0].ticket
    assert number is not None
    return number


def test_another_tickets_tag_in_the_subject_does_not_come_back(ticket: Ticket) -> None:
    """A stranger may have copied it: the answer must not lead into that ticket."""
    asked = replace(ticket, subject=f"Re: hello {REFERENCES.subject_tag(4711)}")
    assert fields(ANSWERING.link(asked, []))["subject"] == f"Re: hello {REFERENCES.subject_tag(ticket.number)}"
