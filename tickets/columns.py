"""Column types that behave alike on SQLite and PostgreSQL, whatever a mail puts into them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import orjson
from sqlalchemy import DateTime, Dialect, String, Text
from sqlalchemy.types import TypeDecorator

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""NUL, which PostgreSQL refuses in text, and lone surrogates, which UTF-8 cannot write."""

MAX_INTEGER = 2**31 - 1
"""PostgreSQL's ``integer``."""


JSON_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""NUL as JSON writes it: after an even number of backslashes."""


def storable(text: str) -> str:
    """``text`` with what a database cannot hold replaced by U+FFFD."""
    return text if "\0" not in text and _is_utf8(text) else UNSTORABLE.sub("\ufffd", text)


def _is_utf8(text: str) -> bool:
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def json_text(value: Any) -> str:
    """``value`` as JSON that a database can hold; dates become ISO 8601 text."""
    try:
        written = orjson.dumps(value, default=_plain).decode()
    except TypeError:  # a lone surrogate, or a number of more than 64 bits
        written = json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain)
    return storable(JSON_NUL.sub("\\1\ufffd", written) if "\\u0000" in written else written)


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def countable(number: int) -> int:
    """``number`` as a row number, limit or offset; 0, which no row has, when it is beyond what a column can hold."""
    return number if 0 <= number <= MAX_INTEGER else 0


class MailText(TypeDecorator[str]):
    """Text that comes from a mail: any string can be written and compared."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class UtcTime(TypeDecorator[datetime]):
    """A moment, always read back aware and in UTC; on SQLite as text that sorts by time. Naive values are UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(String(27) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        moment = in_utc(value)
        return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z" if _text(dialect) else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if _text(dialect):
            return datetime.fromisoformat(value)
        return in_utc(value)


def in_utc(moment: datetime) -> datetime:
    """``moment`` in UTC; a naive one is taken as UTC, one at the edge of the calendar keeps its clock reading."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return moment.replace(tzinfo=UTC)


def _text(dialect: Dialect) -> bool:
    return dialect.name == "sqlite"
