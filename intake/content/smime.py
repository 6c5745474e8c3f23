"""S/MIME bodies (RFC 8551): what is signed is read through, what is encrypted is said to be so."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

from asn1crypto import cms

TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
NAME_ENDING = ".p7m"
"""RFC 8551, 3.2.1."""
MAX_INFLATED_BYTES = 20_000_000
"""What compressed data (RFC 3274) may grow to."""

ENCRYPTED = "The mail is encrypted (S/MIME, RFC 8551); its text cannot be read."
DAMAGED = "The S/MIME envelope (RFC 8551) is damaged; what it holds could not be read."
HOLDS_NOTHING = "The S/MIME envelope (RFC 8551) holds certificates or receipts and no mail."
TOO_LARGE = f"The S/MIME envelope (RFC 8551) holds more than {MAX_INFLATED_BYTES:,} bytes; it was not opened."


class _TooLarge(Exception):
    """What is compressed would grow beyond the limit."""


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The MIME entity inside an envelope; None, and a sentence that says why, when it cannot be had."""

    entity: bytes | None = field(repr=False)
    fault: str | None = None


def unwrap(data: bytes) -> Unwrapped:
    """What the CMS structure ``data`` (RFC 5652) wraps; signatures are not checked. Never raises on content."""
    try:
        envelope = cms.ContentInfo.load(data)
        kind = envelope["content_type"].native
        if kind in ("enveloped_data", "authenticated_enveloped_data", "encrypted_data"):
            return Unwrapped(None, ENCRYPTED)
        content = envelope["content"]
        if kind == "signed_data":
            entity = content["encap_content_info"]["content"].native
        elif kind == "compressed_data":
            entity = _inflated(content["encap_content_info"]["content"].native)
        else:
            return Unwrapped(None, HOLDS_NOTHING)
    except _TooLarge:
        return Unwrapped(None, TOO_LARGE)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, zlib.error):
        # asn1crypto raises whichever of these the damaged bytes lead it to.
        return Unwrapped(None, DAMAGED)
    if not isinstance(entity, bytes) or not entity:
        return Unwrapped(None, HOLDS_NOTHING)
    return Unwrapped(entity)


def _inflated(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    whole = inflater.decompress(data, MAX_INFLATED_BYTES)
    if inflater.unconsumed_tail:
        raise _TooLarge
    return whole
