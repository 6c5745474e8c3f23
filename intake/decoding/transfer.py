"""Transfer encodings (RFC 2045, 6) undone, also where they are damaged."""

from __future__ import annotations

import binascii
import re
from io import BytesIO

BASE64 = (b"base64", b"b64", b"base-64")
QUOTED_PRINTABLE = (b"quoted-printable", b"qp", b"quoted_printable")
UUENCODE = (b"x-uuencode", b"uuencode", b"x-uue")
NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=\s]")
CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
SAMPLE_BYTES = 1000
UU_BEGIN = re.compile(rb"(?:\A|\n)begin [0-7]{3,4} [^\r\n]{0,200}\r?\n")


def named(value: bytes) -> bytes:
    """The encoding that a Content-Transfer-Encoding value names, lower-case."""
    return value.strip().lower().split(b";")[0].split(b"(")[0].strip(b" \t\"'")


def growth(encoding: bytes) -> int:
    """How many encoded bytes may stand for one: three in quoted-printable, else two at the most."""
    return 3 if encoding in QUOTED_PRINTABLE else 2 if encoding in BASE64 + UUENCODE else 1


def undone(body: bytes, encoding: bytes) -> bytes:
    """``body`` with ``encoding`` undone; what is not valid is passed over, an unknown encoding is none."""
    if encoding in BASE64:
        return from_base64(body)
    if encoding in QUOTED_PRINTABLE:
        return binascii.a2b_qp(body)
    if encoding in UUENCODE:
        return _from_uuencode(body)
    return body


def is_mislabelled(body: bytes, encoding: bytes, content: bytes) -> bool:
    """Whether a text ``body`` says that it is base64 and is none, as what came of it (``content``) shows."""
    return encoding in BASE64 and bool(NOT_BASE64.search(body, 0, SAMPLE_BYTES)) and bool(CONTROLS.search(content))


def from_base64(body: bytes) -> bytes:
    """The bytes of base64 text, stray characters passed over, a cut end kept as far as it goes."""
    try:
        return binascii.a2b_base64(body)
    except binascii.Error:
        kept = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
        if len(kept) % 4 == 1:
            kept = kept[:-1]
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def _from_uuencode(body: bytes) -> bytes:
    begin = UU_BEGIN.search(body)
    data = bytearray()
    for whole_line in BytesIO(body[begin.end() if begin else 0 :]):
        line = whole_line.rstrip(b"\r\n")
        if line.strip() == b"end":
            break
        if not line:
            continue
        try:
            data += binascii.a2b_uu(line)
        except binascii.Error:
            # Some encoders write a wrong count; the length byte says how much is meant.
            length = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                data += binascii.a2b_uu(line[:length])
            except binascii.Error:
                continue
    return bytes(data)
