"""Text to words, the same way for both databases' search indexes, and the query that finds them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

WORD = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")
"""A run of letters and digits; a character of Chinese or Japanese, written without spaces, is a word of its own."""

SEPARATED = {code: " " for code in range(128) if not chr(code).isalnum()}
"""What separates the words of a text without letters beyond ASCII; several times as fast as a regex."""

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
    seen = folded(text[:MAX_CHARACTERS])[:MAX_CHARACTERS]
    found = (seen.translate(SEPARATED).split() if seen.isascii() else WORD.findall(seen))[:MAX_WORDS]
    return [word[:MAX_WORD] for word in found] if max(map(len, found), default=0) > MAX_WORD else found


def folded(text: str) -> str:
    """``text`` without case, accents and typographic variants."""
    lower = text.lower()
    return lower if lower.isascii() else NOT_ASCII.sub(_folded_character, lower)


def _folded_character(match: re.Match[str]) -> str:
    return _fold(match.group())


@lru_cache(maxsize=4096)
def _fold(character: str) -> str:
    """One character beyond ASCII, folded; Unicode's compatibility caseless matching (3.13) without accents."""
    # Folding may compose and decomposing may bring capitals, hence both twice.
    once = unicodedata.normalize("NFKD", character).casefold()
    folds = "".join(c for c in unicodedata.normalize("NFKD", once).casefold() if not unicodedata.combining(c))
    return folds if not folds or folds.isalnum() else " "


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
