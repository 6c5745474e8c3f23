"""Text to words, the same way for both databases' search indexes, and the query that finds them."""

from __future__ import annotations

import re
import unicodedata

WORD = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")
"""A run of letters and digits; a character of Chinese or Japanese, written without spaces, is a word of its own."""

MAX_CHARACTERS = 100_000
MAX_WORD = 64
MAX_WORDS = 16_000
"""Of one mail so much is indexed; a PostgreSQL tsvector holds 16,383 positions and 1 MB."""

NOT_ASCII = re.compile(r"[^\x00-\x7f]")

MAX_PHRASES = 32
"""Of a query so many words are looked for."""

EXCERPT_BEFORE = 60
EXCERPT_LENGTH = 200


def words(text: str) -> list[str]:
    """The words of ``text``, folded for comparison (case, accents, width), up to what an index holds."""
    found = WORD.findall(folded(text[:MAX_CHARACTERS])[:MAX_CHARACTERS])
    return [word[:MAX_WORD] for word in found[:MAX_WORDS]]


def folded(text: str) -> str:
    """``text`` without case, accents and typographic variants."""
    if text.isascii():
        return text.lower()
    # Folding may compose and decomposing may bring capitals, hence both twice (Unicode, 3.13: compatibility caseless).
    folds = unicodedata.normalize("NFKD", text).casefold()
    return NOT_ASCII.sub(_without_accents, unicodedata.normalize("NFKD", folds).casefold())


def _without_accents(match: re.Match[str]) -> str:
    return "" if unicodedata.combining(match.group()) else match.group()


def phrases(query: str) -> list[tuple[str, ...]]:
    """What a query asks for: each of its blank-separated parts as the words that must follow one another."""
    found = (tuple(words(part)) for part in query[:MAX_CHARACTERS].split())
    return list(dict.fromkeys(phrase for phrase in found if phrase))[:MAX_PHRASES]


def fts5_query(phrase: tuple[str, ...]) -> str:
    """An FTS5 expression; the words hold letters and digits only, so the quotes cannot be left."""
    return f'"{" ".join(phrase)}"'


def tsquery(phrase: tuple[str, ...]) -> str:
    """A PostgreSQL tsquery in its text form."""
    return " <-> ".join(f"'{word}'" for word in phrase)


def tsvector(found: list[str]) -> str:
    """A PostgreSQL tsvector in its text form, each word with its position."""
    return " ".join(f"'{word}':{position}" for position, word in enumerate(found, 1))


def excerpt(text: str, looked_for: set[str]) -> str:
    """About 200 characters of ``text`` on one line, around the first of the words; its beginning when none occurs."""
    start = next(
        (match.start() for match in WORD.finditer(text[:MAX_CHARACTERS]) if folded(match.group()) in looked_for), 0
    )
    begin = max(0, start - EXCERPT_BEFORE)
    piece = " ".join(text[begin : begin + EXCERPT_LENGTH].split())
    return f"{'… ' if begin else ''}{piece}{' …' if begin + EXCERPT_LENGTH < len(text) else ''}"
