"""The language of a text."""

from __future__ import annotations

from pathlib import Path

import pytest

from intake.language import LANGUAGES, detect


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("None of our users can log in since this morning, please help.", "en"),
        ("Sinds vanochtend kan niemand van ons meer inloggen, graag hulp.", "nl"),
        ("Seit heute Morgen kann sich niemand mehr anmelden, bitte helfen Sie.", "de"),
        ("Depuis ce matin personne ne peut se connecter, merci de nous aider.", "fr"),
        ("Desde esta mañana nadie puede iniciar sesión, por favor ayúdennos.", "es"),
        ("Da stamattina nessuno riesce ad accedere, aiutateci per favore.", "it"),
        ("Od rana nikt nie może się zalogować, prosimy o pomoc.", "pl"),
        ("Od rána se nikdo nemůže přihlásit, prosíme o pomoc.", "cs"),
        ("ok", None),
        ("", None),
        ("1234567890 +-*/ 0987654321", None),
    ],
)
def test_the_language_is_found_or_said_to_be_unknown(text: str, language: str | None) -> None:
    assert detect(text) == language


def sentences() -> list[tuple[str, str]]:
    """Eight support requests in each language, with its code."""
    lines = (Path(__file__).parent / "languages.txt").read_text("utf-8").splitlines()
    return [(text, language) for language, _, text in (line.partition("\t") for line in lines)]


@pytest.mark.parametrize("before", ["", "Hi Bo,\n\n", "2026-02-02 10:00 [10.2.0.17] https://example.com/a?b=c\n"])
def test_short_requests_are_told_apart(before: str) -> None:
    wrong = [text for text, language in sentences() if detect(before + text) != language]
    assert len(sentences()) == 8 * len(LANGUAGES)
    assert len(wrong) <= 1, wrong


def test_what_comes_later_in_a_text_counts_where_its_beginning_says_little() -> None:
    beginning = "INC-20417 / 10.2.0.17 / 2026-02-02 / 0x7ffe2a / " * 4
    for text, language in sentences():
        assert detect(beginning + text) == language
