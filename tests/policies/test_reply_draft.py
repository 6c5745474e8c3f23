"""The reply that asks for what a mail leaves out."""

from __future__ import annotations

import re

import pytest

from policies.loader import load_shipped, shipped
from policies.reply_draft import PHRASES, reply_draft
from policies.terms import Question

WHO = Question("who", {"en": "Who is affected?", "nl": "Wie heeft er last van?"})
WHERE = Question("where", {"en": "Is it the live system?", "nl": "Is het de productie?"})


def test_a_draft_greets_numbers_the_questions_and_closes() -> None:
    assert reply_draft([WHO, WHERE], sender_name="Anna Novak", language="en", sign="Jo\nPenelope support") == (
        "Dear Anna Novak,\n\n"
        "Thank you for your mail. To look into it, we still need to know:\n\n"
        "1. Who is affected?\n"
        "2. Is it the live system?\n\n"
        "The more exactly you can tell us, the sooner the cause is found. Please just answer this mail.\n\n"
        "Kind regards,\nJo\nPenelope support\n"
    )


def test_one_question_has_no_number() -> None:
    draft = reply_draft([WHO], sender_name="Anna", language="en", sign="Support")
    assert "one thing:\n\nWho is affected?\n\n" in draft


def test_a_dutch_mail_is_answered_in_dutch() -> None:
    draft = reply_draft([WHO, WHERE], sender_name="Piet", language="nl-NL", sign="Support")
    assert draft.startswith("Beste Piet,\n\nDank voor uw bericht.")
    assert "1. Wie heeft er last van?\n2. Is het de productie?" in draft
    assert draft.endswith("Met vriendelijke groet,\nSupport\n")


@pytest.mark.parametrize("language", ["de", "", None, "x-odd"])
def test_every_other_language_is_answered_in_english_as_a_whole(language: str | None) -> None:
    german = Question("who", {"en": "Who is affected?", "de": "Wer ist betroffen?"})
    draft = reply_draft([german], sender_name=None, language=language, sign="Support")
    assert draft.startswith("Hello,\n")
    assert "Who is affected?" in draft


def test_nothing_is_written_where_nothing_is_missing() -> None:
    assert reply_draft([], sender_name="Anna", language="en", sign="Support") == ""


@pytest.mark.parametrize(
    ("name", "greeting"),
    [
        ("", "Hello,"),
        (" \t ", "Hello,"),
        ("Anna\r\nBcc: eve@evil.example", "Dear Anna Bcc: eve@evil.example,"),
        ("{sign}", "Dear {sign},"),
        ("\u202eavoN annA", "Dear avoN annA,"),
        ("x" * 500, f"Dear {'x' * 80},"),
    ],
)
def test_a_strange_name_stays_one_line_of_the_greeting(name: str, greeting: str) -> None:
    assert reply_draft([WHO], sender_name=name, language="en", sign="S").splitlines()[0] == greeting


def test_a_draft_promises_nothing_about_coverage() -> None:
    promising = re.compile(
        r"\b(free|included?|cover(ed|age)?|charged?|costs?|invoice|gratis|gedekt|kosten|will be fixed|lossen)\b"
    )
    for words in PHRASES.values():
        text = " ".join(getattr(words, name) for name in words.__slots__)
        assert not promising.search(text.lower())
    for name in shipped():
        for question in load_shipped(name).file.questions:
            assert not promising.search(" ".join(question.asks.values()).lower()), question.id
