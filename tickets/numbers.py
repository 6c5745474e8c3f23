"""Row numbers drawn before the rows are written, so that rows which name each other go out in bulk."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Table, text

from tickets.connections import is_sqlite


def draw(connection: Connection, table: Table, count: int) -> Sequence[int]:
    """``count`` unused primary keys of ``table``, rising. The transaction must be a writing one.

    PostgreSQL takes them from the key's sequence. SQLite lets in one writer at a time and, on a table with
    AUTOINCREMENT, notes the largest key itself when the rows are written.
    """
    if not count:
        return ()
    [key] = table.primary_key.columns
    if is_sqlite(connection):
        last = connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :table"), {"table": table.name})
        return range((last or 0) + 1, (last or 0) + 1 + count)
    query = text("SELECT nextval(pg_get_serial_sequence(:table, :key)) FROM generate_series(1, :count)")
    names = {"table": table.name, "key": key.name, "count": count}
    return sorted(connection.scalars(query, names))
