"""The lines that part a multipart body (RFC 2046, 5.1.1)."""

from __future__ import annotations

from dataclasses import dataclass

MAX_DELIMITERS = 100_000
"""So many places that look like a delimiter of one multipart are examined."""
MAX_DELIMITER_TAIL = 1000
"""What is read of a delimiter line after the boundary: white space, or ``--`` where it closes."""


class Boundary:
    """The delimiter lines of one multipart (RFC 2046, 5.1.1), found in order."""

    def __init__(self, raw: bytes, marker: bytes) -> None:
        self.raw = raw
        self.marker = marker
        self.looks = 0
        self._searched = 0
        self._found: Delimiter | None = None

    def next(self, position: int) -> Delimiter | None:
        """The first delimiter line at or after ``position``, which never goes back."""
        if self._searched <= position and not (self._found and self._found.at >= position):
            self._found = self._find(position)
            self._searched = len(self.raw) if self._found is None else self._found.at
        return self._found

    def _find(self, position: int) -> Delimiter | None:
        raw, marker = self.raw, self.marker
        while self.looks < MAX_DELIMITERS:
            at = raw.find(marker, position)
            if at < 0:
                return None
            self.looks += 1
            position = at + len(marker)
            if at and raw[at - 1] not in b"\r\n":
                continue
            line_end = raw.find(b"\n", position)
            line_end = len(raw) if line_end < 0 else line_end
            rest = raw[position : min(line_end, position + MAX_DELIMITER_TAIL)].strip()
            if not rest or rest.startswith(b"--"):
                above = max(0, at - (2 if raw[at - 2 : at] == b"\r\n" else 1))
                return Delimiter(self, at, above, min(line_end + 1, len(raw)), bool(rest))
        return None


@dataclass(frozen=True, slots=True)
class Delimiter:
    """One delimiter line: where it stands, where the part above it ends and the one below it begins."""

    of: Boundary
    at: int
    above: int
    below: int
    closing: bool
