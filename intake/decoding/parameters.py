"""Content-Type and Content-Disposition values with their parameters (RFC 2045, RFC 2183, RFC 2231)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from intake.decoding.charset import decode
from intake.decoding.encoded_words import decode_header

MAX_PARAMETERS = 200
SHORT = 200

VALUE_END = re.compile(r"[;\s]")
PARAMETER = re.compile(
    r"""([^\s=;"*]{1,80})(\*\d{1,4})?(\*)?\s*=\s*("(?:[^"\\]|\\.)*"?|[^;]*)""",
    re.DOTALL,
)
UNMARKED = re.compile(r"^[\w.:-]{1,40}'[\w-]{0,20}'(?=.*%[0-9A-Fa-f]{2})")
"""A value in the form of RFC 2231, 4 whose name lacks the asterisk."""


@dataclass(frozen=True, slots=True)
class Parameterised:
    """A lower-case value (``text/plain``, ``attachment``) and its parameters by lower-case name, decoded."""

    value: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def parse(text: str) -> Parameterised:
    """The value and its parameters; continuations and character sets of RFC 2231 are joined and decoded."""
    return _parse_short(text) if len(text) <= SHORT else _parse(text)


def _parse(text: str) -> Parameterised:
    # The semicolon before the first parameter is sometimes forgotten.
    head, rest = (*VALUE_END.split(text.strip(), maxsplit=1), "")[:2]
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    plain: dict[str, str] = {}
    for count, match in enumerate(PARAMETER.finditer(rest)):
        if count >= MAX_PARAMETERS:
            break
        name, section, extended, raw = match[1].lower(), match[2], match[3], match[4].strip()
        if raw.startswith('"'):
            # Only what must be quoted is (RFC 5322, 3.2.4): a backslash before anything else is one of a Windows path.
            raw = re.sub(r'\\(["\\])', r"\1", raw[1:-1] if len(raw) > 1 and raw.endswith('"') else raw[1:])
        if section or extended:
            pieces.setdefault(name, []).append((int(section[1:]) if section else 0, bool(extended), raw))
        elif name not in plain:
            if UNMARKED.match(raw):
                plain[name] = _extended([(0, True, raw)])
                continue
            # RFC 2047, 5 forbids encoded words here; mail programs write them all the same.
            plain[name] = decode_header(raw)[0]
    for name, parts in pieces.items():
        plain[name] = _extended(sorted(parts))
    return Parameterised(head.strip().strip('"').lower(), plain)


_parse_short = lru_cache(maxsize=1024)(_parse)
"""Most parts of most mails have the same few values."""


def _extended(parts: list[tuple[int, bool, str]]) -> str:
    """RFC 2231, 3 and 4: sections in order, percent-decoded where marked, the character set named in the first."""
    charset: str | None = None
    data = bytearray()
    for number, (_, encoded, value) in enumerate(parts):
        if number == 0 and encoded and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        if encoded:
            data += unquote_to_bytes(value)
        else:
            data += value.encode(_encodable(value, charset))
    return decode_header(decode(bytes(data), charset or None)[0])[0]


def _encodable(value: str, charset: str | None) -> str:
    if value.isascii() or not charset:
        return "utf-8"
    try:
        value.encode(charset)
    except (LookupError, UnicodeError):
        return "utf-8"
    return charset
