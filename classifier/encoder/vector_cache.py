"""Sentence vectors on disk, by the SHA-256 of their texts. Losing them costs only time."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

log = logging.getLogger("mailtriage.vectors")

SCHEMA = """
CREATE TABLE IF NOT EXISTS vector (
    key BLOB NOT NULL UNIQUE, value BLOB NOT NULL, checksum INTEGER NOT NULL, used INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS by_use ON vector (used);
"""
LONGEST_UNUSED = "DELETE FROM vector WHERE rowid IN (SELECT rowid FROM vector ORDER BY used, rowid LIMIT ?)"
LOCK_SECONDS = 2.0
KEYS_A_QUERY = 500
DAY = 86_400
KEPT = 0.9
"""Of the limit, once it was reached: what was used longest ago goes."""
HELD_BY_OTHERS = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

Half = npt.NDArray[np.float16]


class VectorCache:
    """One file for one encoder; threads and processes may share it.

    Nothing it does raises: what cannot be read is embedded again, a file that is broken is thrown away, and where
    nothing can be written nothing is kept.
    """

    def __init__(self, path: Path, dimension: int, limit_bytes: int, today: Callable[[], int] | None = None) -> None:
        """``limit_bytes`` bounds the file, not its log of a few MB; ``today`` is a number of days, for tests."""
        self.path = path
        self._dimension = dimension
        self._limit = limit_bytes
        self._today = today or (lambda: int(time.time() // DAY))
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._owner = os.getpid()

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Half]:
        """The vectors of those ``keys`` that are known."""
        found: dict[bytes, Half] = {}
        self._guarded(lambda connection: self._read(connection, keys, found))
        return found

    def put(self, vectors: Mapping[bytes, Half]) -> None:
        """Keeps ``vectors``; beyond the limit, those used longest ago go."""
        if vectors:
            self._guarded(lambda connection: self._write(connection, vectors))

    def close(self) -> None:
        """Closes the file; it is opened again when it is needed."""
        with self._lock:
            self._close()

    def _read(self, connection: sqlite3.Connection, keys: Sequence[bytes], found: dict[bytes, Half]) -> None:
        today, old = self._today(), []
        for start in range(0, len(keys), KEYS_A_QUERY):
            some = keys[start : start + KEYS_A_QUERY]
            marks = ",".join("?" * len(some))
            rows = connection.execute(f"SELECT key, value, checksum, used FROM vector WHERE key IN ({marks})", some)  # noqa: S608
            for key, value, checksum, used in rows:
                vector = np.frombuffer(value, np.float16)
                if len(vector) == self._dimension and checksum == zlib.crc32(key + value):
                    found[key] = vector
                    if used < today:
                        old.append(key)
        if old:
            with connection:
                connection.executemany("UPDATE vector SET used = ? WHERE key = ?", [(today, key) for key in old])

    def _write(self, connection: sqlite3.Connection, vectors: Mapping[bytes, Half]) -> None:
        today = self._today()
        values = ((key, vector.astype(np.float16).tobytes()) for key, vector in vectors.items())
        rows = [(key, value, zlib.crc32(key + value), today) for key, value in values]
        with connection:
            connection.executemany("INSERT OR REPLACE INTO vector VALUES (?, ?, ?, ?)", rows)
        used = self._bytes_used(connection)
        if used > self._limit:
            a_row = max(1, used // max(1, connection.execute("SELECT count(*) FROM vector").fetchone()[0]))
            surplus = int((used - self._limit * KEPT) // a_row) + 1
            with connection:
                connection.execute(LONGEST_UNUSED, (surplus,))

    @staticmethod
    def _bytes_used(connection: sqlite3.Connection) -> int:
        pages, free, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def _guarded(self, work: Callable[[sqlite3.Connection], None]) -> None:
        with self._lock:
            try:
                work(self._opened())
            except (sqlite3.Error, OSError) as error:
                self._close()
                code = getattr(error, "sqlite_errorcode", None)
                if code is not None and code & 0xFF in HELD_BY_OTHERS:
                    return
                if (code is not None and code & 0xFF in BROKEN) or _wrong_table(error):
                    log.warning("%s is broken (%s) and was thrown away; its texts are embedded again", self.path, error)
                    self._remove()
                else:
                    log.info("%s cannot be used: %s", self.path, error)

    def _opened(self) -> sqlite3.Connection:
        if self._owner != os.getpid():
            # A connection must not cross a fork; it is left alone, for closing it would drop the parent's locks.
            self._connection, self._owner = None, os.getpid()
        if self._connection is None:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(self.path, timeout=LOCK_SECONDS, check_same_thread=False)
            self._connection = connection
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(SCHEMA)
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _remove(self) -> None:
        for ending in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)


def _wrong_table(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) and "no such column" in str(error)
