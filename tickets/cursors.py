"""How far each folder of a mailbox has been read."""

from __future__ import annotations

from sqlalchemy import Connection, case, select
from sqlalchemy.dialects import postgresql, sqlite

from intake.cursor import Cursor
from tickets import schema
from tickets.connections import is_sqlite


def read(connection: Connection, mailbox: str, folder: str) -> Cursor | None:
    """The cursor of a folder; None before the first poll."""
    table = schema.cursor
    query = select(table).where(table.c.mailbox == mailbox, table.c.folder == folder)
    row = connection.execute(query).one_or_none()
    return None if row is None else Cursor(row.mailbox, row.folder, row.uidvalidity, row.uid)


def advance(connection: Connection, cursor: Cursor) -> bool:
    """Writes the cursor, never back under the same UIDVALIDITY; whether that changed anything."""
    before = read(connection, cursor.mailbox, cursor.folder)
    table = schema.cursor
    dialect = sqlite if is_sqlite(connection) else postgresql
    statement = dialect.insert(table).values(
        mailbox=cursor.mailbox, folder=cursor.folder, uidvalidity=cursor.uidvalidity, uid=cursor.uid
    )
    new = statement.excluded
    # Of two pollers the slower must not take the folder back to where it was.
    furthest = case((table.c.uid > new.uid, table.c.uid), else_=new.uid)
    statement = statement.on_conflict_do_update(
        index_elements=["mailbox", "folder"],
        set_={
            "uidvalidity": new.uidvalidity,
            "uid": case((table.c.uidvalidity == new.uidvalidity, furthest), else_=new.uid),
        },
    )
    connection.execute(statement)
    return before != read(connection, cursor.mailbox, cursor.folder)
