"""The language of a text."""

from __future__ import annotations

import pytest

from intake.language import detect


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
