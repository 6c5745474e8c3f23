"""Raw mails from files and folders."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from intake.files import MailFileError, read

ONE = b"Subject: one\n\nFrom the start it failed.\n\nFrom here on, too.\n"
TWO = b"Subject: two\n\n>From quoted line\nbody\n"
SEPARATOR = b"From ann@example.com Mon Feb  2 10:00:00 2026\n"


def names(path: Path) -> list[tuple[str, int | None]]:
    return [(Path(mail.file).name, mail.index) for mail in read([path])]


def test_a_single_file_is_one_mail_whatever_its_name(tmp_path: Path) -> None:
    for name in ("a.eml", "b", "c.txt"):
        (tmp_path / name).write_bytes(ONE)
    assert [(mail.index, mail.raw) for name in ("a.eml", "b", "c.txt") for mail in read([tmp_path / name])] == [
        (None, ONE)
    ] * 3


def test_a_mail_saved_with_its_separator_line_is_one_mail(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_bytes(SEPARATOR + ONE)
    assert names(tmp_path / "one.txt") == [("one.txt", None)]


def test_an_mbox_gives_each_of_its_mails_with_its_index(tmp_path: Path) -> None:
    path = tmp_path / "box.mbox"
    path.write_bytes(SEPARATOR + ONE + b"\n" + SEPARATOR + TWO)
    mails = list(read([path]))
    assert [(mail.index, mail.name) for mail in mails] == [(0, f"{path}#0"), (1, f"{path}#1")]
    assert mails[0].raw.strip() == ONE.strip()
    assert mails[1].raw == TWO.replace(b">From", b"From")


def test_an_mbox_may_hold_a_single_mail(tmp_path: Path) -> None:
    (tmp_path / "box.mbox").write_bytes(SEPARATOR + ONE)
    assert names(tmp_path) == [("box.mbox", 0)]


def test_a_folder_is_read_in_order_and_to_its_depth(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("c.eml", "a.eml", "b/2.eml", "b/1.eml", "notes.json", ".hidden.eml"):
        (tmp_path / name).write_bytes(ONE)
    assert [name for name, _ in names(tmp_path)] == ["a.eml", "1.eml", "2.eml", "c.eml"]


def test_a_maildir_gives_what_is_delivered(tmp_path: Path) -> None:
    for folder in ("cur", "new", "tmp", ".Sent/cur", ".Sent/new", ".Sent/tmp"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / f"1.{folder.replace('/', '-')}:2,S").write_bytes(ONE)
    (tmp_path / "dovecot-uidlist").write_text("3 V1 N1")
    assert [name for name, _ in names(tmp_path)] == ["1.new:2,S", "1.cur:2,S", "1..Sent-new:2,S", "1..Sent-cur:2,S"]


def test_an_mbox_tells_when_each_mail_came(tmp_path: Path) -> None:
    (tmp_path / "x.mbox").write_bytes(
        b"From a@x  Fri Feb 22 17:06:23 2008\n\none\n\nFrom b@x Sat Mar  1 09:00:00 2008 +0100\n\ntwo\n\n"
        b"From c@x some day in 2008\n\nthree\n"
    )
    assert [mail.delivered_at for mail in read([tmp_path / "x.mbox"])] == [
        datetime(2008, 2, 22, 17, 6, 23, tzinfo=UTC),
        datetime(2008, 3, 1, 8, 0, tzinfo=UTC),
        None,
    ]
    (tmp_path / "x.eml").write_bytes(b"Subject: one\n\none\n")
    assert [mail.delivered_at for mail in read([tmp_path / "x.eml"])] == [None]


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(MailFileError, match=r"There is no file or folder '.*nowhere'"):
        list(read([tmp_path / "nowhere"]))
