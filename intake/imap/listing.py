"""What is in a folder, before any mail is fetched: UIDs in windows, sizes, batches of bounded size."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from imapclient.datetime_util import format_criteria_date
from imapclient.exceptions import IMAPClientError, ProtocolError
from imapclient.response_parser import parse_fetch_response

from intake.imap.connection import Client
from intake.imap.fetched import Listed
from intake.imap.server_words import words_of
from intake.imap.session import Session
from intake.mailbox_settings import MailboxRefused

SEARCH_WINDOW = 100_000
"""UIDs asked for at a time; where few of them are there, ten times as many the next time."""
WIDEST_WINDOW = 1_000_000
SIZES_AT_A_TIME = 2_000
MAX_BATCH_BYTES = 32 * 1024 * 1024
"""How much raw mail one batch may hold, however many mails that is."""
ANSWER_BEGINS = re.compile(rb"\d+ \(")
"""What imaplib gives of a FETCH answer up to its first literal: the sequence number and the list (RFC 9051, 7.5.2)."""
UID_SET_CHARACTERS = 8_000
"""RFC 7162, 4 advises command lines of at most 8,192 octets."""


def uids_from(session: Session, start: int, since: date | None = None) -> Iterator[list[int]]:
    """The UIDs from ``start``, rising, in lists of bounded length; with ``since``, of mails that came from that day on.

    The day is that of INTERNALDATE, whatever the Date header says (RFC 9051, 6.4.4, SINCE).
    """
    if session.exists <= SEARCH_WINDOW:
        if session.exists and (uids := _search(session, f"{start}:*", start, None, since)):
            yield uids
        return
    with session.talk("look for mails") as client:
        last = max(search(client, "UID", "*"), default=0)
    low, width = start, SEARCH_WINDOW
    while low <= last:
        high = min(last, low + width - 1)
        uids = _search(session, f"{low}:{high}", low, high, since)
        if uids:
            yield uids
        low = high + 1
        width = SEARCH_WINDOW if len(uids) * 10 > width else min(width * 10, WIDEST_WINDOW)


def sizes(session: Session, uids: Sequence[int]) -> list[Listed]:
    """Each of ``uids`` with its size and INTERNALDATE, as far as the server says them.

    When it refuses, it is asked for fewer at a time, so that one mail it cannot size costs no other.
    """
    try:
        with session.talk("read sizes") as client:
            answers = ask(client, uids, "(RFC822.SIZE INTERNALDATE)")
    except MailboxRefused:
        if len(uids) == 1:
            return [Listed(uids[0])]
        half = len(uids) // 2
        return sizes(session, uids[:half]) + sizes(session, uids[half:])
    return [_listed(uid, answers.get(uid, {})) for uid in uids]


def portions(listed: Sequence[Listed], most: int, most_each: int) -> Iterator[list[Listed]]:
    """Batches of at most ``most`` mails and :data:`MAX_BATCH_BYTES`; no mail counts for more than ``most_each``."""
    portion: list[Listed] = []
    total = 0
    for mail in listed:
        size = min(mail.size or 0, most_each)
        if portion and (len(portion) == most or total + size > MAX_BATCH_BYTES):
            yield portion
            portion, total = [], 0
        portion.append(mail)
        total += size
    if portion:
        yield portion


def still_there(session: Session, uids: Sequence[int]) -> set[int]:
    """Those of ``uids`` that are in the folder now."""
    # What another session removed is gone for this one after a command that may say so (RFC 9051, 7.5.1).
    session.noop()
    found: set[int] = set()
    with session.talk("look for mails") as client:
        for uid_set in uid_sets(uids):
            found.update(search(client, "UID", uid_set))
    return found


def search(client: Client, *criteria: str) -> list[int]:
    """The UIDs that a SEARCH finds, in however many answers the server gives them."""
    client.wire.untagged_responses.pop("SEARCH", None)
    status, data = client.wire.uid("SEARCH", *criteria)
    if status != "OK":
        raise IMAPClientError(words_of(Exception(data[-1])))
    return [int(word) for line in data if line for word in line.split() if word.isdigit()]


def ask(client: Client, uids: Sequence[int], items: str) -> dict[int, dict[bytes, Any]]:
    """FETCH of ``items`` for ``uids``: the answers by UID, whatever their order.

    Those of other mails, which a server may send at any time (RFC 9051, 7.5.2), are left out.
    """
    wanted = set(uids)
    found: dict[int, dict[bytes, Any]] = {}
    for uid_set in uid_sets(uids):
        client.wire.untagged_responses.pop("FETCH", None)
        status, data = client.wire.uid("FETCH", uid_set, items)
        if status != "OK":
            client.wire.untagged_responses.pop("FETCH", None)
            raise IMAPClientError(words_of(Exception(data[-1])))
        # After a literal shorter than announced, a later mail's bytes may follow in what looks like the same answer.
        if not all(ANSWER_BEGINS.match(part[0]) for part in data if isinstance(part, tuple)):
            raise ProtocolError("two literals in one FETCH answer, though at most one was asked for")
        for uid, answer in parse_fetch_response(data, False, True).items():
            if uid in wanted:
                found.setdefault(uid, {}).update(answer)
    return found


def uid_sets(uids: Sequence[int]) -> Iterator[str]:
    """``uids`` (rising) as sequence sets (RFC 9051, 9) of bounded length; runs are written ``first:last``."""
    line = ""
    at = 0
    while at < len(uids):
        end = at
        while end + 1 < len(uids) and uids[end + 1] == uids[end] + 1:
            end += 1
        run = str(uids[at]) if end == at else f"{uids[at]}:{uids[end]}"
        if len(line) + len(run) >= UID_SET_CHARACTERS:
            yield line
            line = ""
        line = f"{line},{run}" if line else run
        at = end + 1
    if line:
        yield line


def _search(session: Session, uid_set: str, low: int, high: int | None, since: date | None) -> list[int]:
    # "n:*" always names the last mail, even when its UID is below n (RFC 9051, 9, seq-range).
    criteria = ["UID", uid_set, *(["SINCE", format_criteria_date(since).decode("ascii")] if since else [])]
    with session.talk("look for mails") as client:
        return sorted({uid for uid in search(client, *criteria) if low <= uid and (high is None or uid <= high)})


def _listed(uid: int, answer: dict[bytes, Any]) -> Listed:
    size, arrived = answer.get(b"RFC822.SIZE"), answer.get(b"INTERNALDATE")
    return Listed(
        uid,
        size if isinstance(size, int) else None,
        arrived if isinstance(arrived, datetime) and arrived.tzinfo else None,
    )
