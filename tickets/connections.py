"""Connections to SQLite or PostgreSQL, and the two kinds of transaction: one that reads and one that writes."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from tickets.columns import json_text
from tickets.faults import StoreError, explained

BUSY_SECONDS = 30
"""How long a SQLite writer waits for another before it gives up."""

CONNECT_SECONDS = 10
"""How long PostgreSQL may take to answer a new connection."""

RETRY_SECONDS = 0.01
PAGE_BYTES = 8192
"""SQLite's page, set when the file is made: rows of mail are long, and its log is then written in half the time."""

WRITES = "mailtriage_writes"


def parsed(address: str) -> URL:
    """The SQLAlchemy URL in ``address``, with the driver that the store uses; never quotes a password in its error."""
    try:
        url = make_url(address)
    except ArgumentError:
        raise StoreError(
            "The database address is not a URL: write sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME."
        ) from None
    backend = url.get_backend_name()
    if backend == "sqlite" and url.database and url.database != ":memory:" and not url.database.startswith("file:"):
        return url.set(drivername="sqlite+pysqlite")
    if backend == "sqlite":
        raise StoreError("The SQLite address names no file: write sqlite:///FILE.")
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    raise StoreError(f"mailtriage stores in SQLite or PostgreSQL, not in {backend}.")


def connect(url: URL) -> Engine:
    """An engine on ``url``; a missing SQLite file is created, readable by this user alone."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    try:
        return create_engine(
            url,
            hide_parameters=True,
            json_serializer=json_text,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "application_name": "mailtriage",
                # In another zone a date at the edge of the calendar, which a mail may well bear, cannot be read back.
                "options": f"{url.query.get('options', '')} -c timezone=UTC".strip(),
            },
        )
    except ModuleNotFoundError as error:
        raise StoreError("PostgreSQL needs the driver psycopg: pip install 'mailtriage[postgres]'.") from error


def _sqlite(url: URL) -> Engine:
    path = Path(url.database or "")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(f"Cannot use the SQLite file {path}: {_why(error, path)}.") from error
    engine = create_engine(url, hide_parameters=True, json_serializer=json_text, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _why(error: OSError, path: Path) -> str:
    if isinstance(error, FileNotFoundError) and not path.parent.exists():
        return f"the folder {path.parent} does not exist: create it, or correct the path"
    if isinstance(error, IsADirectoryError):
        return "it is a folder: name a file in it"
    return f"{(error.strerror or str(error)).lower()}: give this user the right to write the file and its folder"


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where _begin_sqlite says, not where sqlite3 guesses
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    _use_wal(connection)
    for pragma in ("synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Tried again where several openers change a new file at once: SQLite refuses all but one without waiting."""
    ends = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > ends:
                raise
        time.sleep(RETRY_SECONDS)


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that begins as a reader and then writes may fail at once; IMMEDIATE waits for its turn instead.
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection to read with; nothing is kept of what it writes.

    SQLite shows all its statements one state of the database, PostgreSQL each statement what is committed by then.
    """
    with explained(engine.url), engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection in a writing transaction: committed at the end, rolled back when anything raises."""
    with explained(engine.url), bare_writing(engine) as connection:
        yield connection


@contextmanager
def bare_writing(engine: Engine) -> Iterator[Connection]:
    """As :func:`writing`, with the database's own errors, for those who try again."""
    with engine.execution_options(**{WRITES: True}).begin() as connection:
        yield connection


def is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"
