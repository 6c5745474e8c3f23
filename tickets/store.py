"""The store on SQLite or PostgreSQL: every write is one transaction and leaves an event."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from tickets import keeping
from tickets.attachment_folder import AttachmentFolder
from tickets.connections import connect, parsed, writing
from tickets.customer_book import CustomerBook
from tickets.faults import (
    FollowedUp,
    NoSuchMessage,
    NoSuchTicket,
    SomebodyDecided,
    StoreError,
    StoreUnavailable,
    TicketChanged,
)
from tickets.mail_book import MailBook
from tickets.migrating import migrate
from tickets.reconsidering import Held
from tickets.recording import Placement, Recorded, Recording
from tickets.ticket_book import TicketBook
from tickets.user_book import UserBook

__all__ = [
    "FollowedUp",
    "Held",
    "NoSuchMessage",
    "NoSuchTicket",
    "Placement",
    "Recorded",
    "Recording",
    "SomebodyDecided",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "TicketChanged",
]


class Store(MailBook, TicketBook, CustomerBook, UserBook):
    """An open store. Threads may share it; each call takes its own connection."""

    @classmethod
    def open(cls, url: str, attachments: Path | None = None) -> Store:
        """The store at a SQLAlchemy URL, migrated to the newest schema; with a folder to keep attachments in.

        ``sqlite:///path`` or ``postgresql+psycopg://user:password@host/name``. Raises :class:`StoreError` saying what
        to do, :class:`StoreUnavailable` when the server does not answer.
        """
        engine = connect(parsed(url))
        try:
            migrate(engine)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, AttachmentFolder(attachments) if attachments else None)

    def close(self) -> None:
        """Closes the store's connections."""
        self._engine.dispose()

    def backup(self, path: str) -> None:
        """A consistent copy of the database in the file ``path`` (SQLite's online backup; ``pg_dump``'s custom format).

        The file appears whole or not at all, readable by this user alone; an older one is replaced.
        """
        keeping.backup(self._engine.url, Path(path))

    def check(self) -> None:
        """Answers when the database can be read and written; raises :class:`StoreError` saying what to do."""
        with suppress(keeping.Probe), writing(self._engine) as connection:
            keeping.probe(connection)
