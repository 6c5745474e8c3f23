"""Copies of the database, and whether it can be used."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, Connection

from tickets.events import PROGRAM, add, happening
from tickets.faults import StoreError, place_of

DUMP_SECONDS = 3600
LIBPQ_SETTINGS = ("host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey")
"""Settings in a database URL that pg_dump takes from the environment under ``PG`` and their name."""


class Probe(Exception):
    """Leaves a transaction without keeping what it wrote. Never leaves the store."""


def probe(connection: Connection) -> None:
    """Writes an event and takes it back, which fails where the database cannot be written."""
    add(connection, [happening("probe", actor=PROGRAM)])
    raise Probe


def backup(url: URL, path: Path) -> None:
    """A consistent copy of the database in the file ``path``, which appears whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.unlink(missing_ok=True)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        if url.get_backend_name() == "sqlite":
            _copy_sqlite(Path(url.database or ""), part, path)
        else:
            _dump_postgresql(url, part)
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        part.replace(path)
    except (OSError, sqlite3.Error, subprocess.TimeoutExpired) as error:
        part.unlink(missing_ok=True)
        raise StoreError(f"Cannot write the backup {path}: {error}.") from error
    except StoreError:
        part.unlink(missing_ok=True)
        raise


def _copy_sqlite(database: Path, part: Path, path: Path) -> None:
    if path.exists() and path.samefile(database):
        raise StoreError(f"The backup {path} is the database itself: name another file.")
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(part)) as target:
        source.backup(target)


def _dump_postgresql(url: URL, part: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise StoreError("A backup of PostgreSQL needs its program pg_dump: install the PostgreSQL client.")
    connection = {"PGHOST": url.host, "PGPORT": url.port, "PGUSER": url.username, "PGDATABASE": url.database}
    settings = {f"PG{key.upper()}": value for key, value in url.query.items() if key in LIBPQ_SETTINGS}
    environment = {key: str(value) for key, value in (connection | settings).items() if value is not None}
    if url.password is not None:
        environment["PGPASSWORD"] = url.password  # not an argument: every user of the machine sees those
    done = subprocess.run(  # noqa: S603
        [program, "--format=custom", "--no-password", f"--file={part}"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=DUMP_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise StoreError(f"pg_dump could not copy {place_of(url)}: {said}")
