"""Something that is wrong in a policy file."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

_TOML_PLACE = re.compile(r"\s*\(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class FileProblem:
    """What is wrong in ``file``, at which ``key`` and on which ``line`` (counted from 1), where these are known."""

    file: str
    says: str
    key: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line is not None else None
        return ": ".join(part for part in (self.file, line, self.key, self.says) if part is not None)

    def to_json(self) -> dict[str, Any]:
        """The problem as a JSON object."""
        return asdict(self)


def not_toml(file: str, text: str, says: str) -> FileProblem:
    """What the standard library's parser ``says`` is wrong in ``text``, which is no TOML, at its line and column."""
    place = _TOML_PLACE.search(says)
    if place is None:
        return FileProblem(file, says)
    line = int(place["line"]) if place["line"] else text.count("\n") + 1
    return FileProblem(file, _TOML_PLACE.sub("", says), f"column {place['column']}" if place["column"] else None, line)
