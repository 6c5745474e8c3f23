"""A session with one folder of an IMAP mailbox."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import date

from intake.cursor import Cursor, Delivery
from intake.imap import idling
from intake.imap.acknowledging import Marker
from intake.imap.fetched import Fetched as Fetched
from intake.imap.fetched import Listed
from intake.imap.fetching import Fetcher
from intake.imap.listing import SIZES_AT_A_TIME, portions, sizes, uids_from
from intake.imap.login import LoginRefused as LoginRefused
from intake.imap.obstacles import Obstacles
from intake.imap.session import Session
from intake.mailbox_settings import MailboxError as MailboxError
from intake.mailbox_settings import MailboxRefused as MailboxRefused
from intake.mailbox_settings import MailboxSettings as MailboxSettings
from intake.mailbox_settings import MailboxThrottled as MailboxThrottled
from intake.mailbox_settings import MailboxUnavailable as MailboxUnavailable

Batches = Iterator[tuple[list[Fetched], Cursor]]


class Mailbox:
    """An open session; a context manager. No mail is marked by fetching (``BODY.PEEK[]``).

    ``obstacles`` remembers from one session to the next at which mail the connection broke.
    """

    def __init__(self, settings: MailboxSettings, obstacles: Obstacles | None = None) -> None:
        self.settings = settings
        self._session = Session(settings)
        self._fetcher = Fetcher(self._session, Obstacles() if obstacles is None else obstacles)
        self._marker = Marker(self._session)

    def __enter__(self) -> Mailbox:
        self._session.open()
        return self

    def __exit__(self, *exc: object) -> None:
        self._session.close()

    def refresh(self) -> None:
        """Opens the folder anew in the same session; tells whether the connection still lives.

        Raises :class:`MailboxUnavailable` when it does not.
        """
        self._session.select()

    def fetch_new(self, cursor: Cursor | None) -> Batches:
        """Batches of the mails after ``cursor``, by rising UID, each with the cursor to store once it is recorded.

        When UIDVALIDITY changed (or ``cursor`` is None) the whole folder is read; the store recognises what it knows.
        """
        if not self._session.fresh:
            self.refresh()
        return self._batches(cursor, None)

    def history(self, cursor: Cursor | None, since: date | None = None) -> Batches:
        """Like :meth:`fetch_new`, with the folder open read-only, so that nothing in it can change.

        With ``since``, only the mails that arrived from that day on (INTERNALDATE). Where not even \\Recent may change,
        open the mailbox with ``acknowledge="none"``, which makes it read-only from the start.
        """
        if not (self._session.readonly and self._session.fresh):
            self._session.select(readonly=True)
        return self._batches(cursor, since)

    def fetch_again(self, deliveries: Sequence[Delivery]) -> list[Fetched]:
        """The mails of ``deliveries`` that are in this folder under its present UIDVALIDITY; others are left out.

        All of them are held in memory: ask for as many as may be.
        """
        uids = self._session.uids_of(deliveries)
        return [
            fetched
            for at in range(0, len(uids), SIZES_AT_A_TIME)
            for portion in self._portions(uids[at : at + SIZES_AT_A_TIME])
            for fetched in self._fetcher.fetch(portion)
        ]

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Marks recorded mails as the settings say; those that are gone meanwhile are passed over."""
        self._marker.mark(deliveries)

    @property
    def exists(self) -> int:
        """How many mails the folder held when it was opened."""
        return self._session.exists

    @property
    def idles(self) -> bool:
        """Whether :meth:`wait` can be used: the settings want it and the server offers IDLE."""
        if not self.settings.idle:
            return False
        with self._session.talk("say what it can") as client:
            return bool(client.has_capability("IDLE"))

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Waits for at most ``seconds`` until the server tells of mail come or gone, or ``stop`` is set.

        Whether there is news. Raises :class:`MailboxUnavailable` when the connection is dead.
        """
        return idling.wait(self._session, seconds, stop)

    def _batches(self, cursor: Cursor | None, since: date | None) -> Batches:
        settings, uidvalidity = self.settings, self._session.uidvalidity
        self._session.fresh = False
        start = 1
        if cursor is not None and (cursor.folder, cursor.uidvalidity) == (settings.folder, uidvalidity):
            start = cursor.uid + 1
        for window in uids_from(self._session, start, since):
            for at in range(0, len(window), SIZES_AT_A_TIME):
                for portion in self._portions(window[at : at + SIZES_AT_A_TIME]):
                    after = Cursor(settings.name, settings.folder, uidvalidity, portion[-1].uid)
                    yield self._fetcher.fetch(portion), after

    def _portions(self, uids: Sequence[int]) -> Iterator[list[Listed]]:
        listed = sizes(self._session, uids)
        return portions(listed, max(1, self.settings.batch_size), self.settings.max_message_bytes)
