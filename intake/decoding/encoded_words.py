"""Encoded words in headers (RFC 2047), also in the broken forms that mail programs write."""

from __future__ import annotations

import binascii
import re

from intake.decoding.charset import clean, codec_name, decode

# RFC 2047, 2, but with spaces allowed inside Q text and an ending that may be missing, as senders do write them.
ENCODED_WORD = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,20})?\?([bBqQ])\?([^?\r\n]*(?:\?(?!=)[^?\r\n]*)*)(?:\?=|$)")
CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

Word = tuple[str, str, str]


def decode_header(value: str) -> tuple[str, str | None]:
    """``value`` (text that may hold encoded words) decoded, without control characters; and a sentence on a fault."""
    if "=?" not in value:
        return (CONTROLS.sub("", value) if not value.isprintable() else value), None
    parts: list[str] = []
    fault: str | None = None
    pending: list[Word] = []
    position = 0
    for match in ENCODED_WORD.finditer(value):
        between = value[position : match.start()]
        # RFC 2047, 6.2: white space between two encoded words belongs to neither.
        if between.strip() or (between and not pending):
            text, problem = _flush(pending)
            parts += [text, between]
            fault, pending = fault or problem, []
        pending.append((match[1], match[2].lower(), match[3]))
        position = match.end()
    text, problem = _flush(pending)
    parts += [text, value[position:]]
    return CONTROLS.sub("", clean("".join(parts))), fault or problem


def _flush(words: list[Word]) -> tuple[str, str | None]:
    """The text of adjoining encoded words; bytes of one character set are joined first: programs cut characters."""
    texts: list[str] = []
    fault: str | None = None
    start = 0
    for end in range(1, len(words) + 1):
        if end < len(words) and words[end][0].lower() == words[start][0].lower():
            continue
        charset = words[start][0]
        pieces = [_bytes(kind, text) for _, kind, text in _rejoined(words[start:end])]
        stateful = (codec_name(charset) or "").startswith(("iso2022", "utf-7", "hz"))
        for data in pieces if stateful else [b"".join(pieces)]:
            text, problem = decode(data, charset, detect=False)
            texts.append(text)
            fault = fault or problem
        start = end
    return "".join(texts), fault


def _rejoined(words: list[Word]) -> list[Word]:
    """Some programs cut the base64 itself, not what it encodes: such words are one."""
    whole: list[Word] = []
    for charset, kind, text in words:
        if whole and kind == "b" == whole[-1][1] and len(whole[-1][2]) % 4 and "=" not in whole[-1][2]:
            text = whole.pop()[2] + text
        whole.append((charset, kind, text))
    return whole


def _bytes(kind: str, text: str) -> bytes:
    data = text.encode("utf-8", "surrogateescape")
    if kind == "q":
        return binascii.a2b_qp(data.replace(b"_", b" "))
    data = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    if len(data) % 4 == 1:
        data = data[:-1]
    return binascii.a2b_base64(data + b"=" * (-len(data) % 4))
