"""Secrets that the settings name by their file."""

from __future__ import annotations

from pathlib import Path

from errors import MailtriageError


class SettingsError(MailtriageError):
    """The settings cannot be used: names the file, the key and what is allowed there."""


def read_secret(path: Path, key: str) -> str:
    """The first line of a secret's file; :class:`SettingsError` names the key when it cannot be read or is empty."""
    try:
        secret = path.read_text("utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise SettingsError(f"{key}: cannot read {path} ({reason}).") from error
    if not secret:
        raise SettingsError(f"{key}: {path} is empty; put the password on its first line.")
    return secret
