"""A mail's text as a list of sentences, each word for word as it stands there."""

from __future__ import annotations

import re

# After these marks, at an empty line, and before an item of a list a new sentence begins.
BREAK = re.compile(r"(?<=[.!?;:])\s+|\n[ \t]*\n\s*|\n(?=[ \t]*(?:[-*•]|\d{1,2}[.)])[ \t])")
QUOTED_LINE = re.compile(r"^>.*$", re.MULTILINE)
# A mail is read this far; what classifies it stands at its beginning, and a hostile mail may hold megabytes.
MAX_CHARACTERS = 20_000
MAX_SENTENCES = 300


def readable(text: str) -> str:
    """The text as far as it is read; a lone surrogate (a byte that was no text) becomes a question mark."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def whole(subject: str, text: str) -> str:
    """The subject and the text as one, as far as it is read; quoted lines (RFC 3676, 4.5) left out."""
    return f"{readable(subject)}\n{_unquoted(text)}"


def sentences(subject: str, text: str) -> list[str]:
    """The subject and then the sentences of ``text``; at least one, which may be empty."""
    pieces = [piece.strip() for piece in BREAK.split(_unquoted(text))]
    return [readable(subject).strip(), *(piece for piece in pieces if len(piece) > 2)][:MAX_SENTENCES]


def _unquoted(text: str) -> str:
    return QUOTED_LINE.sub("", readable(text))
