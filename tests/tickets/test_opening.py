"""Databases that cannot be used say so in a sentence, and never show a password."""

from __future__ import annotations

import os
import re
import stat
import sys
from pathlib import Path

import pytest

from tests.servers.postgres import PASSWORD, server
from tickets.store import Store, StoreError, StoreUnavailable

SECRET = "hunter2"


def test_a_new_sqlite_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    Store.open(f"sqlite:///{path}").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_sqlite_is_set_to_lose_nothing(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'new.db'}")
    with store._engine.connect() as connection:
        told = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    store.close()
    assert told == ["wal", 2, 1, 30_000]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nowhere does not exist: create it"):
        Store.open(f"sqlite:///{tmp_path / 'nowhere' / 'new.db'}")


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a folder"):
        Store.open(f"sqlite:///{tmp_path}")


def test_a_file_that_is_no_database_is_named_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear all, " * 200)
    with pytest.raises(StoreError, match=r"letter\.txt: it is not a SQLite database"):
        Store.open(f"sqlite:///{path}")
    assert path.read_text() == "Dear all, " * 200


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write every file; the same holds for /proc below")
    path = tmp_path / "mine.db"
    Store.open(f"sqlite:///{path}").close()
    path.chmod(0o400)
    with pytest.raises(StoreError, match=r"mine\.db: permission denied: give this user the right"):
        Store.open(f"sqlite:///{path}")


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_a_place_where_no_file_can_be_made_is_named() -> None:
    with pytest.raises(StoreError, match=re.escape("/proc/new.db")):
        Store.open("sqlite:////proc/new.db")


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///:memory:", "mysql://a:hunter2@b/c", "just words", ""])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(StoreError) as caught:
        Store.open(address)
    assert SECRET not in str(caught.value)


def test_an_unreachable_postgresql_is_unavailable_and_named_without_password() -> None:
    with pytest.raises(StoreUnavailable) as caught:
        Store.open(f"postgresql+psycopg://anna:{SECRET}@127.0.0.1:9/tickets")
    assert "127.0.0.1:9" in str(caught.value)
    assert "anna" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.postgres
def test_a_wrong_password_is_refused_without_being_shown() -> None:
    with pytest.raises(StoreError, match="refuses the user name or password") as caught:
        Store.open(server().url("postgres", password=SECRET))
    assert not isinstance(caught.value, StoreUnavailable)
    assert SECRET not in str(caught.value)


@pytest.mark.postgres
def test_a_missing_postgresql_database_is_named() -> None:
    with pytest.raises(StoreError, match=r"'nowhere'.*createdb") as caught:
        Store.open(server().url("nowhere"))
    assert not isinstance(caught.value, StoreUnavailable)
    assert PASSWORD not in str(caught.value)


@pytest.mark.postgres
def test_connections_cut_by_the_server_are_made_anew() -> None:
    with server().fresh_database() as url:
        store = Store.open(url)
        assert store.counts()["ticket"] == 0
        server()._admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mailtriage'")
        assert store.counts()["ticket"] == 0
        store.close()


def test_a_plain_postgresql_address_uses_the_same_driver() -> None:
    with pytest.raises(StoreUnavailable):
        Store.open("postgresql://anna@127.0.0.1:9/tickets")


def test_the_store_shows_no_password(store: Store) -> None:
    assert PASSWORD not in repr(store)
    assert "%2Fword" not in repr(store)


def test_check_answers_and_leaves_nothing(store: Store) -> None:
    store.check()
    assert store.events() == []


def test_check_tells_of_a_database_that_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "tickets.db"
    store = Store.open(f"sqlite:///{path}")
    with store._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA query_only = ON")
    with pytest.raises(StoreError, match="read-only"):
        store.check()
    store.close()


def test_a_lock_held_too_long_is_a_passing_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tickets.connections.BUSY_SECONDS", 0.05)
    path = tmp_path / "tickets.db"
    store, other = Store.open(f"sqlite:///{path}"), Store.open(f"sqlite:///{path}")
    with store._engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="lock"):
            other.check()
    store.close()
    other.close()
