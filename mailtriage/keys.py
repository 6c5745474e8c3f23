"""Keys that the program makes for itself, once, and keeps in the data folder."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from errors import MailtriageError

KEY_BYTES = 32


class KeyUnusable(MailtriageError):
    """A key's file cannot be made or read, or holds no key: names the file and says what to do."""


def kept_key(path: Path) -> bytes:
    """The key in ``path``, readable by its owner alone; made when there is none, and once if several programs ask."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        key = path.read_bytes()
    except OSError as error:
        raise KeyUnusable(f"data_dir {path.parent}: {path.name} cannot be made or read ({error.strerror}).") from error
    if len(key) < KEY_BYTES:
        raise KeyUnusable(f"{path}: holds {len(key)} bytes instead of {KEY_BYTES}; restore it, or remove it.")
    return key


def _make(path: Path) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # appears whole or not at all, and never in the place of another's
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)
