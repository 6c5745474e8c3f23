"""The store's part on mails: recorded with how far a folder is read, held back, looked at again."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime

from intake.cursor import Cursor, Delivery
from intake.message import parse
from tickets import aside, conversations, cursors, deliveries, queue, reconsidering, recorder, salvage
from tickets.connected import Connected
from tickets.connections import reading
from tickets.faults import StoreUnavailable
from tickets.lookups import Lookups
from tickets.reconsidering import Held
from tickets.recording import Recorded, Recording
from tickets.rows import Disposition, StoredMessage
from tickets.senders import RecentMail, recent_mails

log = logging.getLogger("mailtriage.tickets")


class MailBook(Connected):
    """Mails: recorded, read, held back."""

    def cursor(self, mailbox: str, folder: str) -> Cursor | None:
        """How far that folder has been read; None before the first poll."""
        with reading(self._engine) as connection:
            return cursors.read(connection, mailbox, folder)

    def record(self, recordings: Sequence[Recording], cursor: Cursor | None = None) -> list[Recorded]:
        """Writes the batch and the cursor in one transaction; a delivery recorded before is recognised, not repeated.

        Within the batch a reply may join a conversation that an earlier recording of the same batch opens. A mail that
        the database refuses goes into quarantine, with as little as can be written; the others are recorded.
        """
        self._keep_attachments(recordings)
        try:
            return self._write(lambda connection: recorder.record(connection, recordings, cursor))
        except Exception as error:
            if not salvage.costs_one_mail(error):
                raise
            log.warning("a batch of %d mails cannot be written: one by one now", len(recordings), exc_info=error)
        return self._write(lambda connection: salvage.record_each(connection, recordings, cursor))

    def _keep_attachments(self, recordings: Iterable[Recording]) -> None:
        """Before the transaction: a file without its mail does no harm."""
        if self._attachments is None:
            return
        try:
            for recording in recordings:
                self._attachments.keep(recording.message.attachments)
        except OSError as error:
            raise StoreUnavailable(
                f"Attachments cannot be written to {self._attachments.path} ({error.strerror}): "
                "free some space there, or give this user the right to write."
            ) from error

    def unacknowledged(self, mailbox: str, folder: str) -> list[Delivery]:
        """The deliveries recorded and not yet acknowledged in their folder: what a crash left in between."""
        with reading(self._engine) as connection:
            return deliveries.unacknowledged(connection, mailbox, folder)

    def acknowledged(self, done: Sequence[Delivery]) -> None:
        """Writes that these deliveries have been marked in their mailbox."""
        if done:
            self._write(lambda c: deliveries.acknowledge(c, done))

    def held(self, message_id: int, expected: Disposition) -> Held:
        """A mail in quarantine (``quarantined``) or ``set_aside``, with its raw bytes, for a second look.

        Raises :class:`NoSuchMessage`, and :class:`SomebodyDecided` when it is not what is expected.
        """
        with reading(self._engine) as connection:
            return reconsidering.held(connection, message_id, expected)

    def reconsider(self, held: Held, recording: Recording, *, actor: str) -> Recorded:
        """Gives a held mail the fate of ``recording``, in its own row: ticket, reply, set aside, duplicate, quarantine.

        Its deliveries stay; raw bytes that were fetched again replace the header that was kept. What a second look at
        a quarantined mail finds the database to refuse stays in quarantine. Raises :class:`SomebodyDecided` when the
        mail is not held any more as it was.
        """
        self._keep_attachments([recording])
        try:
            return self._write(lambda c: reconsidering.reconsider(c, held, recording, actor))
        except Exception as error:
            if held.disposition != "quarantined" or not salvage.costs_one_mail(error):
                raise
            log.warning("mail %d cannot be written", held.id, exc_info=error)
            fault = salvage.fault_of(error)
        return self._write(lambda c: reconsidering.fail_again(c, held, fault, actor))

    def message(self, message_id: int) -> StoredMessage | None:
        """The message of that id; None when there is none."""
        with reading(self._engine) as connection:
            return queue.message_with(connection, message_id)

    def raw(self, message_id: int) -> bytes | None:
        """The raw bytes of a recorded message."""
        with reading(self._engine) as connection:
            return queue.raw(connection, message_id)

    def attachment(self, message_id: int, sha256: str) -> bytes | None:
        """The content of the attachment of that digest: from the folder, or else read from the raw mail again."""
        content = self._attachments.read(sha256) if self._attachments else None
        if content is not None:
            return content
        mail = self.raw(message_id)
        found = [part for part in parse(mail).attachments if part.sha256 == sha256] if mail is not None else []
        if not found:
            return None
        if self._attachments is not None:
            with suppress(OSError):
                self._attachments.keep(found[:1])
        return found[0].content

    def set_aside(
        self, words: str = "", *, kind: str | None = None, limit: int = 50, offset: int = 0
    ) -> list[StoredMessage]:
        """Messages set aside or duplicate, newest first; ``kind`` is that of a screening, or ``duplicate``.

        With words, those set aside whose sender, subject and text contain them all; duplicates are not searched.
        """
        with reading(self._engine) as connection:
            return aside.set_aside(connection, words, kind, limit, offset)

    def kinds_set_aside(self) -> dict[str, int]:
        """Number of messages set aside by kind of screening, the most frequent first."""
        with reading(self._engine) as connection:
            return aside.kinds(connection)

    def quarantined(self, *, policy: str | None = None, limit: int = 50, offset: int = 0) -> list[StoredMessage]:
        """Messages in quarantine, newest first."""
        with reading(self._engine) as connection:
            return aside.quarantined(connection, policy, limit, offset)

    def quarantined_ids(
        self, *, after: int = 0, limit: int = 100, not_by: str | None = None, whole: bool = False
    ) -> list[int]:
        """Ids of messages in quarantine after ``after``, rising.

        ``not_by`` leaves out those that this version of the program put there, ``whole`` those of which the header
        alone was fetched.
        """
        with reading(self._engine) as connection:
            return aside.quarantined_ids(connection, after=after, limit=limit, not_by=not_by, whole=whole)

    def recent_mails(
        self, allowed: Mapping[str, int], *, since: datetime, until: datetime, newest: int
    ) -> list[RecentMail]:
        """The newest mails of each sender with more than allowed after ``since`` and up to ``until``.

        ``allowed`` maps senders' keys (:func:`tickets.senders.sender_key`) to numbers of mails; at most ``newest`` of
        each are told. What machines sent, copies and mails in quarantine do not count; mails held back as a flood do.
        """
        with reading(self._engine) as connection:
            return recent_mails(connection, allowed, since, until, newest)

    @contextmanager
    def looking_up(self, policy: str) -> Iterator[Lookups]:
        """What the desk may ask while it places a batch of mails under ``policy``, as long as the block lasts."""
        with reading(self._engine) as connection:
            yield Lookups(connection, policy)

    def participants(self, conversation: str) -> frozenset[str]:
        """The folded addresses (senders and recipients) that take part in a conversation."""
        with reading(self._engine) as connection:
            return conversations.participants(connection, [conversation])[conversation]
