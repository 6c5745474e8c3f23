"""Vectors on disk: found again, by any process, within a limit; and never a reason to fail."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from classifier.encoder.vector_cache import Half, VectorCache

DIMENSION = 8
PLENTY = 10**8


def opened(path: Path, limit: int = PLENTY, day: Callable[[], int] = lambda: 20_000) -> VectorCache:
    return VectorCache(path, DIMENSION, limit, day)


def some(count: int, first: int = 0, dimension: int = DIMENSION) -> dict[bytes, Half]:
    return {
        number.to_bytes(32, "big"): np.full(dimension, number % 100, np.float16)
        for number in range(first, first + count)
    }


def test_what_was_put_is_found_by_another_process_and_nothing_else(tmp_path: Path) -> None:
    vectors = some(1_200)
    opened(tmp_path / "v.db").put(vectors)
    found = opened(tmp_path / "v.db").get([*vectors, b"unknown"])
    assert found.keys() == vectors.keys()
    assert all((found[key] == vectors[key]).all() for key in vectors)


def test_the_file_and_its_folder_are_their_owners_alone(tmp_path: Path) -> None:
    opened(tmp_path / "vectors" / "v.db").put(some(1))
    assert stat.S_IMODE((tmp_path / "vectors").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "vectors").iterdir()} == {0o600}


def test_beyond_the_limit_what_was_used_longest_ago_goes(tmp_path: Path) -> None:
    days = [1]
    cache = VectorCache(tmp_path / "v.db", 2_000, limit_bytes=400_000, today=lambda: days[0])
    old, kept = some(40, dimension=2_000), some(5, first=100, dimension=2_000)
    cache.put(kept)
    cache.put(old)
    days[0] = 2
    assert len(cache.get(list(kept))) == 5
    cache.put(some(60, first=200, dimension=2_000))
    assert len(cache.get(list(kept))) == 5
    assert len(cache.get(list(old))) < 20
    cache.close()
    assert (tmp_path / "v.db").stat().st_size < 600_000


@pytest.mark.parametrize("content", [b"this is no database" * 500, b"SQLite format 3\x00" + b"\xff" * 5_000, b""])
def test_a_broken_file_is_thrown_away_and_begun_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "v.db").write_bytes(content)
    cache = opened(tmp_path / "v.db")
    for _ in range(2):
        cache.put(some(3))
    assert len(cache.get(list(some(3)))) == 3


def test_a_changed_vector_is_not_taken_for_the_one_that_was_put(tmp_path: Path) -> None:
    vectors = some(2)
    cache = opened(tmp_path / "v.db")
    cache.put(vectors)
    cache.close()
    with sqlite3.connect(tmp_path / "v.db") as connection:
        connection.execute("UPDATE vector SET value = ? WHERE rowid = 1", (np.ones(DIMENSION, np.float16).tobytes(),))
    connection.close()
    assert list(cache.get(list(vectors))) == list(vectors)[1:]


def test_where_nothing_can_be_written_or_another_holds_the_file_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    barred = opened(tmp_path / "file" / "v.db")
    barred.put(some(1))
    assert barred.get(list(some(1))) == {}


def test_threads_share_one(tmp_path: Path) -> None:
    cache, other = opened(tmp_path / "v.db"), opened(tmp_path / "v.db")
    # A new file is made by one of them first: where two make it at once, one may find it locked and keeps nothing.
    assert not cache.get([b"k"])
    assert not other.get([b"k"])
    parts = [some(50, first=start) for start in range(0, 400, 50)]
    threads = [
        threading.Thread(target=(cache, other)[number % 2].put, args=(part,)) for number, part in enumerate(parts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cache.get(list(some(400)))) == 400
