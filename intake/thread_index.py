"""The Thread-Index field, by which Outlook and Exchange tie the mails of a conversation together."""

from __future__ import annotations

import base64
import binascii

HEADER_BLOCK = 22
"""Octets of the header block: 6 of a FILETIME, of which the first is always 1, and a GUID ([MS-OXOMSG] 2.2.1.3)."""
GUID = slice(6, 22)
RESERVED = 0x01
CHILD_BLOCK = 5
MAX_CHARACTERS = 8192
"""A real one has a child block for each answer: this holds more than a thousand."""


def conversation_guid(value: str | None) -> str | None:
    """The conversation's GUID (32 hex digits) in a Thread-Index value; None when absent, too short or broken."""
    if value is None or len(value) > MAX_CHARACTERS:
        return None
    # Some gateways write the padding as quoted-printable has it, and some leave it out.
    digits = "".join(value.split()).partition("=")[0]
    try:
        block = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(block) < HEADER_BLOCK or (len(block) - HEADER_BLOCK) % CHILD_BLOCK or block[0] != RESERVED:
        return None
    guid = block[GUID]
    return None if len(set(guid)) == 1 else guid.hex()
