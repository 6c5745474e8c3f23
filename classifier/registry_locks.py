"""Who may change a registry's folder: one at a time puts versions in force, and no draft is swept while it is written.

Locks of the file system (flock), which end with the process that holds them, however that ends.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IN_FORCE = ".lock"
DRAFTS = ".drafts"
LEFT_OVERS = (".draft-*", ".gone-*", ".current-*")
"""What only a process that was killed leaves behind: versions half written or half removed, an unused list."""


@contextmanager
def changing(folder: Path) -> Iterator[None]:
    """Alone with what is in force in ``folder``: others wait. OSError when the folder cannot be written."""
    with (folder / IN_FORCE).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def drafting(folder: Path) -> Iterator[None]:
    """While it lasts nothing is swept from ``folder``; any number of writers at a time."""
    with (folder / DRAFTS).open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def sweep(folder: Path) -> list[str]:
    """Removes what killed processes left in ``folder``; the names. Nothing while anybody writes a draft there."""
    if not folder.is_dir():
        return []
    with (folder / DRAFTS).open("a+") as drafts, changing(folder):
        try:
            fcntl.flock(drafts, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return []
        found = sorted(path for pattern in LEFT_OVERS for path in folder.glob(pattern))
        for path in found:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return [path.name for path in found]
