"""Attachments on disk are named by their content alone, kept once, and never believed without looking."""

import hashlib
import stat
from pathlib import Path

import pytest

from intake.message import Attachment, parse
from tests.tickets.making import recording
from tickets.attachment_folder import AttachmentFolder
from tickets.store import Store, StoreUnavailable

MAIL = b"""From: a@b.example\r
Subject: log\r
Message-ID: <%d@b.example>\r
Content-Type: multipart/mixed; boundary=x\r
\r
--x\r
\r
See the log.\r
--x\r
Content-Type: application/octet-stream; name="../../etc/passwd"\r
Content-Disposition: attachment; filename="../../etc/passwd"\r
Content-Transfer-Encoding: base64\r
\r
bG9nIG9mIE1vbmRheQ==\r
--x--\r
"""
CONTENT = b"log of Monday"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(f"sqlite:///{tmp_path / 'tickets.db'}", tmp_path / "attachments")


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "attachments").rglob("*") if path.is_file()]


def test_an_attachment_sent_twice_is_kept_once_under_its_digest(store: Store, tmp_path: Path) -> None:
    store.record([recording(parse(MAIL % 1), uid=1), recording(parse(MAIL % 2), uid=2)])
    [file] = files(tmp_path)
    assert file == tmp_path / "attachments" / DIGEST[:2] / DIGEST
    assert file.read_bytes() == CONTENT
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_read_is_read_from_the_mail(store: Store, tmp_path: Path) -> None:
    [done] = store.record([recording(parse(MAIL % 1), uid=1)])
    [file] = files(tmp_path)
    file.unlink()
    file.mkdir()
    assert store.attachment(done.message, DIGEST) == CONTENT


@pytest.mark.parametrize("harm", ["lost", "changed"])
def test_a_file_that_is_lost_or_changed_is_made_again_from_the_mail(store: Store, tmp_path: Path, harm: str) -> None:
    [done] = store.record([recording(parse(MAIL % 1), uid=1)])
    [file] = files(tmp_path)
    if harm == "lost":
        file.unlink()
    else:
        file.write_bytes(b"log of Tuesday")
    assert store.attachment(done.message, DIGEST) == CONTENT
    assert file.read_bytes() == CONTENT


def test_only_digests_name_files(store: Store, tmp_path: Path) -> None:
    [done] = store.record([recording(parse(MAIL % 1), uid=1)])
    (tmp_path / "secret").write_text("secret")
    assert store.attachment(done.message, "../../secret") is None
    assert store.attachment(done.message, "0" * 64) is None


def test_a_folder_that_cannot_be_written_stops_the_batch_and_records_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    store = Store.open(f"sqlite:///{tmp_path / 'tickets.db'}", tmp_path / "file")
    with pytest.raises(StoreUnavailable, match="Attachments cannot be written"):
        store.record([recording(parse(MAIL % 1), uid=1)])
    assert store.unacknowledged("support", "INBOX") == []


def test_half_a_file_is_never_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full in the middle leaves nothing behind."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    part = Attachment("log.txt", "text/plain", len(CONTENT), DIGEST, False, None, CONTENT)
    with pytest.raises(OSError, match="No space"):
        AttachmentFolder(tmp_path / "attachments").keep([part])
    assert files(tmp_path) == []
