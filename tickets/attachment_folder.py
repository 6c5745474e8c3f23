"""Attachments on disk, each under the digest of its content, so that one sent a hundred times is kept once."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from intake.message import Attachment

DIGEST = re.compile(r"[0-9a-f]{64}")
"""SHA-256 in hexadecimal: all that a file is ever called, whatever name the sender gave."""


@dataclass(frozen=True, slots=True)
class AttachmentFolder:
    """A folder of files ``ab/abcd...``, readable by this user alone.

    It holds nothing that the raw mails do not hold: a file that is lost or damaged is made again from its mail.
    """

    path: Path

    def keep(self, attachments: Iterable[Attachment]) -> None:
        """Writes what is not there yet. Raises OSError when the disk is full or cannot be written."""
        for attachment in attachments:
            place = self._place(attachment.sha256)
            if not place.exists():
                _write(place, attachment.content)

    def read(self, sha256: str) -> bytes | None:
        """The content of that digest; None when it is not there, cannot be read or is no longer what it was."""
        if not DIGEST.fullmatch(sha256):
            return None
        with suppress(OSError):
            content = self._place(sha256).read_bytes()
            if hashlib.sha256(content).hexdigest() == sha256:
                return content
            self._place(sha256).unlink()
        return None

    def forget(self, digests: Iterable[str]) -> None:
        """Deletes the files of these digests; raises OSError where one cannot be deleted."""
        for sha256 in digests:
            if DIGEST.fullmatch(sha256):
                self._place(sha256).unlink(missing_ok=True)

    def _place(self, sha256: str) -> Path:
        return self.path / sha256[:2] / sha256


def _write(place: Path, content: bytes) -> None:
    """All of it or nothing: a reader never sees half a file."""
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=place.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).replace(place)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
