"""Header fields: from bytes to names and values, and values to addresses, msg-ids and dates (RFC 5322)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

from intake.charset import clean, decode
from intake.encoded_words import decode_header

MAX_HEADER_BYTES = 256 * 1024
"""How much of a header is read; real ones stay under 64 KB."""
MAX_FIELDS = 1000
MAX_FIELD_BYTES = 64 * 1024
MAX_MESSAGE_IDS = 1000
MAX_DEFECTS = 20
MAX_MESSAGE_ID_LENGTH = 900
"""A longer msg-id than a line may be (RFC 5322, 2.1.1) identifies nothing and would not fit a database index."""
EARLIEST_YEAR, LATEST_YEAR = 1970, 2200
LARGEST_OFFSET = timedelta(hours=24)

FIELD_LINE = re.compile(rb"([!-9;-~]{1,100})[ \t]*:(.*)", re.DOTALL)
MBOX_FROM_LINE = re.compile(rb">?From [^\r\n]*")
MESSAGE_ID = re.compile(r"<([^<>]*)>")
BLANK_LINE = re.compile(rb"(?:\A|\n)\r?\n")


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """The fields (lower-case name, unfolded raw value) of one header, in order, and what was wrong with it."""

    fields: tuple[tuple[str, bytes], ...]
    defects: tuple[str, ...]

    def first(self, name: str) -> bytes | None:
        """The first raw value of the field ``name`` (lower case); None when absent."""
        return next((value for key, value in self.fields if key == name), None)


def split(raw: bytes, start: int, end: int) -> tuple[HeaderBlock, int]:
    """The header that begins at ``start`` of ``raw`` and the offset at which its body begins."""
    blank = BLANK_LINE.search(raw, start, end) if raw[start : start + 1] not in (b"\n", b"\r") else None
    if blank is None and raw[start : start + 2] == b"\r\n":
        return HeaderBlock((), ()), start + 2
    if blank is None and raw[start : start + 1] == b"\n":
        return HeaderBlock((), ()), start + 1
    header_end, body = (blank.start() + 1, blank.end()) if blank else (end, end)
    defects: list[str] = []
    if header_end - start > MAX_HEADER_BYTES:
        header_end = start + MAX_HEADER_BYTES
        defects.append(f"The header is longer than {MAX_HEADER_BYTES // 1024} KB; the rest of it was not read.")
    lines = raw[start:header_end].split(b"\n")
    matches = [None if line[:1] in (b" ", b"\t") else FIELD_LINE.match(line) for line in lines]
    last_field = max((number for number, match in enumerate(matches) if match), default=-1)
    fields: list[tuple[str, list[bytes]]] = []
    offset = start
    for number, (line, match) in enumerate(zip(lines, matches, strict=True)):
        if match and len(fields) < MAX_FIELDS:
            fields.append((match[1].decode("ascii").lower(), [match[2]]))
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


def _joined(fields: list[tuple[str, list[bytes]]]) -> tuple[tuple[str, bytes], ...]:
    # RFC 5322, 2.2.3: unfolding removes the line break and keeps the white space.
    return tuple(
        (name, b"".join(line.rstrip(b"\r") for line in lines)[:MAX_FIELD_BYTES].strip()) for name, lines in fields
    )


def _not_a_field(line: bytes) -> str:
    return f"A header line is no field: {line[:60].decode('latin-1')!a}."


def to_text(value: bytes, charset: str | None = None) -> str:
    """A raw value as text, encoded words left as they are; raw 8-bit is UTF-8, ``charset`` (the body's) or Latin."""
    if value.isascii() and b"\x1b" not in value:
        return clean(value.decode("ascii"))
    return decode(value, fallback=charset, detect=False)[0]


def unstructured(value: bytes, charset: str | None = None) -> tuple[str, str | None]:
    """A raw value as readable text, and a sentence when it could not be read as it says (RFC 2047)."""
    text, fault = decode_header(to_text(value, charset))
    return re.sub(r"\s+", " ", text).strip() if "\t" in text or "  " in text else text.strip(), fault


def message_ids(value: str) -> tuple[str, ...]:
    """The msg-ids of a References, In-Reply-To or Message-ID value, in order, without angle brackets or repeats.

    Where the brackets are missing, words with an ``@`` are taken.
    """
    found = MESSAGE_ID.findall(value) or [word.strip("<>,;") for word in value.split() if "@" in word]
    ids = ("".join(each.split()) for each in found[-MAX_MESSAGE_IDS:])
    return tuple(dict.fromkeys(each for each in ids if each and len(each) <= MAX_MESSAGE_ID_LENGTH))


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
