"""The schema brought to the newest revision when a store is opened."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, text
from sqlalchemy import inspect as inspector

from tickets.clocks import earlier_answers
from tickets.connections import is_sqlite, reading, writing
from tickets.faults import StoreError, place_of
from tickets.schema import REVISION

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 0x6D61696C
"""The key of PostgreSQL's advisory lock under which one opener migrates while the others wait."""

WITHOUT_ANSWERS = ("0001", "0002")
"""The revisions at which no first response was noted: what was answered by mail would be overdue at once."""


def migrate(engine: Engine) -> None:
    """Brings the database to the newest schema; openers that come at the same time wait and find it done."""
    with reading(engine) as connection:
        if revision_of(connection) == REVISION:
            return
    with writing(engine) as connection:
        if not is_sqlite(connection):
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        found = revision_of(connection)
        if found != REVISION:
            _upgrade(connection, found, place_of(engine.url))
            if found in WITHOUT_ANSWERS:
                earlier_answers.note_all(connection)


def revision_of(connection: Connection) -> str | None:
    """The revision that the database is at; None when it is empty."""
    if not inspector(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _upgrade(connection: Connection, found: str | None, place: str) -> None:
    from alembic import command  # costs 0.1 s, which an up-to-date store need not spend
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(
            f"{place[0].upper()}{place[1:]} was written by a newer mailtriage (schema {found}): upgrade the program."
        )
    if found is None and inspector(connection).has_table("ticket"):
        raise StoreError(f"Cannot use {place}: it holds tables of another program. Name an empty database.")
    command.upgrade(config, "head")
