"""The language a text is written in."""

from __future__ import annotations

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

LANGUAGES = ("en", "nl", "de", "fr", "es", "it", "pt", "pl", "cs")
SAMPLES = (120, 500)
"""Characters looked at, the longer only where the shorter is unsure: time grows with the length."""
LEAST_LETTERS = 20
"""Shorter texts are guessed wrongly too often (measured on 53 characters: .961)."""
LEAST_PROBABILITY = 0.6


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(LANGUAGES)
    return identifier


def detect(text: str) -> str | None:
    """The ISO 639-1 code of one of :data:`LANGUAGES`; None where the text is too short or unsure."""
    for characters in SAMPLES:
        sample = text[:characters]
        if sum(map(str.isalpha, sample)) >= LEAST_LETTERS:
            language, probability = _identifier().classify(sample)
            if probability >= LEAST_PROBABILITY:
                return str(language)
        if len(text) <= characters:
            break
    return None
