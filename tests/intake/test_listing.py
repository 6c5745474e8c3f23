"""What is in a folder, in windows, ranges and batches of bounded size."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from intake.imap import listing
from intake.imap.fetched import Listed
from intake.imap.listing import portions, uid_sets, uids_from
from intake.imap.session import Session
from intake.mailbox import MailboxSettings
from tests.servers.scripted import scripted


def test_runs_of_uids_are_written_as_ranges() -> None:
    assert list(uid_sets([1, 2, 3, 7, 9, 10])) == ["1:3,7,9:10"]
    assert list(uid_sets([])) == []


def test_a_sequence_set_never_makes_a_line_too_long_and_no_uid_is_lost() -> None:
    uids = list(range(1, 4_000_000_000, 1_000_003))
    lines = list(uid_sets(uids))
    assert max(map(len, lines)) <= listing.UID_SET_CHARACTERS
    assert [int(uid) for line in lines for uid in line.split(",")] == uids


def test_batches_are_bounded_in_mails_and_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MAX_BATCH_BYTES", 1000)
    mails = [Listed(uid, size) for uid, size in enumerate([400, 400, 400, None, None, None, 5000, 200], 1)]
    assert [[mail.uid for mail in batch] for batch in portions(mails, 3, 900)] == [[1, 2], [3, 4, 5], [6, 7], [8]]


@pytest.mark.parametrize(
    "uids", [range(1, 60), range(1, 1000, 50), [1, 5_000, 5_001, 90_000], []], ids=["dense", "sparse", "gaps", "empty"]
)
def test_windows_give_every_uid_once_and_rising(uids: range | list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "SEARCH_WINDOW", 10)
    mails: Mapping[int, bytes] = dict.fromkeys(uids, b"")
    with scripted(mails) as server:
        session = Session(MailboxSettings("x", "127.0.0.1", "ann", "secret", port=server.port, tls="none"))
        session.open()
        windows = list(uids_from(session, 3))
        session.close()
    assert [uid for window in windows for uid in window] == [uid for uid in uids if uid >= 3]
    assert all(len(window) <= 100 for window in windows)
