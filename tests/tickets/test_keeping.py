"""Copies of the database."""

from __future__ import annotations

import os
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from tests.servers.postgres import PASSWORD, programs, server
from tests.tickets.making import recording
from tickets.store import Store, StoreError


def test_a_backup_of_sqlite_is_a_database_with_all_that_was_written(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'tickets.db'}")
    [done] = store.record([recording(uid=1)])
    copy = tmp_path / "copy.db"
    store.backup(str(copy))
    store.record([recording(uid=2)])
    store.close()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    restored = Store.open(f"sqlite:///{copy}")
    assert restored.counts()["ticket"] == 1
    assert restored.raw(done.message)
    restored.close()


def test_a_backup_while_mails_are_recorded_is_consistent(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'tickets.db'}")
    done = threading.Event()

    def keep_recording() -> None:
        while not done.is_set():
            store.record([recording() for _ in range(5)])

    writer = threading.Thread(target=keep_recording)
    writer.start()
    while store.counts()["ticket"] == 0:
        pass
    store.backup(str(tmp_path / "copy.db"))
    done.set()
    writer.join()
    store.close()
    restored = Store.open(f"sqlite:///{tmp_path / 'copy.db'}")
    counts = restored.counts()
    assert counts["ticket"] > 0
    assert counts["ticket"] % 5 == 0
    restored.close()


def test_a_backup_replaces_an_older_one_and_leaves_no_part(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'tickets.db'}")
    for _ in range(2):
        store.record([recording()])
        store.backup(str(tmp_path / "copy.db"))
    store.close()
    restored = Store.open(f"sqlite:///{tmp_path / 'copy.db'}")
    assert restored.counts()["ticket"] == 2
    restored.close()
    assert not list(tmp_path.glob("*.part"))


def test_a_backup_onto_the_database_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tickets.db"
    store = Store.open(f"sqlite:///{path}")
    store.record([recording()])
    with pytest.raises(StoreError, match="the database itself"):
        store.backup(str(path))
    assert store.counts()["ticket"] == 1
    store.close()


def test_a_backup_into_a_missing_folder_says_so(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Cannot write the backup"):
        store.backup(str(tmp_path / "nowhere" / "copy"))


@pytest.mark.postgres
def test_a_backup_of_postgresql_can_be_restored(tmp_path: Path) -> None:
    with server().fresh_database() as url, server().fresh_database(migrated=False) as other:
        store = Store.open(url)
        store.record([recording(uid=1)])
        store.backup(str(tmp_path / "copy.dump"))
        store.close()
        assert stat.S_IMODE((tmp_path / "copy.dump").stat().st_mode) == 0o600
        folder = programs()
        assert folder is not None
        target = other.rpartition("/")[2].partition("?")[0]
        subprocess.run(
            [folder / "pg_restore", f"--host={server().folder}", f"--dbname={target}", tmp_path / "copy.dump"],
            env={**os.environ, "PGPASSWORD": PASSWORD, "PGUSER": "mailtriage"},
            check=True,
            capture_output=True,
        )
        restored = Store.open(other)
        assert restored.counts()["ticket"] == 1
        restored.close()


@pytest.mark.postgres
def test_pg_dump_never_gets_the_password_as_an_argument(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for pg_dump writes down its arguments and fails."""
    spy = tmp_path / "bin" / "pg_dump"
    spy.parent.mkdir()
    spy.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\necho "no luck" >&2\nexit 1\n')
    spy.chmod(0o755)
    monkeypatch.setenv("PATH", f"{spy.parent}:{os.environ['PATH']}")
    store = Store.open(server().emptied_database())
    with pytest.raises(StoreError, match="no luck") as caught:
        store.backup(str(tmp_path / "copy.dump"))
    store.close()
    assert PASSWORD not in (tmp_path / "arguments").read_text()
    assert PASSWORD not in str(caught.value)
    assert not list(tmp_path.glob("copy*"))


@pytest.mark.postgres
def test_a_missing_pg_dump_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store.open(server().emptied_database())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StoreError, match="pg_dump: install the PostgreSQL client"):
        store.backup(str(tmp_path / "copy.dump"))
    store.close()
