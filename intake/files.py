"""Raw mails from files: single mails, folders of them, mbox files and Maildirs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from errors import MailtriageError

FROM_LINE = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]{1,200} \d{4}(?: [+-]\d{4})?[ \t]*\r?\n")
"""What parts the mails of an mbox (RFC 4155, appendix A): ``From ``, the sender, a date that ends with the year."""
MBOX_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
MAILDIR_FOLDERS = ("new", "cur")


class MailFileError(MailtriageError):
    """A path that holds no mail or cannot be read; says which."""


@dataclass(frozen=True, slots=True)
class RawMail:
    """One raw mail, the file it came from, and which of an mbox's mails it is (from 0; None outside an mbox)."""

    file: str
    index: int | None
    raw: bytes

    @property
    def name(self) -> str:
        """``file``, or ``file#index`` in an mbox."""
        return self.file if self.index is None else f"{self.file}#{self.index}"


def read(paths: Iterable[Path]) -> Iterator[RawMail]:
    """Every raw mail under ``paths``, in their order, folders sorted by name; raises :class:`MailFileError`."""
    for path in paths:
        if path.is_dir():
            yield from _folder(path)
        elif path.exists():
            yield from _file(path)
        else:
            raise MailFileError(f"There is no file or folder {str(path)!r}.")


def _folder(folder: Path) -> Iterator[RawMail]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise MailFileError(f"The folder {str(folder)!r} cannot be read: {error.strerror}.") from error
    if all((folder / name).is_dir() for name in MAILDIR_FOLDERS):
        # Maildir: what lies in tmp is not delivered yet; subfolders are Maildirs whose names begin with a dot.
        for name in MAILDIR_FOLDERS:
            for path in sorted((folder / name).iterdir()):
                if path.is_file() and not path.name.startswith("."):
                    yield RawMail(str(path), None, _bytes(path))
        entries = [entry for entry in entries if entry.is_dir() and entry.name not in (*MAILDIR_FOLDERS, "tmp")]
    else:
        entries = [entry for entry in entries if not entry.name.startswith(".")]
    mails = [entry for entry in entries if entry.suffix.lower() in (".eml", ".mbox")]
    for entry in entries:
        if entry.is_dir():
            yield from _folder(entry)
        elif entry in mails or not mails:
            # Beside .eml files, other files are notes about them.
            yield from _file(entry)


def _file(path: Path) -> Iterator[RawMail]:
    raw = _bytes(path)
    starts = [] if path.suffix.lower() == ".eml" else [match.span() for match in FROM_LINE.finditer(raw)]
    if not starts or starts[0][0] != 0 or (len(starts) == 1 and path.suffix.lower() != ".mbox"):
        yield RawMail(str(path), None, raw)
        return
    ends = [start for start, _ in starts[1:]] + [len(raw)]
    for index, ((_, begin), end) in enumerate(zip(starts, ends, strict=True)):
        yield RawMail(str(path), index, MBOX_QUOTED.sub(rb"\1", raw[begin:end]))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MailFileError(f"The file {str(path)!r} cannot be read: {error.strerror}.") from error
