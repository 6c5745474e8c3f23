"""Bytes to text, whatever character set they claim to be in."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

from charset_normalizer import from_bytes

ALIASES = {
    # The WHATWG Encoding Standard, 4.2: what is labelled Latin-1 or ASCII is Windows-1252 in practice.
    "ascii": "cp1252",
    "us-ascii": "cp1252",
    "ansi_x3.4-1968": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "gb_2312-80": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "iso-2022-jp": "iso2022_jp_ext",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "big5": "cp950",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "cp50222": "iso2022_jp_ext",
    "x-euc-jis": "euc_jp",
    "x-mac-ce": "mac_latin2",
    "cp10000": "mac_roman",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-6-e": "iso8859-6",
    "visual": "iso8859-8",
    "gb-2312": "gb18030",
    "x-x-big5": "cp950",
    "koi8r": "koi8-r",
    "koi-8r": "koi8-r",
    "koi8-ru": "koi8-u",
    "ansi": "cp1252",
    "latin-9": "iso8859-15",
    "unicode": "utf-16",
    "ucs-2": "utf-16",
    "cp1200": "utf-16-le",
    "unicode-2-0-utf-8": "utf-8",
    "utf-8-mac": "utf-8",
    "cesu-8": "utf-8",
}
"""Names that senders use, to the codec that reads most of what is so labelled."""

CODE_PAGE = re.compile(r"^(?:x-)?(?:ms-?|microsoft-)?(?:win(?:dows)?|cp|dos|ibm|ansi)?[-_]?(\d{3,5})$")
"""Windows and DOS code pages under the many names they have."""
ISO_8859 = re.compile(r"^iso[-_]?8859[-_]?(\d{1,2})$")

LATIN = frozenset({"cp1252", "iso8859-15", "cp1250", "cp1254", "cp850", "cp437", "mac-roman"})
"""Codecs that accept almost any byte, so that reading without an error proves nothing."""

STATEFUL = re.compile(r"^(utf-7|utf-16|utf-32|iso2022|hz)")
"""Codecs in which pure ASCII bytes may mean something else."""

TEXT_CODECS = re.compile(
    r"^(ascii|utf-8(-sig)?|utf-7|utf-(16|32)(-[bl]e)?|iso8859-\d+|cp\d+|koi8-[rut]|mac-\w+|kz1048|hp-roman8|ptcp154"
    r"|big5(hkscs)?|gb2312|gbk|gb18030|hz|euc_(jp|kr|jis_2004|jisx0213)|shift_jis(_2004|x0213)?|iso2022_(jp|kr)\w*"
    r"|johab|tis-620)$"
)
"""Python's character sets. Its other codecs (``idna``, ``punycode``, ``unicode_escape``) cost or execute too much."""

DETECTION_SAMPLE_BYTES = 4096
LEAST_FOREIGN_BYTES = 12
"""Fewer bytes over 127 than that tell a detector nothing; a header line seldom has more."""
TOLERATED_DAMAGE = 0.02
"""Share of undecodable characters up to which the declared character set is believed all the same."""

_UNSAFE = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """``text`` that every store takes: no NUL (PostgreSQL refuses it), U+FFFD for each lone surrogate."""
    if text.isascii() and "\0" not in text:
        return text
    return _UNSAFE.sub(lambda match: "" if match.group() == "\0" else "\ufffd", text)


@lru_cache(maxsize=256)
def codec_name(declared: str) -> str | None:
    """Python's codec for a declared character set; None when it is no character set that Python knows."""
    name = declared.strip().strip("\"'").lower().replace(" ", "")
    name = ALIASES.get(name, name)
    if page := CODE_PAGE.match(name):
        name = ALIASES.get(f"cp{page[1]}", f"cp{page[1]}")
    elif part := ISO_8859.match(name):
        name = ALIASES.get(f"iso-8859-{part[1]}", f"iso8859-{part[1]}")
    if not name or len(name) > 40:
        return None
    for candidate in (name, name.removeprefix("x-"), name.replace("_", "-"), name.removeprefix("charset=")):
        try:
            found = codecs.lookup(candidate).name
        except (LookupError, ValueError):
            continue
        if TEXT_CODECS.match(found):
            return codecs.lookup(ALIASES.get(found, found)).name
    return None


def decode(
    data: bytes, declared: str | None = None, *, fallback: str | None = None, detect: bool = True
) -> tuple[str, str | None]:
    """The text of ``data``, and a sentence when it could not be read as ``declared``; never raises.

    Tried in order: the declared character set, UTF-8 (also where a Latin set is declared but the bytes are valid
    UTF-8), ``fallback`` (a set declared elsewhere in the same mail), detection, Windows-1252. Detection takes some
    10 ms; with ``detect`` false it is left out.
    """
    codec = codec_name(declared) if declared else None
    if data.isascii() and not (codec and STATEFUL.match(codec)) and b"\x1b" not in data:
        return clean(data.decode("ascii")), None if codec or not declared else _unknown(declared)
    if declared and codec is None:
        return clean(_guess(data, fallback, detect)), _unknown(declared)
    if codec is None:
        text = _strict(data, "iso2022_jp_ext") if b"\x1b$" in data else None
        text = text if text is not None else _strict(data, "utf-8")
        if text is not None:
            return clean(text), None
        return clean(_guess(data, fallback, detect)), "The text declares no character set; it was guessed."
    if codec in LATIN and not data.isascii():
        text = _strict(data, "utf-8")
        if text is not None:
            return clean(text), f"The text declares {_shown(declared)} but is UTF-8."
    text = _strict(data, codec)
    if text is not None:
        return clean(text), None
    return clean(
        _damaged(data, codec, fallback, detect)
    ), f"Some bytes are not valid {_shown(declared)}; they were guessed."


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError, LookupError):
        return None


def _damaged(data: bytes, codec: str, fallback: str | None, detect: bool) -> str:
    """The text of bytes that are not quite what they declare."""
    text = _strict(data, "utf-8")
    if text is not None:
        return text
    try:
        replaced = data.decode(codec, "replace")
    except (UnicodeError, ValueError):
        return _guess(data, fallback, detect)
    foreign = sum(1 for byte in data if byte >= 0x80) or len(data)
    lost = replaced.count("\ufffd")
    # A cut multi-byte character at the end, or a stray byte, is no reason to doubt the declaration.
    if lost <= 1 + TOLERATED_DAMAGE * len(replaced) and lost * 2 <= foreign + 1:
        return replaced
    return _guess(data, fallback, detect)


def _guess(data: bytes, fallback: str | None, detect: bool) -> str:
    text = _strict(data, "utf-8")
    if text is not None:
        return text
    codec = codec_name(fallback) if fallback else None
    if codec:
        text = _strict(data, codec)
        if text is not None:
            return text
    return data.decode((detected(data) if detect else None) or "cp1252", "replace")


def detected(data: bytes) -> str | None:
    """The codec that ``data`` is probably in; None where it holds too little to tell. Takes some 10 ms."""
    sample = _foreign_lines(data)
    if sum(byte >= 0x80 for byte in sample) < LEAST_FOREIGN_BYTES:
        return None
    for match in from_bytes(sample, steps=5, chunk_size=512):
        if TEXT_CODECS.match(codecs.lookup(match.encoding).name) and not _is_katakana(str(match)):
            return match.encoding
    return None


def _is_katakana(text: str) -> bool:
    """Whether the text is mostly half-width katakana: what Cyrillic bytes make in Japanese sets, and nobody writes."""
    foreign = [character for character in text if character > "\x7f"]
    return 2 * sum("\uff61" <= character <= "\uff9f" for character in foreign) > len(foreign)


def _foreign_lines(data: bytes) -> bytes:
    """The lines that hold bytes over 127, as far as the sample goes: the others tell a detector nothing."""
    sample = bytearray()
    for line in data[: 16 * DETECTION_SAMPLE_BYTES].splitlines(keepends=True):
        if not line.isascii():
            sample += line
        if len(sample) >= DETECTION_SAMPLE_BYTES:
            break
    return bytes(sample[:DETECTION_SAMPLE_BYTES])


def _unknown(declared: str | None) -> str:
    return f"The character set {_shown(declared)} is unknown; the text was guessed."


def _shown(declared: str | None) -> str:
    return ascii((declared or "")[:40])
