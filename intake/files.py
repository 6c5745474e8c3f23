"""Raw mails from files: single mails, folders of them, mbox files and Maildirs."""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from errors import MailtriageError
from intake.decoding.headers import date

FROM_LINE = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]{1,200} \d{4}(?: [+-]\d{4})?[ \t]*\r?\n")
"""What parts the mails of an mbox (RFC 4155, appendix A): ``From ``, the sender, a date that ends with the year."""
DELIVERED = re.compile(rb"(\w{3} \w{3} [ \d]?\d \d\d:\d\d:\d\d \d{4})(?: ([+-]\d{4}))?[ \t]*\r?\n\Z")
"""When a mail came into its mbox, in the local time of an unknown zone unless one is given, which is rare."""
MBOX_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
MAILDIR_FOLDERS = ("new", "cur")


class MailFileError(MailtriageError):
    """A path that holds no mail or cannot be read; says which."""


@dataclass(frozen=True, slots=True)
class RawMail:
    """One raw mail, the file it came from, and which of an mbox's mails it is (from 0; None outside an mbox).

    ``delivered_at`` is when it came into its mbox, where that says so; without a zone the time is taken as UTC.
    """

    file: str
    index: int | None
    raw: bytes
    delivered_at: datetime | None = None

    @property
    def name(self) -> str:
        """``file``, or ``file#index`` in an mbox."""
        return self.file if self.index is None else f"{self.file}#{self.index}"


def read(paths: Iterable[Path]) -> Iterator[RawMail]:
    """Every raw mail under ``paths``, in their order, folders sorted by name; raises :class:`MailFileError`."""
    for path, single in _files(paths):
        if single:
            yield RawMail(str(path), None, _bytes(path))
        else:
            yield from _mbox(path)


def size(paths: Iterable[Path]) -> int:
    """How many bytes :func:`read` will go through; raises :class:`MailFileError`."""
    return sum(path.stat().st_size for path, _ in _files(paths))


def _files(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """The files under ``paths``, and whether each is a single mail whatever it looks like inside."""
    for path in paths:
        if path.is_dir():
            yield from _folder(path)
        elif path.exists():
            yield path, path.suffix.lower() == ".eml"
        else:
            raise MailFileError(f"There is no file or folder {str(path)!r}.")


def _folder(folder: Path) -> Iterator[tuple[Path, bool]]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise MailFileError(f"The folder {str(folder)!r} cannot be read: {error.strerror}.") from error
    if all((folder / name).is_dir() for name in MAILDIR_FOLDERS):
        # Maildir: what lies in tmp is not delivered yet; subfolders are Maildirs whose names begin with a dot.
        for name in MAILDIR_FOLDERS:
            delivered = sorted((folder / name).iterdir())
            yield from ((path, True) for path in delivered if path.is_file() and not path.name.startswith("."))
        entries = [entry for entry in entries if entry.is_dir() and entry.name not in (*MAILDIR_FOLDERS, "tmp")]
    else:
        entries = [entry for entry in entries if not entry.name.startswith(".")]
    mails = [entry for entry in entries if entry.suffix.lower() in (".eml", ".mbox")]
    for entry in entries:
        if entry.is_dir():
            yield from _folder(entry)
        elif entry in mails or not mails:
            # Beside .eml files, other files are notes about them.
            yield entry, entry.suffix.lower() == ".eml"


def _mbox(path: Path) -> Iterator[RawMail]:
    """The mails of an mbox, one after another (it may be larger than memory); a file that is none is one mail."""
    with _mapped(path) as raw:
        starts = [match.span() for match in FROM_LINE.finditer(raw)]
        if not starts or starts[0][0] != 0 or (len(starts) == 1 and path.suffix.lower() != ".mbox"):
            yield RawMail(str(path), None, raw[:])
            return
        ends = [start for start, _ in starts[1:]] + [len(raw)]
        for index, ((line, begin), end) in enumerate(zip(starts, ends, strict=True)):
            yield RawMail(str(path), index, MBOX_QUOTED.sub(rb"\1", raw[begin:end]), _delivered_at(raw[line:begin]))


@contextmanager
def _mapped(path: Path) -> Iterator[bytes | mmap.mmap]:
    """The content of a file, in memory only as far as it is looked at."""
    try:
        with path.open("rb") as file:
            if not os.fstat(file.fileno()).st_size:  # an empty file cannot be mapped
                yield b""
                return
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise MailFileError(f"The file {str(path)!r} cannot be read: {error.strerror}.") from error
    with mapped:
        yield mapped


def _delivered_at(from_line: bytes) -> datetime | None:
    match = DELIVERED.search(from_line)
    return date(" ".join(each.decode("latin-1") for each in match.groups() if each)) if match else None


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MailFileError(f"The file {str(path)!r} cannot be read: {error.strerror}.") from error
