"""Greetings, thanks, regards and shouting are no part of what classifies a mail; what tells something is kept."""

from __future__ import annotations

import time

import pytest

from classifier.courtesy import end_of_words, says_nothing, without_greeting, without_shouting


@pytest.mark.parametrize(
    "sentence",
    [
        "Good morning team!",
        "I hope you are all well.",
        "Thank you very much in advance for your help!",
        "This is URGENT, ASAP please!!!",
        "Ik hoop dat alles goed gaat.",
        "Alvast hartelijk dank voor jullie hulp!",
        "GRAAG MET SPOED!!!",
    ],
)
def test_a_sentence_of_courtesy_or_shouting_alone_says_nothing(sentence: str) -> None:
    assert says_nothing(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "This is not urgent.",
        "Everything is fine now, thanks.",
        "Thank you, it works again.",
        "I hope the server is back today.",
        "Urgent: 40 users wait.",
        "Please help me with the export.",
        "Bedankt, het werkt weer.",
        "Nobody can log in!",
        "",
    ],
)
def test_a_sentence_that_tells_anything_says_something(sentence: str) -> None:
    assert not says_nothing(sentence)


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("Hello, our server is down.", "our server is down."),
        ("Hi Jeroen,\nnothing works", "nothing works"),
        ("Good day, dear colleagues, nothing works", "nothing works"),
        ("Beste mensen van Perfana, het werkt niet", "het werkt niet"),
        ("Hi the server is down, please look", "Hi the server is down, please look"),
        ("Hello world appears on the page", "Hello world appears on the page"),
    ],
)
def test_a_greeting_is_taken_from_before_a_sentence_and_nothing_else(sentence: str, left: str) -> None:
    assert without_greeting(sentence) == left


@pytest.mark.parametrize(
    ("subject", "left"),
    [
        ("URGENT!!! Server down", "Server down"),
        ("[urgent] Server down", "Server down"),
        ("Spoed - server plat", "server plat"),
        ("Urgent question", "Urgent question"),
        ("Not urgent: colours", "Not urgent: colours"),
        ("Emergency number changed", "Emergency number changed"),
    ],
)
def test_shouting_is_taken_from_before_a_subject_where_a_mark_sets_it_apart(subject: str, left: str) -> None:
    assert without_shouting(subject) == left


def test_regards_and_what_stands_below_them_are_no_words() -> None:
    assert end_of_words("It is slow.\n\nKind regards,\nJo Lee\nHead of Operations") == len("It is slow.\n\n")
    assert end_of_words("It is slow.\nThanks\nJo\n\nRegards\nJo") == len("It is slow.\n")


def test_a_request_below_thanks_is_kept() -> None:
    text = "It is slow.\nThanks\nP.S. the export fails for all of us as well."
    assert end_of_words(text) == len(text)


def test_a_hostile_text_costs_little() -> None:
    started = time.process_time()
    for text in (
        " " * 20_000,
        "urgent " * 3_000,
        "hi " + "," * 20_000 + "x",
        "thanks\n" * 3_000,
        "dear " + "a" * 20_000,
    ):
        without_shouting(text)
        without_greeting(text)
        says_nothing(text)
        end_of_words(text)
    # A search that goes back over what it read would take minutes.
    assert time.process_time() - started < 5
