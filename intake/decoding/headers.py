"""Header fields: from bytes to names and values, and values to addresses, msg-ids and dates (RFC 5322)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from functools import lru_cache

from intake.decoding.charset import DETECTION_SAMPLE_BYTES, clean, decode, detected
from intake.decoding.encoded_words import decode_header

MAX_HEADER_BYTES = 256 * 1024
"""How much of a header is read; real ones stay under 64 KB."""
MAX_FIELDS = 1000
MAX_FIELD_BYTES = 64 * 1024
MAX_MESSAGE_IDS = 1000
MAX_DEFECTS = 20
MAX_MESSAGE_ID_LENGTH = 900
"""A longer msg-id than a line may be (RFC 5322, 2.1.1) identifies nothing and would not fit a database index."""
LEAST_FOREIGN_HEADER_BYTES = 40
"""Fewer bytes over 127 are taken for the wrong character set as often as for the right one."""
EARLIEST_YEAR, LATEST_YEAR = 1970, 2200
LARGEST_OFFSET = timedelta(hours=24)

FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)(?:\n|\Z)")
"""A field with its folded lines (RFC 5322, 2.2)."""
FIELD_LINE = re.compile(rb"([!-9;-~]{1,100})[ \t]*:(.*)", re.DOTALL)
MBOX_FROM_LINE = re.compile(rb">?From [^\r\n]*")
MESSAGE_ID = re.compile(r"<([^<>]*)>")


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """The fields (lower-case name, unfolded raw value) of one header, in order, and what was wrong with it."""

    fields: tuple[tuple[str, bytes], ...]
    defects: tuple[str, ...]

    def first(self, name: str) -> bytes | None:
        """The first raw value of the field ``name`` (lower case); None when absent."""
        for key, value in self.fields:
            if key == name:
                return value
        return None


def split(raw: bytes, start: int, end: int, limit: int = MAX_HEADER_BYTES) -> tuple[HeaderBlock, int]:
    """The header that begins at ``start`` of ``raw`` and the offset at which its body begins.

    Of it, ``limit`` bytes are read at most.
    """
    fields: list[tuple[str, bytes]] = []
    position, stop = start, min(end, start + limit)
    if raw.startswith(b"From ", start):
        # The line that separates the mails of an mbox.
        position = raw.find(b"\n", start, stop) + 1 or stop
    match = FIELD.match(raw, position, stop)
    while match and len(fields) < MAX_FIELDS:
        fields.append((_name(match[1]), _unfolded(match[2])))
        position = match.end()
        match = FIELD.match(raw, position, stop)
    if match is None:
        if position >= end:
            return HeaderBlock(tuple(fields), _cut(fields)), end
        if raw.startswith((b"\n", b"\r\n"), position, end):
            return HeaderBlock(tuple(fields), _cut(fields)), raw.index(b"\n", position) + 1
    return _split_broken(raw, start, end, limit)


def _cut(fields: list[tuple[str, bytes]]) -> tuple[str, ...]:
    """A sentence on each field that is longer than what is read of one."""
    return tuple(
        f"The field {name} is longer than {MAX_FIELD_BYTES // 1024} KB; the rest of it was not read."
        for name, value in fields
        if len(value) == MAX_FIELD_BYTES
    )[:MAX_DEFECTS]


@lru_cache(maxsize=512)
def _name(name: bytes) -> str:
    return name.decode("ascii").lower()


def _unfolded(value: bytes) -> bytes:
    """RFC 5322, 2.2.3: unfolding removes the line break and keeps the white space."""
    if b"\n" in value:
        value = value.replace(b"\r\n", b"").replace(b"\n", b"")
    return value.strip()[:MAX_FIELD_BYTES]


def _split_broken(raw: bytes, start: int, end: int, limit: int) -> tuple[HeaderBlock, int]:
    """The same for a header that is too long, or of which a line is no field."""
    header_end, body = _blank_line(raw, start, end)
    defects: list[str] = []
    if header_end - start > limit:
        header_end = start + limit
        defects.append(f"The header is longer than {limit // 1024} KB; the rest of it was not read.")
    lines = raw[start:header_end].split(b"\n")
    matches = [None if line[:1] in (b" ", b"\t") else FIELD_LINE.match(line) for line in lines]
    last_field = max((number for number, match in enumerate(matches) if match), default=-1)
    fields: list[tuple[str, list[bytes]]] = []
    offset = start
    for number, (line, match) in enumerate(zip(lines, matches, strict=True)):
        if match and len(fields) < MAX_FIELDS:
            fields.append((_name(match[1]), [match[2]]))
        elif match:
            defects.append(f"The header has more than {MAX_FIELDS} fields; the rest was not read.")
            break
        elif line[:1] in (b" ", b"\t") and fields:
            fields[-1][1].append(line)
        elif line.strip() and not MBOX_FROM_LINE.match(line):
            stray = (
                number < last_field
                and not line.startswith(b"--")
                and (fields or sum(map(bool, matches[number + 1 : number + 4])) > 1)
            )
            if not stray:
                # The blank line before the body is missing, or there is no header at all.
                return HeaderBlock(_joined(fields), (*defects, _not_a_field(line))), offset
            if len(defects) < MAX_DEFECTS:
                defects.append(_not_a_field(line))
        offset += len(line) + 1
    return HeaderBlock(_joined(fields), tuple(defects)), body


def _blank_line(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Where the first blank line begins and ends; twice ``end`` when there is none."""
    found = [(at, len(mark)) for mark in (b"\n\n", b"\n\r\n") if (at := raw.find(mark, start, end)) >= 0]
    if not found:
        return end, end
    at, length = min(found)
    return at + 1, at + length


def _joined(fields: list[tuple[str, list[bytes]]]) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, _unfolded(b"\n".join(lines))) for name, lines in fields)


def _not_a_field(line: bytes) -> str:
    return f"A header line is no field: {line[:60].decode('latin-1')!a}."


def to_text(value: bytes, charset: str | None = None) -> str:
    """A raw value as text, encoded words left as they are; raw 8-bit is UTF-8, ``charset`` (the body's) or Latin."""
    if value.isascii() and b"\x1b" not in value:
        return clean(value.decode("ascii"))
    return decode(value, fallback=charset, detect=False)[0]


def undeclared_charset(block: HeaderBlock, body: bytes) -> str | None:
    """The character set that raw 8-bit values of a header are probably in; None when they are UTF-8, or too few.

    The ``body`` of a mail that declares none is in the same, and there is more of it.
    """
    raw = b"\n".join(value for _, value in block.fields if not value.isascii())
    if not raw:
        return None
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        for sample in (body[:DETECTION_SAMPLE_BYTES], raw):
            if sum(byte >= 0x80 for byte in sample) >= LEAST_FOREIGN_HEADER_BYTES:
                return detected(sample)
    return None


def unstructured(value: bytes, charset: str | None = None) -> tuple[str, str | None]:
    """A raw value as readable text, and a sentence when it could not be read as it says (RFC 2047)."""
    if value.isascii() and b"=?" not in value:
        text = value.decode("ascii")
        if "\t" in text or "  " in text:
            text = " ".join(text.split())
        if text.isprintable():
            return text, None
    text, fault = decode_header(to_text(value, charset))
    return " ".join(text.split()) if "\t" in text or "  " in text else text.strip(), fault


def message_ids(value: str) -> tuple[str, ...]:
    """The msg-ids of a References, In-Reply-To or Message-ID value, in order, without angle brackets.

    Of one that is repeated the last counts, for the last of References is the mail answered. Where the brackets are
    missing, words with an ``@`` are taken.
    """
    found = MESSAGE_ID.findall(value) or [word.strip("<>,;") for word in value.split() if "@" in word]
    ids = ["".join(each.split()) for each in found[-MAX_MESSAGE_IDS:]]
    nearest_first = dict.fromkeys(each for each in reversed(ids) if each and len(each) <= MAX_MESSAGE_ID_LENGTH)
    return tuple(reversed(nearest_first))


def date(value: str) -> datetime | None:
    """The moment of a Date value (RFC 5322, 3.3, its obsolete forms and ISO 8601), aware; None when unreadable.

    An absent or unknown zone reads as UTC.
    """
    try:
        parsed = parsedate_tz(value[:200])
        if parsed is not None and parsed[0] >= EARLIEST_YEAR:
            offset = timedelta(seconds=parsed[9] or 0)
            second = min(parsed[5], 59)
            moment = datetime(*parsed[:5], second, tzinfo=UTC if abs(offset) >= LARGEST_OFFSET else timezone(offset))
        else:
            moment = datetime.fromisoformat(value.strip()[:40])
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None
    if not EARLIEST_YEAR < moment.year < LATEST_YEAR:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
