"""What the pages show of a mail's text: the new in full, the rest folded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from intake.message import parse
from policies.policy import Policy
from tests.webui import seed
from tests.webui.conftest import Agent
from tickets.rows import StoredMessage
from tickets.store import Store
from webui.highlight import LONGEST_TEXT, Phrase
from webui.spans import pieces

NOTICE = "This e-mail is confidential and intended solely for the addressee. If received in error, delete it."
MAIL = f"""From: Ann Lee <ann@river.example>
Subject: {{subject}}
In-Reply-To: <a@b>

The server is down <b>again</b>.

Regards,
Ann

{NOTICE}

On Mon, 2 Feb 2026 at 10:00, Bo <bo@example.com> wrote:
> Is it down?
> The server I mean.
"""
FORWARD = """The server of Bo, please help.

---------- Forwarded message ---------
From: Bo <bo@example.com>
Date: Mon, 2 Feb 2026
Subject: Down
To: Ann <ann@river.example>

The server is down.
"""


@pytest.fixture
def stored(store: Store) -> StoredMessage:
    """Any recorded mail, to be given another text."""
    return store.messages_of(1)[0]


def with_text(stored: StoredMessage, raw: str) -> StoredMessage:
    message = parse(raw.encode())
    return replace(
        stored,
        text=message.text,
        new_text=message.new_text,
        quoted=message.quoted,
        signature=message.signature,
        spans=message.spans,
        forwarded=message.forwarded,
    )


def test_each_part_is_named_with_its_size_in_the_order_of_the_text(stored: StoredMessage) -> None:
    shown = pieces(with_text(stored, MAIL.format(subject="Re: Down")), ())
    assert [(piece.kind, piece.title) for piece in shown] == [
        (None, ""),
        ("signature", "Signature, 2 lines"),
        ("disclaimer", "Disclaimer, 1 line"),
        ("quotation", "Quoted text, 3 lines"),
    ]
    assert not any(piece.open for piece in shown)


def test_words_are_marked_where_they_are_new_and_not_where_they_are_quoted(stored: StoredMessage) -> None:
    shown = pieces(with_text(stored, MAIL.format(subject="Re: Down")), [Phrase("server", "impact", "")])
    marked = [piece.kind for piece in shown for segment in piece.segments if segment.kind == "impact"]
    assert marked == [None]


def test_a_forwarded_mail_is_open_marked_and_says_what_it_claims(stored: StoredMessage) -> None:
    message = with_text(stored, f"From: Ann <ann@river.example>\nSubject: Fwd: Down\n\n{FORWARD}")
    new, forwarded = pieces(message, [Phrase("is down", "impact", "")])
    assert (new.kind, forwarded.kind, forwarded.open) == (None, "forwarded", True)
    assert forwarded.title == (
        "Forwarded, 7 lines; claims to be from Bo <bo@example.com>, subject \u201cDown\u201d, date Mon, 2 Feb 2026"
    )
    assert any(segment.kind == "impact" for segment in forwarded.segments)


def test_mail_recorded_without_spans_is_shown_by_its_parts(stored: StoredMessage) -> None:
    old = replace(with_text(stored, MAIL.format(subject="Re: Down")), spans=(), forwarded=None)
    assert [piece.kind for piece in pieces(old, ())] == [None, "signature", "quotation"]


def test_a_mail_without_text_has_no_pieces(stored: StoredMessage) -> None:
    assert pieces(with_text(stored, "Subject: empty\n\n"), ()) == []


def test_a_very_long_text_is_cut(stored: StoredMessage) -> None:
    message = with_text(stored, "Subject: Re: x\nIn-Reply-To: <a@b>\n\nYes\n\n" + "> long\n" * LONGEST_TEXT)
    assert sum(len(segment.text) for piece in pieces(message, ()) for segment in piece.segments) <= LONGEST_TEXT


def test_the_page_folds_them_in_place_and_escapes_all(
    agent: Agent, store: Store, policies: Mapping[str, Policy]
) -> None:
    body = FORWARD.replace("Down", "<i>Down</i>").replace("please help", "<u>please</u> help")
    sample = replace(seed.SAMPLES[0], subject="Fwd: <i>Down</i>", body=body, ago=timedelta(hours=1))
    page = agent.page(f"/tickets/{seed.add(store, policies, sample).ticket}")
    assert "&lt;u&gt;please&lt;/u&gt; help" in page
    assert "<i>" not in page and "<u>" not in page
    assert "claims to be from Bo &lt;bo@example.com&gt;" in page
    assert page.index("please&lt;/u&gt; help") < page.index("<summary><bdi>Forwarded, 7 lines") < page.index("To: Ann")


def test_what_a_forward_claims_is_kept_with_the_mail(store: Store, policies: Mapping[str, Policy]) -> None:
    sample = replace(seed.SAMPLES[0], subject="Fwd: Down", body=FORWARD, ago=timedelta(hours=1))
    ticket = seed.add(store, policies, sample).ticket
    assert ticket is not None
    claims = store.messages_of(ticket)[0].forwarded
    assert claims is not None and claims.sender is not None
    assert (claims.sender.address, claims.subject, claims.date) == ("bo@example.com", "Down", "Mon, 2 Feb 2026")
