"""One contract, two databases: a test that takes ``store`` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from policies.loader import load_shipped
from policies.policy import Policy
from tests.servers.postgres import server
from tickets.schema import metadata
from tickets.store import Store

DATABASES = [pytest.param("sqlite"), pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database of the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "migrated.db"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database."""
    if request.param == "sqlite":
        path = tmp_path / "tickets.db"
        shutil.copy(migrated_file, path)
        yield f"sqlite:///{path}"
    else:
        yield server().emptied_database()


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        with server().fresh_database(migrated=False) as fresh:
            yield fresh


@pytest.fixture(scope="session", params=DATABASES)
def opened_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store a database for all tests: what SQLAlchemy has compiled for it is kept."""
    of_sqlite = request.param == "sqlite"
    opened = Store.open(
        f"sqlite:///{tmp_path_factory.mktemp('store') / 'tickets.db'}" if of_sqlite else server().emptied_database()
    )
    yield opened
    opened.close()


@pytest.fixture
def store(opened_store: Store) -> Store:
    """An empty store."""
    if opened_store._engine.dialect.name == "sqlite":
        empty_sqlite(opened_store)
    else:
        server().emptied_database()
    return opened_store


def empty_sqlite(opened: Store) -> None:
    """Deletes every row, and what the numbering remembers."""
    with closing(sqlite3.connect(opened._engine.url.database or "")) as connection, connection:
        for table in (*metadata.tables, "message_words", "sqlite_sequence"):
            connection.execute(f"DELETE FROM {table}")


@pytest.fixture(scope="session")
def penelope() -> Policy:
    """The shipped policy of penelope."""
    return load_shipped("penelope")
