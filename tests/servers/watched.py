"""A mailbox and the store it is recorded in, compared: what is lost, twice, wrongly marked or wrongly remembered."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from tests.servers.imap_server import ImapServer

LIMIT = 1024 * 1024
"""Bytes from which only the header of a mail is fetched (``max_message_mb = 1``)."""
MARKED = {"seen": ["SEEN"], "keyword": ["KEYWORD", "$MailtriageRecorded"], "move": ["DELETED"]}
"""What to search for (RFC 9051, 6.4.4) to find the recorded mails in INBOX; a moved one is there no more."""
TOO_LARGE = ["LARGER", str(LIMIT)]
PROCESSED = "Processed"


@dataclass(frozen=True, slots=True)
class Held:
    """What a store holds of INBOX: digests by UID, the UIDVALIDITYs, the cursors and the UIDs not acknowledged."""

    digests: dict[int, str]
    uidvalidities: set[int]
    cursors: list[tuple[int, int]]
    unacknowledged: list[int]


@dataclass(frozen=True, slots=True)
class Watched:
    """The INBOX of ``user`` on ``server``, polled as the mailbox of that name into the store at ``url``."""

    server: ImapServer
    user: str
    acknowledge: str
    url: str
    _digests: dict[int, str] = field(default_factory=dict, repr=False)

    def wrong_on_the_way(self) -> Iterator[str]:
        """What may never be: a mark on a mail that is not recorded, a cursor that is not the last UID recorded."""
        held = self.held()
        marked = self._found(MARKED[self.acknowledge])
        if premature := marked - set(held.digests):
            yield f"marked and not recorded: {sorted(premature)}"
        if wrongly := marked & self._found(TOO_LARGE):
            yield f"marked though not fetched: {sorted(wrongly)}"
        expected = [(each, max(held.digests)) for each in held.uidvalidities]
        if held.cursors != expected:
            yield f"the cursor (UIDVALIDITY, UID) is {held.cursors}, recorded is up to {expected}"
        if lost := self._moved() - Counter(held.digests.values()):
            yield f"moved and not recorded: {lost.total()}"

    def wrong_at_the_end(self, delivered: Sequence[bytes]) -> Iterator[str]:
        """Besides: each mail has one record, and each its mark, but those too large to be fetched."""
        yield from self.wrong_on_the_way()
        held = self.held()
        too_large = self._found(TOO_LARGE)
        if missing := too_large - set(held.digests):
            yield f"too large and not recorded: {sorted(missing)}"
        wanted = Counter(hashlib.sha256(raw).hexdigest() for raw in delivered if len(raw) <= LIMIT)
        found = Counter(digest for uid, digest in held.digests.items() if uid not in too_large)
        if lost := wanted - found:
            yield f"lost: {lost.total()}"
        if more := found - wanted:
            yield f"recorded too often, or what nobody sent: {more.total()}"
        if unmarked := self._found(["ALL"]) - self._found(MARKED[self.acknowledge]) - too_large:
            yield f"recorded and not marked: {sorted(unmarked)}"
        if self.acknowledge == "move" and (moved := self._moved()) != wanted:
            yield f"moved: {(wanted - moved).total()} missing, {(moved - wanted).total()} too many"
        if held.unacknowledged:
            yield f"not acknowledged in the store: {held.unacknowledged}"

    def held(self) -> Held:
        """What the store holds; nothing while it has no tables."""
        deliveries = text(
            "SELECT d.uid, d.uidvalidity, d.acknowledged, m.digest "
            "FROM delivery d JOIN message m ON m.id = d.message_id "
            "WHERE d.mailbox = :mailbox AND d.folder = 'INBOX'"
        )
        cursors = text("SELECT uidvalidity, uid FROM cursor WHERE mailbox = :mailbox AND folder = 'INBOX'")
        engine = create_engine(self.url)
        try:
            with engine.connect() as connection:
                rows = connection.execute(deliveries, {"mailbox": self.user}).all()
                pairs = [(row.uidvalidity, row.uid) for row in connection.execute(cursors, {"mailbox": self.user})]
        except (OperationalError, ProgrammingError):
            return Held({}, set(), [], [])
        finally:
            engine.dispose()
        unacknowledged = sorted(row.uid for row in rows if not row.acknowledged)
        return Held({row.uid: row.digest for row in rows}, {row.uidvalidity for row in rows}, pairs, unacknowledged)

    def _found(self, criteria: Sequence[str]) -> set[int]:
        """The UIDs of those mails in INBOX."""
        with self.server.session(self.user) as client:
            client.select_folder("INBOX", readonly=True)
            return set(client.search(list(criteria)))

    def _moved(self) -> Counter[str]:
        """The digests of the mails that were moved; each is fetched once."""
        if self.acknowledge == "move":
            with self.server.session(self.user) as client:
                if client.folder_exists(PROCESSED):
                    client.select_folder(PROCESSED, readonly=True)
                    uids = [uid for uid in client.search("ALL") if uid not in self._digests]
                    for uid, answer in client.fetch(uids, ["BODY.PEEK[]"]).items() if uids else ():
                        self._digests[uid] = hashlib.sha256(answer[b"BODY[]"]).hexdigest()
        return Counter(self._digests.values())
