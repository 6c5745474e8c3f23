"""A mail's text as a list of sentences, each word for word as it stands there."""

from __future__ import annotations

import re
from collections.abc import Sequence

from classifier.courtesy import end_of_words, says_nothing, without_greeting, without_shouting

# After these marks, at an empty line, and before an item of a list a new sentence begins.
BREAK = re.compile(r"(?<=[.!?;:])\s+|\n[ \t]*\n\s*|\n(?=[ \t]*(?:[-*•]|\d{1,2}[.)])[ \t])")
QUOTED_LINE = re.compile(r"^>.*$", re.MULTILINE)
# A mail is read this far; what classifies it stands at its beginning, and a hostile mail may hold megabytes.
MAX_CHARACTERS = 20_000
MAX_SENTENCES = 300
REPLIED = re.compile(r"^(?:\s*(?:re|aw|antw?|sv|fwd?|doorst)\s?(?:\[\d{1,3}\])?:)+\s*", re.IGNORECASE)
"""What mail programs put before the subject of an answer or a forward."""
LEAST_CHARACTERS = 3
"""Less is no sentence but a mark."""
TYPOGRAPHIC = str.maketrans("\u2018\u2019\u02bc\u201b\u201c\u201d\u201e\u00a0", "''''\"\"\" ")
REPEATED_MARKS = re.compile(r"([!?])[!?]+")


def readable(text: str) -> str:
    """The text as far as it is read; a lone surrogate (a byte that was no text) becomes a question mark."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def plain(text: str) -> str:
    """``text`` with typewriter's quotation marks and single marks of exclamation: how it is set says nothing."""
    return REPEATED_MARKS.sub(r"\1", text.translate(TYPOGRAPHIC))


def whole(subject: str, text: str) -> str:
    """The subject and the sentences of the text as one, an empty line between each; its own sentences are the same."""
    return joined(sentences(subject, text))


def joined(sentence_list: Sequence[str]) -> str:
    """Sentences as one text, an empty line between each."""
    return "\n\n".join(sentence_list)


def sentences(subject: str, text: str) -> list[str]:
    """The subject and then the sentences of ``text``; at least one, which may be empty.

    Left out are quoted lines (RFC 3676, 4.5), greetings, thanks, regards with what stands below, and shouting, unless
    there is nothing else.
    """
    unquoted = QUOTED_LINE.sub("", readable(text))
    said = [without_greeting(piece) for piece in _pieces(unquoted[: end_of_words(unquoted)])]
    said = [piece.strip() for piece in said if not says_nothing(piece)]
    said = [piece for piece in said if len(piece) >= LEAST_CHARACTERS]
    return [without_shouting(REPLIED.sub("", readable(subject))).strip(), *(said or _pieces(unquoted))][:MAX_SENTENCES]


def _pieces(text: str) -> list[str]:
    return [piece for part in BREAK.split(text) if len(piece := part.strip()) >= LEAST_CHARACTERS]
