"""The spans of a text: in order, apart, within it, and nothing lost between them and the new text."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.message import parse
from intake.new_text.reply import Split, split

LINES = st.sampled_from(
    [
        "",
        " ",
        "The server is down.",
        "Hello,",
        "FYI",
        "> quoted",
        "> quoted in as many words as a sentence has",
        "> > deeper",
        ">",
        "-- ",
        "--",
        "____________________",
        "Ann Lee",
        "Regards,",
        "Sent from my iPhone",
        "On Mon, 2 Feb 2026 at 10:00, Bo <bo@example.com> wrote:",
        "Op ma 2 feb. 2026 om 10:00 schreef Bo <bo@example.com>:",
        "From: Bo <bo@example.com>",
        "Sent: Monday, 2 February 2026 10:00",
        "To: Ann",
        "Subject: Login",
        "-----Original Message-----",
        "---------- Forwarded message ---------",
        "> Begin forwarded message:",
        "Begin forwarded message:",
        "This e-mail is confidential and intended solely for the addressee. Delete it if received in error.",
        "\ufeffbom",
        "a\x0bb\x0cc\u2028d",
        "：",
        ":",
    ]
)
SUBJECTS = st.sampled_from(["", "Login", "Re: Login", "Fwd: Login", "Doorst: Login"])


def check(text: str, parts: Split) -> None:
    at = 0
    left = []
    for span in parts.spans:
        assert at <= span.start < span.end <= len(text)
        assert text[span.start : span.end].strip()
        left.append(text[at : span.start])
        at = span.end
    left.append(text[at:])
    kept = _without_lines(" ".join(left).replace("\ufeff", "").split())
    new = _without_lines(parts.new_text.split())
    assert new[: len(kept)] == kept
    if "forwarded" not in [span.kind for span in parts.spans]:
        assert new == kept


def _without_lines(words: list[str]) -> list[str]:
    """Without what is drawn: a line of dashes at the end of a text says nothing."""
    return [word for word in words if word.strip("-_*=#~+—–ᐧ")]


@given(st.lists(LINES, max_size=25), SUBJECTS, st.booleans(), st.sampled_from(["", "Ann Lee ann@example.com"]))
@settings(deadline=None, max_examples=300)
def test_spans_and_new_text_make_up_the_text(lines: list[str], subject: str, is_reply: bool, sender: str) -> None:
    text = "\n".join(lines)
    check(text, split(text, subject, is_reply=is_reply, sender=sender))


@given(st.text(max_size=300), SUBJECTS, st.booleans())
@settings(deadline=None)
def test_spans_are_right_for_any_text(text: str, subject: str, is_reply: bool) -> None:
    check(text, split(text, subject, is_reply=is_reply, sender=text[:40]))


@pytest.mark.parametrize(
    "text",
    [
        "> " * 50_000,
        "a" * 500_000,
        "\n" * 200_000,
        ":\n" * 30_000,
        ("x" * 900 + ":\n") * 300,
        "On 2 Feb 2026 10:00 Bo wrote\n" * 20_000,
        "From: a@b.c\n" * 20_000,
        ("-" * 900 + "\n") * 500,
        "Regards,\n" * 10_000,
        "confidential intended recipient " * 3_000,
        ("<a@b.c> wrote " * 60 + ":\n") * 50,
        "a@" * 40_000,
        ">>> x\n" * 20_000,
        "My answers below\n" + "From: Bo <b@c.d>\nSent: Monday\nTo: x\nSubject: y\n\ntext\n" * 3_000 + "Ann Lee",
        "x\n" + "From: Bo <b@c.d>\nSent: Monday\nTo: x\nSubject: y\n\ntext\n" * 3_000 + "Ann Lee",
        ("disclosure copying intended confidential " * 140 + "\n\n") * 20,
        ("Ann " + "x" * 80 + "\n") * 20_000,
    ],
    ids=lambda text: repr(text[:20]),
)
def test_hostile_texts_are_split_too(text: str) -> None:
    check(text, split(text, "Re: x", is_reply=True, sender="Ann Lee " + "a" * 5_000))


def test_spans_are_those_of_the_message_text() -> None:
    message = parse(b"From: Ann <a@b.c>\nSubject: Re: x\nIn-Reply-To: <a@b>\n\nYes.\r\n\r\n> Down?\r\n")
    assert [(span.kind, message.text[span.start : span.end]) for span in message.spans] == [("quotation", "> Down?")]


def test_spans_of_other_projects_mail_are_right(shared_mail: Path) -> None:
    for folder in ("reply-trimmer/emails", "forwarded", "signatures/P", "talon"):
        for path in sorted((shared_mail / folder).rglob("*")):
            if path.is_file():
                message = parse(path.read_bytes())
                text = path.read_text("utf-8", "replace")
                check(text, split(text))
                check(message.text, split(message.text, message.subject, is_reply=True, sender="Bert Meyers"))
