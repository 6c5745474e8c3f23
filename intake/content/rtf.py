"""Rich text of Outlook: decompressed ([MS-OXRTFCP]) and read, HTML inside it too ([MS-OXRTFEX])."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field, replace

from intake.decoding.charset import decode

MAX_RTF_BYTES = 1_000_000
"""How much is decompressed and read; what Outlook writes for a mail is some 100 KB."""
MAX_GROUPS = 1000
"""Groups nested deeper are read as the group around them."""

DICTIONARY = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor "
    rb"MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
"""[MS-OXRTFCP] 2.1.2.1: what the dictionary holds at first."""
DICTIONARY_SIZE = 4096
HEADER = struct.Struct("<II4sI")
COMPRESSED, UNCOMPRESSED = b"LZFu", b"MELA"

TOKEN = re.compile(
    rb"\\([A-Za-z]{1,32})(-?[0-9]{1,9})? ?|\\'([0-9A-Fa-f]{2})|\\(.)|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.DOTALL
)
"""Control word with its number, byte, control symbol, brace, line end, text (RTF 1.9.1)."""
HIDDEN = frozenset(
    b"fonttbl colortbl stylesheet info pict object header footer headerl headerr footerl footerr ftncn ftnsep "
    b"listtable listoverridetable revtbl rsidtbl generator themedata datastore xmlnstbl fldinst".split()
)
"""Destinations that are no text of the document."""
BREAKS = {b"par": "\n", b"line": "\n", b"row": "\n", b"sect": "\n", b"page": "\n", b"tab": "\t", b"cell": "\t"}
CHARACTERS = {
    b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”",
    b"bullet": "•", b"emspace": " ", b"enspace": " ",
}  # fmt: skip
SYMBOLS = {b"~": " ", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}", b"\n": "\n", b"\r": "\n"}
FONT_CHARSETS = {
    0: 1252, 77: 10000, 128: 932, 129: 949, 130: 1361, 134: 936, 136: 950, 161: 1253, 162: 1254, 163: 1258,
    177: 1255, 178: 1256, 186: 1257, 204: 1251, 222: 874, 238: 1250,
}  # fmt: skip
"""Code pages of ``fcharset`` (RTF 1.9.1, font table)."""


def decompress(data: bytes) -> bytes:
    """The RTF of a compressed-RTF property, as far as it goes; ValueError when ``data`` is none."""
    if len(data) < HEADER.size:
        raise ValueError("compressed RTF is shorter than its header")
    _, size, kind, _ = HEADER.unpack_from(data)
    if kind == UNCOMPRESSED:
        return data[HEADER.size : HEADER.size + min(size, MAX_RTF_BYTES)]
    if kind != COMPRESSED:
        raise ValueError("the kind of RTF compression is unknown")
    return _inflated(data, min(size, MAX_RTF_BYTES))


def _inflated(data: bytes, size: int) -> bytes:
    """[MS-OXRTFCP] 2.2: runs of eight tokens, each a byte or a reference (12 bits offset, 4 bits length - 2)."""
    window = bytearray(DICTIONARY.ljust(DICTIONARY_SIZE, b" "))
    at, position = len(DICTIONARY), HEADER.size
    out = bytearray()
    while position < len(data) and len(out) < size:
        control = data[position]
        position += 1
        for bit in range(8):
            if control >> bit & 1:
                reference = int.from_bytes(data[position : position + 2], "big")
                position += 2
                offset, length = reference >> 4, (reference & 15) + 2
                if offset == at or position > len(data):
                    return bytes(out)
                for _ in range(length):
                    byte = window[offset]
                    out.append(byte)
                    window[at] = byte
                    offset, at = (offset + 1) % DICTIONARY_SIZE, (at + 1) % DICTIONARY_SIZE
            elif position < len(data):
                byte = data[position]
                position += 1
                out.append(byte)
                window[at] = byte
                at = (at + 1) % DICTIONARY_SIZE
    return bytes(out)


def read(rtf: bytes) -> tuple[str, bool]:
    """The text of ``rtf``, and whether it is the HTML that the RTF was made from."""
    reader = _Reader(rtf[:MAX_RTF_BYTES])
    reader.run()
    return "".join(reader.out), reader.from_html


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds until the brace is closed."""

    hidden: bool = False
    rtf_only: bool = False
    skip: int = 1
    """Characters that stand after ``\\u`` for readers without Unicode."""
    code_page: int = 0
    fonts: bool = False


@dataclass(slots=True)
class _Reader:
    rtf: bytes
    out: list[str] = field(default_factory=list)
    from_html: bool = False
    code_page: int = 1252
    fonts: dict[int, int] = field(default_factory=dict)
    font: int = 0
    group: _Group = field(default_factory=_Group)
    outer: list[_Group] = field(default_factory=list)
    pending: bytearray = field(default_factory=bytearray)
    to_skip: int = 0

    def run(self) -> None:
        position = 0
        starred = False
        while match := TOKEN.match(self.rtf, position):
            position = match.end()
            word, number, byte, symbol, brace, text = match.groups()
            if byte is not None:
                self._bytes(bytes([int(byte, 16)]))
            elif text is not None:
                self._bytes(text)
            elif word is not None:
                value = int(number) if number else None
                if word == b"bin":
                    position += min(max(value or 0, 0), len(self.rtf) - position)
                self._word(word, value, starred)
            elif brace is not None:
                self._brace(brace)
            elif symbol is not None and symbol != b"*":
                self._text(SYMBOLS.get(symbol, ""))
            starred = symbol == b"*"
        self._flush()

    def _brace(self, brace: bytes) -> None:
        self._flush()
        if brace == b"{" and len(self.outer) < MAX_GROUPS:
            self.outer.append(self.group)
        elif brace == b"}" and self.outer:
            self.group = self.outer.pop()

    def _word(self, word: bytes, number: int | None, starred: bool) -> None:
        if word == b"u" and number is not None:
            self._text(chr(number % 0x10000))
            self.to_skip = self.group.skip
        elif word in BREAKS or word in CHARACTERS:
            # In RTF made from HTML, line breaks stand in the tags.
            self._text("" if self.from_html and word in BREAKS else BREAKS.get(word) or CHARACTERS[word])
        elif word == b"fonttbl":
            self.group = replace(self.group, hidden=True, fonts=True)
        elif word in HIDDEN or (starred and not (word == b"htmltag" and self.from_html)):
            self.group = replace(self.group, hidden=True)
        elif word == b"fromhtml":
            self.from_html = True
        elif word == b"htmlrtf":
            self._flush()
            self.group = replace(self.group, rtf_only=number != 0)
        elif word == b"uc":
            self.group = replace(self.group, skip=max(0, min(number or 0, 10)))
        elif number is not None:
            self._code_page(word, number)

    def _code_page(self, word: bytes, number: int) -> None:
        if word == b"ansicpg":
            self.code_page = number
        elif word == b"f":
            self._flush()
            self.font = number
            self.group = replace(self.group, code_page=self.fonts.get(number, 0))
        elif word == b"fcharset" and self.group.fonts and number in FONT_CHARSETS:
            self.fonts[self.font] = FONT_CHARSETS[number]

    def _bytes(self, data: bytes) -> None:
        skipped = min(self.to_skip, len(data))
        self.to_skip -= skipped
        if not self._silent:
            self.pending += data[skipped:]

    def _text(self, text: str) -> None:
        self._flush()
        self.to_skip = 0
        if not self._silent:
            self.out.append(text)

    @property
    def _silent(self) -> bool:
        return self.group.hidden or (self.from_html and self.group.rtf_only)

    def _flush(self) -> None:
        if self.pending:
            code_page = self.group.code_page or self.code_page
            self.out.append(decode(bytes(self.pending), f"cp{code_page}", detect=False)[0])
            self.pending.clear()
