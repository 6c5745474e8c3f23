"""What a ``winmail.dat`` holds (Transport Neutral Encapsulation Format, [MS-OXTNEF])."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from intake.content import rtf
from intake.decoding.charset import decode

SIGNATURE = b"\x78\x9f\x3e\x22"
MAX_ATTRIBUTES = 10_000
MAX_PROPERTIES = 5000
MAX_VALUES = 200
"""Values of one property."""
MAX_FILES = 200
MAX_DEPTH = 5
"""Mails attached within each other."""
MAX_STRING_BYTES = 4_000_000

ATTRIBUTE = struct.Struct("<BII")
"""[MS-OXTNEF] 2.1.3.1: level, id, length; the data and two bytes of checksum follow."""
CHECKSUM_BYTES = 2
BODY, SUBJECT, CODE_PAGE, PROPERTIES = 0x800C, 0x8004, 0x9007, 0x9003
NEW_FILE, FILE_TITLE, FILE_DATA, FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005

# Property ids of [MS-OXPROPS].
PR_SUBJECT, PR_BODY, PR_RTF, PR_HTML, PR_INTERNET_CODE_PAGE = 0x0037, 0x1000, 0x1009, 0x1013, 0x3FDE
PR_DISPLAY_NAME, PR_FILE_DATA, PR_FILE_NAME, PR_LONG_FILE_NAME = 0x3001, 0x3701, 0x3704, 0x3707
PR_MIME_TYPE, PR_CONTENT_ID = 0x370E, 0x3712
NAMED = 0x8000
"""Properties from here on carry a GUID and a number or a name."""

# Property types of [MS-OXCDATA] 2.11.1.
MULTIPLE = 0x1000
STRING, UNICODE, OBJECT, BINARY = 0x001E, 0x001F, 0x000D, 0x0102
SIZES = {
    0x0001: 4, 0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4, 0x0014: 8,
    0x0040: 8, 0x0048: 16,
}  # fmt: skip
"""Bytes of each type of fixed size, padding to 4 included."""
MESSAGE_OBJECT = bytes.fromhex("0703020000000000c000000000000046")
"""IID_IMessage: a mail, as a TNEF stream."""
IID_BYTES = 16

CODE_PAGES = {
    20127: "us-ascii", 20866: "koi8-r", 21866: "koi8-u", 28591: "iso-8859-1", 28592: "iso-8859-2", 28595: "iso-8859-5",
    28597: "iso-8859-7", 28599: "iso-8859-9", 28605: "iso-8859-15", 50220: "iso-2022-jp", 51932: "euc-jp",
    54936: "gb18030", 65001: "utf-8",
}  # fmt: skip
"""Windows code pages that are not called ``cpN``."""


@dataclass(frozen=True, slots=True)
class File:
    """One attached file: its name and type as they stand there, its Content-ID and its bytes."""

    name: str
    content_type: str
    content_id: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Opened:
    """What came out: the text and the HTML of the mail (None when absent), its files, and what could not be read."""

    subject: str
    text: str | None
    html: str | None
    files: tuple[File, ...]
    faults: tuple[str, ...]


def read(data: bytes) -> Opened:
    """What the TNEF stream ``data`` holds, as far as it can be read; never raises."""
    return _Reader(data).run()


class _Reader:
    """Reads one stream; what is cut or damaged ends the reading and is a fault."""

    def __init__(self, data: bytes, depth: int = 0) -> None:
        self.data = data
        self.depth = depth
        self.code_page = "cp1252"
        self.message: dict[int, tuple[int, bytes]] = {}
        self.files: list[dict[int, tuple[int, bytes]]] = []
        self.faults: list[str] = []
        self.properties = 0

    def run(self) -> Opened:
        try:
            self._attributes()
        except (ValueError, struct.error) as error:
            self.faults.append(f"The winmail.dat (TNEF) is damaged: {error}.")
        html, text = self._html(), self._value(self.message, PR_BODY)
        if html is None and text is None:
            html, text = self._rich()
        files: list[File] = []
        if len(self.files) > MAX_FILES:
            self.faults.append(f"The winmail.dat (TNEF) has more than {MAX_FILES} files; the rest was not read.")
        for entry in self.files[:MAX_FILES]:
            files += self._file(entry)
        return Opened(self._value(self.message, PR_SUBJECT) or "", text, html, tuple(files), tuple(self.faults))

    def _attributes(self) -> None:
        data, position = self.data, len(SIGNATURE) + 2
        for _ in range(MAX_ATTRIBUTES):
            if position + ATTRIBUTE.size > len(data):
                return
            level, identifier, length = ATTRIBUTE.unpack_from(data, position)
            if level not in (1, 2):
                raise ValueError("what follows its last attribute cannot be read")
            start = position + ATTRIBUTE.size
            position = start + length + CHECKSUM_BYTES
            if start + length > len(data):
                self.faults.append("The winmail.dat (TNEF) is cut short.")
            self._attribute(identifier & 0xFFFF, data[start : start + length])
        raise ValueError(f"it has more than {MAX_ATTRIBUTES} attributes")

    def _attribute(self, identifier: int, value: bytes) -> None:
        if identifier == NEW_FILE:
            self.files.append({})
        elif identifier in (FILE_TITLE, FILE_DATA, FILE_PROPERTIES):
            if not self.files:
                self.files.append({})
            entry = self.files[-1]
            if identifier == FILE_TITLE:
                entry.setdefault(PR_FILE_NAME, (STRING, value))
            elif identifier == FILE_DATA:
                entry[PR_FILE_DATA] = (BINARY, value)
            else:
                entry.update(self._properties(value))
        elif identifier == PROPERTIES:
            self.message.update(self._properties(value))
        elif identifier == BODY:
            self.message.setdefault(PR_BODY, (STRING, value))
        elif identifier == SUBJECT:
            self.message.setdefault(PR_SUBJECT, (STRING, value))
        elif identifier == CODE_PAGE and len(value) >= 4:
            self.code_page = _codec(int.from_bytes(value[:4], "little"))

    def _properties(self, data: bytes) -> dict[int, tuple[int, bytes]]:
        """The properties by id, each with its type and first value; those before a fault are kept."""
        found: dict[int, tuple[int, bytes]] = {}
        try:
            for identifier, kind, value in _properties(data):
                self.properties += 1
                if self.properties > MAX_PROPERTIES:
                    raise ValueError(f"it has more than {MAX_PROPERTIES} properties")
                found.setdefault(identifier, (kind, value))
        except (ValueError, struct.error) as error:
            self.faults.append(f"Some properties of the winmail.dat (TNEF) could not be read: {error}.")
        return found

    def _value(self, entry: dict[int, tuple[int, bytes]], identifier: int) -> str | None:
        kind, value = entry.get(identifier, (0, b""))
        if kind not in (STRING, UNICODE, BINARY):
            return None
        charset = "utf-16-le" if kind == UNICODE else self.code_page
        text = decode(value[:MAX_STRING_BYTES], charset, detect=False)[0].rstrip("\0")
        return text if text.strip() else None

    def _html(self) -> str | None:
        kind, value = self.message.get(PR_HTML, (0, b""))
        if kind != BINARY:
            return self._value(self.message, PR_HTML)
        number = int.from_bytes(self.message.get(PR_INTERNET_CODE_PAGE, (0, b""))[1][:4], "little")
        text = decode(value[:MAX_STRING_BYTES].rstrip(b"\0"), _codec(number) if number else None, detect=False)[0]
        return text if text.strip() else None

    def _rich(self) -> tuple[str | None, str | None]:
        """The (HTML, text) of the rich text body."""
        value = self.message.get(PR_RTF, (0, b""))[1]
        if not value:
            return None, None
        try:
            text, is_html = rtf.read(rtf.decompress(value))
        except ValueError as error:
            self.faults.append(f"The rich text of the winmail.dat (TNEF) could not be read: {error}.")
            return None, None
        if int.from_bytes(value[4:8], "little") > rtf.MAX_RTF_BYTES:
            self.faults.append(f"The rich text of the winmail.dat (TNEF) is longer than {rtf.MAX_RTF_BYTES:,} bytes.")
        text = text.rstrip("\0") if text.strip("\0 \n") else ""
        return (text or None, None) if is_html else (None, text or None)

    def _file(self, entry: dict[int, tuple[int, bytes]]) -> list[File]:
        kind, content = entry.get(PR_FILE_DATA, (0, b""))
        names = (self._value(entry, name) for name in (PR_LONG_FILE_NAME, PR_FILE_NAME, PR_DISPLAY_NAME))
        name = next(filter(None, names), "")
        if kind == OBJECT or content.startswith(MESSAGE_OBJECT):
            if content.startswith(MESSAGE_OBJECT):
                return self._mail(name, content[IID_BYTES:])
            content = content[IID_BYTES:]
        if not content and not name:
            return []
        return [File(name, self._value(entry, PR_MIME_TYPE) or "", self._value(entry, PR_CONTENT_ID) or "", content)]

    def _mail(self, name: str, data: bytes) -> list[File]:
        """The text of an attached mail as a file under its subject, and its files."""
        if self.depth >= MAX_DEPTH:
            self.faults.append(f"The winmail.dat (TNEF) nests mails deeper than {MAX_DEPTH}; the rest was not read.")
            return []
        inner = _Reader(data, self.depth + 1).run()
        self.faults += inner.faults
        body, kind = (inner.html, "html") if inner.html else (inner.text or "", "txt")
        title = (inner.subject or name or "mail").replace("/", "-").replace("\\", "-")[:80]
        whole = File(f"{title}.{kind}", "text/html" if inner.html else "text/plain", "", body.encode())
        if not body and not inner.files:
            return [File(f"{title}.tnef", "application/ms-tnef", "", data)]
        return [whole, *inner.files] if body else list(inner.files)


def _codec(code_page: int) -> str:
    return CODE_PAGES.get(code_page, f"cp{code_page}")


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(id, type, first value) of each property ([MS-OXTNEF] 2.1.3.4)."""
    position = 4
    for _ in range(_number(data, 0)):
        if position >= len(data):
            return
        kind, identifier = struct.unpack_from("<HH", data, position)
        position += 4
        if identifier >= NAMED:
            position = _after_name(data, position)
        several = bool(kind & MULTIPLE)
        kind &= ~MULTIPLE
        if kind in SIZES:
            count = _number(data, position) if several else 1
            position += 4 if several else 0
            yield identifier, kind, data[position : position + SIZES[kind]]
            position += count * SIZES[kind]
        elif kind in (STRING, UNICODE, OBJECT, BINARY):
            first, position = _sized(data, position)
            yield identifier, kind, first
        else:
            raise ValueError(f"the property type {kind:#06x} is unknown")


def _after_name(data: bytes, position: int) -> int:
    """Where a named property goes on: after its GUID and its number or name."""
    if _number(data, position + 16) == 0:
        return position + 24
    return position + 24 + _padded(_number(data, position + 20))


def _sized(data: bytes, position: int) -> tuple[bytes, int]:
    """The first of the values that follow, each after its length and padded to 4 bytes, and where they end."""
    count = _number(data, position)
    position += 4
    first = b""
    if count > MAX_VALUES:
        raise ValueError(f"a property has {count} values")
    for number in range(count):
        length = _number(data, position)
        position += 4
        if position + length > len(data):
            raise ValueError("a value is longer than what holds it")
        if number == 0:
            first = data[position : position + length]
        position += _padded(length)
    return first, position


def _padded(length: int) -> int:
    return length + -length % 4


def _number(data: bytes, position: int) -> int:
    return int(struct.unpack_from("<I", data, position)[0])
