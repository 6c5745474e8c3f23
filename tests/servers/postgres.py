"""A real PostgreSQL for the tests: one server a test session, a fresh database a test."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tickets.store import Store

USER = "mailtriage"
PASSWORD = "se:cr@t/%word"
TEMPLATE = "migrated"
SHARED = "shared"
START_SECONDS = 30
EMPTY = """
DO $$ DECLARE name text; BEGIN
  SET LOCAL session_replication_role = replica;  -- foreign keys need not be checked where everything goes
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('DELETE FROM %I', name);
  END LOOP;
  PERFORM setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences WHERE schemaname = 'public';
END $$
"""  # a TRUNCATE makes new files, which takes far longer than deleting a few rows
PR_SET_PDEATHSIG = 1  # prctl(2): the server goes when the tests are killed


class PostgresServer:
    """A server with its own data folder, reached through a socket in it; ``stop`` removes everything."""

    def __init__(self, programs: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mt-pg-"))
        self._programs = programs
        self._account = "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
        if self._account:
            shutil.chown(self.folder, self._account, pwd.getpwnam(self._account).pw_gid)
        self._initialise()
        self._process = self._start()

    def _run_as(self) -> dict[str, object]:
        if self._account is None:
            return {}
        return {"user": self._account, "group": pwd.getpwnam(self._account).pw_gid, "extra_groups": []}

    def _initialise(self) -> None:
        password_file = self.folder / "password"
        password_file.write_text(PASSWORD)
        if self._account:
            shutil.chown(password_file, self._account)
        options = [f"--username={USER}", "--auth=scram-sha-256", f"--pwfile={password_file}", "--encoding=UTF8"]
        subprocess.run(
            [self._programs / "initdb", f"--pgdata={self.folder / 'data'}", "--locale=C.UTF-8", "--no-sync", *options],
            check=True,
            capture_output=True,
            cwd=self.folder,
            **self._run_as(),
        )
        password_file.unlink()

    def _start(self) -> subprocess.Popen[bytes]:
        settings = {
            "fsync": "off",
            "full_page_writes": "off",
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "timezone": "Asia/Kolkata",  # so that a time which is not stored in UTC shows
            "max_connections": "60",
        }
        log = (self.folder / "log").open("wb")
        process = subprocess.Popen(
            [
                self._programs / "postgres",
                f"-D{self.folder / 'data'}",
                *(f"-c{key}={value}" for key, value in settings.items()),
            ],
            stdout=log,
            stderr=log,
            cwd=self.folder,
            preexec_fn=_die_with_parent,
            **self._run_as(),
        )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._admin("SELECT 1")
                return process
            except psycopg.OperationalError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.05)

    def _admin(self, statement: str) -> None:
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def conninfo(self, database: str) -> str:
        """What libpq and psycopg connect by."""
        return psycopg.conninfo.make_conninfo(
            host=str(self.folder), user=USER, password=PASSWORD, dbname=database, connect_timeout=5
        )

    def url(self, database: str, password: str = PASSWORD) -> str:
        """The SQLAlchemy URL of a database of this server."""
        from sqlalchemy import URL

        url = URL.create("postgresql+psycopg", USER, password, database=database, query={"host": str(self.folder)})
        return url.render_as_string(hide_password=False)

    @functools.cached_property
    def _template(self) -> str:
        self._admin(f"CREATE DATABASE {TEMPLATE}")
        Store.open(self.url(TEMPLATE)).close()
        return TEMPLATE

    @contextlib.contextmanager
    def fresh_database(self, *, migrated: bool = True) -> Iterator[str]:
        """The URL of a new database: with the tables of the newest schema, or empty. It is dropped at the end."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        template = self._template if migrated else "template0"
        self._admin(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self._admin(f"DROP DATABASE {name} WITH (FORCE)")

    @functools.cached_property
    def _shared(self) -> str:
        self._admin(f"CREATE DATABASE {SHARED} TEMPLATE {self._template}")
        return SHARED

    def emptied_database(self) -> str:
        """The URL of one migrated database that every caller gets emptied: ten times faster than a fresh one.

        Not for tests that change the schema.
        """
        with psycopg.connect(self.conninfo(self._shared), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = %s AND state <> 'idle' AND pid <> pg_backend_pid()",
                [SHARED],
            )
            connection.execute(EMPTY)
        return self.url(SHARED)

    def stop(self) -> None:
        """Ends the server and removes its folder."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
            self._process.wait(START_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def programs() -> Path | None:
    """Where PostgreSQL's server programs are: the newest of Debian's, else those on the path."""
    of_debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = shutil.which("initdb")
    return of_debian[-1].parent if of_debian else Path(found).parent if found else None


@functools.cache
def server() -> PostgresServer:
    """The session's server, started at its first use; skips the test where PostgreSQL is not installed."""
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed (no initdb)")
    started = PostgresServer(found)
    atexit.register(started.stop)
    return started


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The URL of a fresh, migrated PostgreSQL database."""
    with server().fresh_database() as url:
        yield url
