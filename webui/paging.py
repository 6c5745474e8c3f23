"""Which part of a list a page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from flask import request

SIZE = 50
LAST_PAGE = 100_000
"""Beyond it an offset would not fit a database's integer; nobody turns that many pages."""

LONGEST_QUERY = 500

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows ``first`` to ``last`` (counted from 1) of a list; ``more`` when the list goes on."""

    number: int
    rows: Sequence[Row]
    more: bool

    @property
    def offset(self) -> int:
        return (self.number - 1) * SIZE

    @property
    def first(self) -> int:
        return self.offset + 1

    @property
    def last(self) -> int:
        return self.offset + len(self.rows)


def asked_page() -> int:
    """The page number in the address, 1 when it is absent or nonsense."""
    return min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)


def asked_words() -> str:
    """The words looked for, from the address; a NUL, which PostgreSQL refuses, is none."""
    return request.args.get("q", "").replace("\x00", " ")[:LONGEST_QUERY].strip()


def page_of(number: int, rows: Sequence[Row]) -> Page[Row]:
    """The page from up to :data:`SIZE` + 1 rows fetched; the one too many says that there are more."""
    return Page(number, rows[:SIZE], len(rows) > SIZE)


def address_of(number: int) -> str:
    """The address of another page of the list that is shown, its filters kept."""
    kept = {key: value for key, value in request.args.items() if key != "page"}
    return f"{request.path}?{urlencode({**kept, 'page': number})}"
