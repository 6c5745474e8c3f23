"""The parts of a mail (RFC 2045, RFC 2046), split without trusting anything that is said about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from intake.content import smime
from intake.decoding import headers, parameters, transfer
from intake.decoding.delimiter import MAX_DELIMITERS, Boundary, Delimiter
from intake.decoding.headers import HeaderBlock
from intake.decoding.parameters import Parameterised

MAX_DEPTH = 20
MAX_PARTS = 500
MAX_ENVELOPES = 5
"""S/MIME envelopes opened in one mail; honest ones are signed in encrypted in signed."""
MAX_PART_HEADER_BYTES = 32 * 1024
MAX_ALL_HEADER_BYTES = 1024 * 1024
"""How much is read as header of one part and of all parts of a mail."""

TYPE = re.compile(r"^[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}$")
BLANK_LINES_ABOVE = re.compile(rb"(?:[ \t]{0,80}\r?\n){1,20}(?=[!-9;-~]{1,80}:)")
"""Blank lines above a header, which saving a mail to a file sometimes leaves."""
GUESSED_BOUNDARY = re.compile(rb"^--([^\s][^\r\n]{0,70})\r?$", re.MULTILINE)


@dataclass(slots=True)
class Part:
    """One part: its header, its type and where its body lies in the raw mail (``start`` to ``end``)."""

    raw: bytes = field(repr=False)
    header: HeaderBlock
    start: int
    end: int
    type: str
    type_parameters: Mapping[str, str]
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
        """The body with its transfer encoding undone; what is not valid is passed over."""
        return transfer.undone(self.raw[self.start : self.end], self._encoding())

    def text_content(self, limit: int) -> tuple[bytes, str | None]:
        """The first ``limit`` bytes of a text part; as they stand, and a sentence, where it says base64 and is none."""
        encoding = self._encoding()
        body = self.raw[self.start : min(self.end, self.start + limit * transfer.growth(encoding))]
        content = transfer.undone(body, encoding)[:limit]
        if transfer.is_mislabelled(body, encoding, content):
            return body, "The text says that it is base64 but is not; it is read as it stands."
        return content, None

    def _encoding(self) -> bytes:
        return transfer.named(self.header.first("content-transfer-encoding") or b"")


def _types(block: HeaderBlock) -> tuple[str, Mapping[str, str], Parameterised]:
    """The Content-Type with its parameters and the Content-Disposition of a header."""
    declared = parameters.parse(headers.to_text(block.first("content-type") or b""))
    disposition = parameters.parse(headers.to_text(block.first("content-disposition") or b""))
    return declared.value, declared.parameters, disposition


class Splitter:
    """Splits one raw mail; keeps count of its parts and gathers ``defects``."""

    def __init__(self, raw: bytes, parts: int = 0, envelopes: int = 0) -> None:
        # Mail of old Macintosh programs, and files copied through one, end their lines with CR alone.
        self.raw = raw.replace(b"\r", b"\n") if b"\r" in raw and b"\n" not in raw else raw
        self.parts = parts
        self.envelopes = envelopes
        self.header_bytes = 0
        self.defects: list[str] = []
        self._open: list[Boundary] = []

    def root(self) -> Part:
        """The mail itself, with its children."""
        blank = BLANK_LINES_ABOVE.match(self.raw)
        return self._part(blank.end() if blank else 0, "text/plain")

    def _part(self, start: int, default_type: str) -> Part:
        """The part that begins at ``start`` and ends at the next delimiter of a multipart that encloses it."""
        self.parts += 1
        depth = len(self._open)
        line = self._next(start)
        end = line.above if line else len(self.raw)
        block, body = headers.split(self.raw, start, end, self._header_limit())
        self.header_bytes += body - start
        self.defects += block.defects
        type_, type_parameters, disposition = _types(block)
        if not TYPE.match(type_):
            if type_ and depth == 0:
                self.defects.append(f"The content type {type_[:60]!a} is not valid; the body is read as text.")
            type_ = {"text": "text/plain", "html": "text/html", "multipart": "multipart/mixed"}.get(type_, default_type)
        part = Part(self.raw, block, min(body, end), end, type_, type_parameters, disposition)
        if type_.startswith("multipart/"):
            self._fill(part)
        elif type_ in smime.TYPES or (part.file_name or "").lower().endswith(smime.NAME_ENDING):
            self._unwrap(part)
        elif line is None and self._open:
            # The closing line is sometimes glued to the end of the last part.
            last = self.raw[part.start : end].rstrip()
            glued = self._open[-1].marker + b"--"
            if last.endswith(glued):
                part.end = part.start + len(last) - len(glued)
        return part

    def _header_limit(self) -> int:
        if not self._open:
            return headers.MAX_HEADER_BYTES
        return max(1, min(MAX_PART_HEADER_BYTES, MAX_ALL_HEADER_BYTES - self.header_bytes))

    def _unwrap(self, part: Part) -> None:
        """Makes what an S/MIME envelope holds the child of ``part``, or says why it cannot be read."""
        if self.envelopes >= MAX_ENVELOPES:
            self.defects.append(f"More than {MAX_ENVELOPES} S/MIME envelopes; the rest was not opened.")
            return
        unwrapped = smime.unwrap(part.content())
        if unwrapped.fault:
            self.defects.append(unwrapped.fault)
        if unwrapped.entity is not None:
            inner = Splitter(unwrapped.entity, self.parts, self.envelopes + 1)
            part.children.append(inner.root())
            self.parts, self.envelopes = inner.parts, inner.envelopes
            self.defects += inner.defects

    def _fill(self, part: Part) -> None:
        """Finds the children of ``part``, and where it ends."""
        boundary = part.type_parameters.get("boundary", "").encode("utf-8", "replace").rstrip()
        line = self._enter(part, boundary) if boundary else None
        if line is None:
            guess = GUESSED_BOUNDARY.search(self.raw, part.start, part.end)
            line = self._enter(part, guess[1].rstrip()) if guess else None
        if line is None:
            self.defects.append("A multipart body has no boundary; it is read as text.")
            part.type = "text/plain"
            return
        own = self._open[-1]
        if len(self._open) > MAX_DEPTH:
            self.defects.append(f"Parts are nested deeper than {MAX_DEPTH}; what lies deeper was not opened.")
            part.type = "application/octet-stream"
        else:
            self._add_glued(part, line.above)
            line = self._children(part, own, line)
        self._leave(own)
        if line is not None and line.of is own:
            line = self._next(line.below)
        part.end = line.above if line else len(self.raw)

    def _enter(self, part: Part, boundary: bytes) -> Delimiter | None:
        """The first delimiter line of ``part`` if ``boundary`` is its boundary, which then is open; None if not."""
        own = Boundary(self.raw, b"--" + boundary)
        self._open.append(own)
        line = self._next(part.start)
        if line is not None and line.of is own and not line.closing:
            return line
        self._leave(own)
        return None

    def _leave(self, own: Boundary) -> None:
        self._open.pop()
        if own.looks >= MAX_DELIMITERS:
            self.defects.append(f"More than {MAX_DELIMITERS:,} lines look like delimiters; the rest was not searched.")

    def _add_glued(self, part: Part, end: int) -> None:
        """Where the delimiter between a multipart's header and its first part's is lost, that part as first child."""
        types = [number for number, (name, _) in enumerate(part.header.fields) if name == "content-type"]
        if len(types) < 2 or not self.raw[part.start : end].strip():
            return
        block = HeaderBlock(part.header.fields[types[1] :], ())
        type_, parameters_, disposition = _types(block)
        if TYPE.match(type_) and not type_.startswith("multipart/"):
            self.parts += 1
            part.children.append(Part(self.raw, block, part.start, end, type_, parameters_, disposition))

    def _children(self, part: Part, own: Boundary, line: Delimiter | None) -> Delimiter | None:
        """Adds the children of ``part``; the delimiter line that ended the last one."""
        default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"  # RFC 2046, 5.1.5
        while line is not None and line.of is own and not line.closing:
            if self.parts >= MAX_PARTS:
                self.defects.append(f"The mail has more than {MAX_PARTS} parts; the rest was not read.")
                break
            child = self._part(line.below, default)
            line = self._next(max(child.end, line.below))
            if line is not None or child.end > child.start:
                part.children.append(child)
        return line

    def _next(self, position: int) -> Delimiter | None:
        """The first delimiter line at or after ``position`` of any open multipart, the innermost where two agree."""
        best: Delimiter | None = None
        for boundary in reversed(self._open):
            line = boundary.next(position)
            if line is not None and (best is None or line.at < best.at):
                best = line
        return best
