"""The store on SQLite or PostgreSQL: every write is one transaction and leaves an event."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from policies.versions import Policies
from tickets import keeping
from tickets.attachment_folder import AttachmentFolder
from tickets.audit_book import AuditBook
from tickets.clocks.clock import counting
from tickets.clocks.clock_book import ClockBook
from tickets.connections import connect, parsed, writing
from tickets.customer.customer_book import CustomerBook
from tickets.decided_book import DecidedBook
from tickets.faults import (
    FollowedUp,
    NoSuchMessage,
    NoSuchTicket,
    QuotaSpent,
    SomebodyDecided,
    StoreError,
    StoreUnavailable,
    TicketChanged,
)
from tickets.label_book import LabelBook
from tickets.mail_book import MailBook
from tickets.migrating import migrate
from tickets.notifying.notification_book import NotificationBook
from tickets.notifying.outbox import subscribed
from tickets.notifying.subscriptions import Subscriptions
from tickets.policy_book import PolicyBook
from tickets.reconsidering import Held
from tickets.recording import Placement, Recorded, Recording
from tickets.ticket_book import TicketBook
from tickets.token_book import TokenBook
from tickets.training_book import TrainingBook
from tickets.user_book import UserBook
from tickets.work.work_book import WorkBook

__all__ = [
    "FollowedUp",
    "Held",
    "NoSuchMessage",
    "NoSuchTicket",
    "Placement",
    "QuotaSpent",
    "Recorded",
    "Recording",
    "SomebodyDecided",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "TicketChanged",
]


class Store(
    MailBook,
    TicketBook,
    LabelBook,
    CustomerBook,
    UserBook,
    TokenBook,
    WorkBook,
    PolicyBook,
    NotificationBook,
    ClockBook,
    DecidedBook,
    AuditBook,
    TrainingBook,
):
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

    def telling(self, subscriptions: Subscriptions) -> Store:
        """This store, whose events are from now on told to these subscriptions alone; it shares its connections."""
        return type(self)(subscribed(self._engine, subscriptions), self._attachments)

    def counting_by(self, policies: Policies) -> Store:
        """This store, whose clocks from now on count by the calendars of these policies; it shares its connections."""
        return type(self)(counting(self._engine, policies), self._attachments)

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
