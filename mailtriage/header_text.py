"""Text of strangers made fit for the header of a mail that this program writes."""

from __future__ import annotations

ENCODED_WORD = "=?"
"""How an encoded word begins (RFC 2047, 2)."""


def header_text(text: str) -> str:
    """``text`` on one line, and with no encoded word in it.

    The library decodes the encoded words of what is set as a header, and would write the lines hidden in one as they
    are: headers of their own, and a body.
    """
    return " ".join(text.split()).replace(ENCODED_WORD, "= ?")
