"""The parts of a mail (RFC 2045, RFC 2046), split without trusting anything that is said about them."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from intake import headers, parameters
from intake.headers import HeaderBlock
from intake.parameters import Parameterised

MAX_DEPTH = 20
MAX_PARTS = 500
MAX_BOUNDARY_BYTES = 256
"""RFC 2046, 5.1.1 allows 70 characters."""

TYPE = re.compile(r"^[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}$")
BLANK_LINES_ABOVE = re.compile(rb"(?:[ \t]{0,80}\r?\n){1,20}(?=[!-9;-~]{1,80}:)")
"""Blank lines above a header, which saving a mail to a file sometimes leaves."""
GUESSED_BOUNDARY = re.compile(rb"^--([^\s][^\r\n]{0,70})\r?$", re.MULTILINE)
UU_BEGIN = re.compile(rb"(?:\A|\n)begin [0-7]{3,4} [^\r\n]{0,200}\r?\n")


@dataclass(slots=True)
class Part:
    """One part: its header, its type and where its body lies in the raw mail (``start`` to ``end``)."""

    raw: bytes = field(repr=False)
    header: HeaderBlock
    start: int
    end: int
    type: str
    type_parameters: dict[str, str]
    disposition: Parameterised
    children: list[Part] = field(default_factory=list)

    @property
    def is_multipart(self) -> bool:
        return bool(self.children)

    @property
    def subtype(self) -> str:
        return self.type.partition("/")[2]

    @property
    def file_name(self) -> str | None:
        """The name its headers give, decoded but not yet safe; Content-Disposition first (RFC 2183, 2.3)."""
        return self.disposition.parameters.get("filename") or self.type_parameters.get("name") or None

    def content(self) -> bytes:
        """The body with its transfer encoding undone (RFC 2045, 6); what is not valid is passed over."""
        body = self.raw[self.start : self.end]
        encoding = (self.header.first("content-transfer-encoding") or b"").strip().lower()
        encoding = encoding.split(b";")[0].split(b"(")[0].strip(b" \t\"'")
        if encoding in (b"base64", b"b64", b"base-64"):
            return from_base64(body)
        if encoding in (b"quoted-printable", b"qp", b"quoted_printable"):
            return binascii.a2b_qp(body)
        if encoding in (b"x-uuencode", b"uuencode", b"x-uue"):
            return _from_uuencode(body)
        return body


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
    for line in body[begin.end() if begin else 0 :].splitlines():
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


class Splitter:
    """Splits one raw mail; keeps count of its parts and gathers ``defects``."""

    def __init__(self, raw: bytes) -> None:
        # Mail of old Macintosh programs, and files copied through one, end their lines with CR alone.
        self.raw = raw.replace(b"\r", b"\n") if b"\r" in raw and b"\n" not in raw else raw
        self.parts = 0
        self.defects: list[str] = []

    def part(self, start: int, end: int, default_type: str = "text/plain", depth: int = 0) -> Part:
        """The part that lies between the offsets, with its children."""
        self.parts += 1
        if depth == 0 and (blank := BLANK_LINES_ABOVE.match(self.raw)):
            start = blank.end()
        block, body = headers.split(self.raw, start, end)
        if depth == 0:
            self.defects += block.defects
        declared = parameters.parse(headers.to_text(block.first("content-type") or b""))
        disposition = parameters.parse(headers.to_text(block.first("content-disposition") or b""))
        type_ = declared.value
        if not TYPE.match(type_):
            if type_ and depth == 0:
                self.defects.append(f"The content type {type_[:60]!a} is not valid; the body is read as text.")
            type_ = {"text": "text/plain", "html": "text/html", "multipart": "multipart/mixed"}.get(type_, default_type)
        part = Part(self.raw, block, min(body, end), end, type_, declared.parameters, disposition)
        if type_.startswith("multipart/"):
            self._split_children(part, depth)
        return part

    def _split_children(self, part: Part, depth: int) -> None:
        boundary = part.type_parameters.get("boundary", "").encode("utf-8", "replace")
        spans = list(self._spans(part, boundary.rstrip())) if boundary.strip() else []
        if not spans:
            guess = GUESSED_BOUNDARY.search(self.raw, part.start, part.end)
            if guess:
                spans = list(self._spans(part, guess[1].rstrip()))
        if not spans:
            self.defects.append("A multipart body has no boundary; it is read as text.")
            part.type = "text/plain"
            return
        if depth >= MAX_DEPTH:
            self.defects.append(f"Parts are nested deeper than {MAX_DEPTH}; what lies deeper was not opened.")
            part.type = "application/octet-stream"
            return
        default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"  # RFC 2046, 5.1.5
        for start, end in spans:
            if self.parts >= MAX_PARTS:
                self.defects.append(f"The mail has more than {MAX_PARTS} parts; the rest was not read.")
                break
            part.children.append(self.part(start, end, default, depth + 1))

    def _spans(self, part: Part, boundary: bytes) -> Iterator[tuple[int, int]]:
        """Where the children lie: between lines ``--boundary`` (RFC 2046, 5.1.1); the closing line may be missing."""
        raw, marker = self.raw, b"--" + boundary[:MAX_BOUNDARY_BYTES]
        opened: int | None = None
        found, position = 0, part.start
        while found <= MAX_PARTS:
            at = raw.find(marker, position, part.end)
            if at < 0:
                break
            position = at + len(marker)
            if at > part.start and raw[at - 1] not in b"\r\n":
                continue
            line_end = raw.find(b"\n", position, part.end)
            line_end = part.end if line_end < 0 else line_end
            rest = raw[position:line_end].strip()
            if rest and not rest.startswith(b"--"):
                continue
            if opened is not None:
                yield opened, max(opened, at - (2 if raw[at - 2 : at] == b"\r\n" else 1))
            found += 1
            if rest:
                return
            opened = position = min(line_end + 1, part.end)
        if opened is not None and opened < part.end:
            last = raw[opened : part.end].rstrip()
            # The closing line is sometimes glued to the end of the last part.
            yield opened, opened + len(last.removesuffix(marker + b"--")) if last.endswith(marker + b"--") else part.end
