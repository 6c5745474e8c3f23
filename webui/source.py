"""Raw mail as text that hides nothing."""

from __future__ import annotations

import unicodedata

SHOWN_BYTES = 20_000
INVISIBLE = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
"""Unicode categories of what cannot be seen, or turns what can be seen around."""


def beginning(raw: bytes) -> str:
    """The first 20,000 bytes: bytes that are no UTF-8, and characters that cannot be seen, are written as escapes."""
    text = raw[:SHOWN_BYTES].replace(b"\r\n", b"\n").decode("utf-8", "backslashreplace")
    return "".join(c if c in "\n\t" or unicodedata.category(c) not in INVISIBLE else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
