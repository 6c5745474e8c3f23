"""Files that are only read when they are exactly those this version was made with."""

from __future__ import annotations

import hashlib
from pathlib import Path

from classifier.encoder.failure import EncoderError


def read_pinned(path: Path, sha256: str) -> bytes:
    """The bytes of ``path``, whose SHA-256 is checked; raises :class:`EncoderError`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise EncoderError(f"{path} cannot be read ({error.strerror}): install mailtriage again") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise EncoderError(f"{path} is not the file this version was made with: install mailtriage again")
    return content
