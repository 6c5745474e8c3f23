"""Snapshots: written once, checked when read, and without the texts that were erased."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.example import Example
from classifier.snapshot import Snapshot, mails, snapshot
from classifier.snapshot_folder import SnapshotError, Snapshots, without_erased

OWN = [
    Example("a", "server", "is down", labels={"severity": "SEV1", "topic": "server_down"}, impact={"affected": "all"}),
    Example("b", "ports", "which ones", labels={"severity": "SEV4"}, origin="agent", group="c1", account="customer 1"),
]
POOL = [Example("z", "graph", "is slow", policy="perfana", labels={"severity": "SEV3", "topic": "degradation"})]


@pytest.fixture
def data() -> Snapshot:
    return snapshot(OWN, POOL)


@pytest.fixture
def kept(tmp_path: Path, data: Snapshot) -> Snapshots:
    found = Snapshots(tmp_path / "snapshots")
    found.keep(data)
    return found


def test_the_digest_is_of_the_mails_and_the_pool_and_of_every_label(data: Snapshot) -> None:
    assert snapshot([*reversed(OWN)], POOL).digest == data.digest
    assert snapshot(OWN).digest != data.digest
    assert snapshot([*OWN, *POOL]).digest != data.digest
    assert snapshot([replace(OWN[0], labels={}), OWN[1]], POOL).digest != data.digest


def test_what_is_kept_says_exactly_which_mails_and_what_each_taught(kept: Snapshots, data: Snapshot) -> None:
    assert kept.mails(data.digest) == mails(data)
    first, second, third = kept.mails(data.digest)
    assert first.labels == {"severity": "SEV1", "topic": "server_down", "affected": "all"}
    assert (second.id, second.origin, second.pool) == ("b", "agent", False)
    # Of another policy's mail the topic is not learned.
    assert (third.policy, third.pool, third.labels) == ("perfana", True, {"severity": "SEV3"})
    assert kept.examples(data.digest) == list(data.examples)


def test_it_is_written_once_and_the_same_snapshot_has_the_same_bytes(
    kept: Snapshots, data: Snapshot, tmp_path: Path
) -> None:
    [path] = kept.folder.glob("*.gz")
    before = path.stat()
    kept.keep(data)
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    other = Snapshots(tmp_path / "other")
    other.keep(snapshot(list(reversed(OWN)), POOL))
    assert next(other.folder.glob("*.gz")).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("what", ["label", "line", "garbage", "cut"])
def test_what_is_not_as_it_was_written_is_refused(kept: Snapshots, data: Snapshot, what: str) -> None:
    [path] = kept.folder.glob("*.gz")
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    if what == "label":
        lines[0] = lines[0].replace(b"SEV1", b"SEV2")
    contents = {
        "label": gzip.compress(b"".join(lines)),
        "line": gzip.compress(b"".join(lines[1:])),
        "garbage": b"no snapshot",
        "cut": path.read_bytes()[:-20],
    }
    path.write_bytes(contents[what])
    with pytest.raises(SnapshotError):
        kept.mails(data.digest)


def test_one_that_is_not_kept_is_said_to_be_missing(kept: Snapshots) -> None:
    with pytest.raises(SnapshotError, match="is not kept"):
        kept.mails("ab" * 32)
    with pytest.raises(SnapshotError, match="not the digest"):
        kept.mails("../card")


def test_of_an_erased_mail_only_its_digest_is_left_and_the_snapshot_keeps_its_own(
    kept: Snapshots, data: Snapshot
) -> None:
    later = snapshot([*OWN, Example("c", "more", "text")], POOL)
    kept.keep(later)
    assert kept.erase(["b"]) == 1
    for path in kept.folder.glob("*.gz"):
        assert b"which ones" not in gzip.decompress(path.read_bytes())
    erased = kept.mails(data.digest)[1]
    assert erased.erased
    assert (erased.digest, erased.labels) == (OWN[1].sha256, None)
    assert len(kept.mails(later.digest)) == 4
    assert [example.id for example in kept.examples(data.digest)] == ["a"]


def test_an_erased_mail_is_in_no_later_snapshot(kept: Snapshots) -> None:
    kept.erase(["b"])
    kept.erase(["nobody"])
    assert kept.erased() == {"b", "nobody"}
    assert [example.id for example in without_erased(OWN, kept.erased())] == ["a"]


def test_a_list_of_the_erased_that_cannot_be_read_stops_training(kept: Snapshots) -> None:
    (kept.folder / "erased.json").write_text("{")
    with pytest.raises(SnapshotError, match="nobody knows which mails were erased"):
        kept.erased()


def test_snapshots_of_no_model_are_pruned(kept: Snapshots, data: Snapshot) -> None:
    other = snapshot(OWN[:1])
    kept.keep(other)
    assert kept.prune([data.digest]) == [other.digest]
    assert kept.digests() == [data.digest]
    assert json.loads(gzip.decompress(next(kept.folder.glob("*.gz")).read_bytes()).splitlines()[0])["mail"]["id"] == "a"
