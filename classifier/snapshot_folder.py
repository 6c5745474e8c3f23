"""Snapshots kept beside the models: each written once, under its digest, and checked whenever it is read."""

from __future__ import annotations

import gzip
import json
import os
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from classifier.example import Example
from classifier.snapshot import Snapshot, SnapshotMail, digest_of, mail_in
from errors import MailtriageError

FOLDER = "snapshots"
ENDING = ".jsonl.gz"
ERASED = "erased.json"


class SnapshotError(MailtriageError):
    """A snapshot cannot be used: it is not kept, or not what was written."""


class Snapshots:
    """A folder of snapshots, ``DIGEST.jsonl.gz``: a line a mail, with its SHA-256 and, unless erased, the mail itself.

    The digest of a snapshot is made of those of its mails, so it holds when a text is erased: what stays is the mail's
    digest. Nothing else ever changes a file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, data: Snapshot) -> None:
        """Writes the snapshot unless it is there already; it is on the disk when this returns."""
        if self.has(data.digest):
            return
        lines = [_line(example, pool=False) for example in data.examples]
        self._write(self._path(data.digest), _packed([*lines, *(_line(e, pool=True) for e in data.pool)]))

    def has(self, digest: str) -> bool:
        """Whether the snapshot of that digest is kept."""
        return self._path(digest).is_file()

    def digests(self) -> list[str]:
        """Of all snapshots that are kept."""
        return sorted(path.name.removesuffix(ENDING) for path in self.folder.glob(f"*{ENDING}"))

    def mails(self, digest: str) -> list[SnapshotMail]:
        """Exactly the mails that the snapshot holds, the policy's own first.

        Raises :class:`SnapshotError` where it is not kept, or a line is not what was written.
        """
        return [
            SnapshotMail(line["digest"], line["pool"]) if example is None else mail_in(example, pool=line["pool"])
            for line, example in self._read(digest)
        ]

    def examples(self, digest: str) -> list[Example]:
        """The policy's own mails of that snapshot whose texts are still there; raises as :meth:`mails` does."""
        return [example for line, example in self._read(digest) if example is not None and not line["pool"]]

    def erase(self, ids: Collection[str]) -> int:
        """Takes the texts of those mails out of every snapshot; how many were there. Later snapshots do without them.

        An interrupted call may be made again.
        """
        gone = frozenset(ids)
        self._write(self.folder / ERASED, json.dumps(sorted(gone | self.erased())).encode())
        found: set[str] = set()
        for digest in self.digests():
            lines = [line for line, _ in self._read(digest)]
            kept = [line if line.get("mail", {}).get("id") not in gone else _without_text(line) for line in lines]
            if kept != lines:
                found |= {line["digest"] for line, now in zip(lines, kept, strict=True) if line != now}
                self._write(self._path(digest), _packed(kept))
        return len(found)

    def erased(self) -> frozenset[str]:
        """The ids of the mails that no later snapshot may hold."""
        try:
            return frozenset(json.loads((self.folder / ERASED).read_bytes()))
        except FileNotFoundError:
            return frozenset()
        except (OSError, ValueError) as error:
            raise SnapshotError(
                f"{self.folder / ERASED} cannot be read, so nobody knows which mails were erased: restore it."
            ) from error

    def prune(self, kept: Collection[str]) -> list[str]:
        """Deletes the snapshots whose digests are not among ``kept``; those that went."""
        gone = [digest for digest in self.digests() if digest not in kept]
        for digest in gone:
            self._path(digest).unlink(missing_ok=True)
        return gone

    def _path(self, digest: str) -> Path:
        if not digest.isalnum():
            raise SnapshotError(f"{digest!r} is not the digest of a snapshot.")
        return self.folder / f"{digest}{ENDING}"

    def _read(self, digest: str) -> list[tuple[dict[str, Any], Example | None]]:
        path = self._path(digest)
        try:
            lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
            read = [(line, _example(line)) for line in lines]
        except FileNotFoundError:
            raise SnapshotError(f"The snapshot {digest[:12]} is not kept.") from None
        except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SnapshotError(f"{path} is not a snapshot that was written here: {error}.") from error
        if digest_of((line["pool"], line["digest"]) for line, _ in read) != digest:
            raise SnapshotError(f"{path} is not the snapshot that was written: its digest is another.")
        return read

    def _write(self, path: Path, content: bytes) -> None:
        """The file appears whole or not at all."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            descriptor, draft = tempfile.mkstemp(prefix=".draft-", dir=self.folder)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                Path(draft).replace(path)
            except BaseException:
                Path(draft).unlink(missing_ok=True)
                raise
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise SnapshotError(
                f"{self.folder} cannot be written ({error.strerror}): check its owner and free space."
            ) from error


def without_erased(examples: Iterable[Example], erased: Collection[str]) -> list[Example]:
    """The examples whose ids are not among those erased."""
    return [example for example in examples if example.id not in erased]


def _line(example: Example, *, pool: bool) -> dict[str, Any]:
    return {"digest": example.sha256, "pool": pool, "mail": example.to_json()}


def _without_text(line: Mapping[str, Any]) -> dict[str, Any]:
    return {"digest": line["digest"], "pool": line["pool"], "erased": True}


def _example(line: Mapping[str, Any]) -> Example | None:
    if line.get("erased"):
        return None
    example = Example.from_json(line["mail"])
    if example.sha256 != line["digest"]:
        raise ValueError(f"mail {example.id} is not the one that was written")
    return example


def _packed(lines: Sequence[Mapping[str, Any]]) -> bytes:
    """The same lines give the same bytes."""
    text = "".join(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n" for line in lines)
    return gzip.compress(text.encode(), mtime=0)
