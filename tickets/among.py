"""A column among many values, in one statement whose text does not change with how many there are."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, Connection, Integer, Text, any_, bindparam, text

from tickets.connections import is_sqlite


def among(connection: Connection, column: Column[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """The condition that ``column`` (text or integer) has one of ``values``; once a column in a statement."""
    asked = sorted(set(values))
    name = f"among_{column.name}"
    if is_sqlite(connection):
        written = bindparam(name, json.dumps(asked, ensure_ascii=False), Text)
        return column.in_(text(f"SELECT value FROM json_each(:{name})").bindparams(written))  # noqa: S608 - our names
    kind = Integer() if isinstance(column.type, Integer) else Text()
    return column == any_(bindparam(name, asked, ARRAY(kind)))
