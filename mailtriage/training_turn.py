"""One training at a time, however many processes and machines: an advisory lock on PostgreSQL, a file lock else."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mailtriage.starters import TrainingError
from tickets.store import Store


class TrainingBusy(TrainingError):
    """Another process is training."""

    def __init__(self) -> None:
        super().__init__(
            "Another process is training; try again when it is done. `mailtriage runs list` says how far it is."
        )


@contextmanager
def training_alone(store: Store, data_dir: Path) -> Iterator[None]:
    """Holds the training lock of the store, or on SQLite that of the data folder.

    Raises :class:`TrainingBusy` when another process does. It ends with the process that holds it, however that ends.
    """
    with store.training_turn() as turn:
        if turn is None:
            with _file_lock(data_dir):
                yield
        elif turn:
            yield
        else:
            raise TrainingBusy


@contextmanager
def _file_lock(data_dir: Path) -> Iterator[None]:
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "training.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TrainingBusy from error
        yield
