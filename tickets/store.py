"""The store on SQLite or PostgreSQL: every write is one transaction and leaves an event."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from intake.cursor import Cursor, Delivery
from intake.message import parse
from policies.facts import FactValue
from policies.terms import Terms
from tickets import (
    aside,
    conversations,
    corrections,
    cursors,
    customers,
    deliveries,
    events,
    follow_ups,
    keeping,
    queue,
    reconsidering,
    recorder,
    salvage,
    search,
    users,
)
from tickets.attachment_folder import AttachmentFolder
from tickets.connections import bare_writing, connect, parsed, reading, writing
from tickets.customers import Entry
from tickets.faults import (
    Contended,
    FollowedUp,
    NoSuchMessage,
    NoSuchTicket,
    SomebodyDecided,
    StoreError,
    StoreUnavailable,
    TicketChanged,
    explanation,
    may_be_tried_again,
)
from tickets.lookups import Lookups
from tickets.migrating import migrate
from tickets.reconsidering import Held
from tickets.recording import Placement, Recorded, Recording
from tickets.rows import Contact, Correction, Customer, Disposition, Event, QueueItem, StoredMessage, Ticket, User
from tickets.senders import RecentMail, recent_mails

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

T = TypeVar("T")

log = logging.getLogger("mailtriage.tickets")

RACES = 8
"""How often a transaction that lost against another writer is tried again."""


class Store:
    """An open store. Threads may share it; each call takes its own connection."""

    def __init__(self, engine: Engine, attachments: AttachmentFolder | None = None) -> None:
        self._engine = engine
        self._attachments = attachments

    def __repr__(self) -> str:
        return f"Store({self._engine.url.render_as_string(hide_password=True)})"

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

    def _write(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` returns in a writing transaction, begun anew when another writer got in between."""
        for attempt in range(RACES):
            try:
                with bare_writing(self._engine) as connection:
                    return work(connection)
            except Contended:
                continue
            except SQLAlchemyError as error:
                if attempt == RACES - 1 or not may_be_tried_again(error):
                    raise explanation(error, self._engine.url) from error
        raise StoreUnavailable("Other programs kept changing the same mails: try again.")

    # -- intake ---------------------------------------------------------------------------------------------------

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

    # -- what the desk asks ---------------------------------------------------------------------------------------

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

    def history(self, policy: str, customer_id: int, before: datetime) -> list[tuple[str, datetime]]:
        """Topic and date of the customer's earlier tickets, newest first."""
        with reading(self._engine) as connection:
            past = conversations.past_requests(connection, policy, [customer_id], before)[customer_id]
        return [(request.topic, request.created_at) for request in past]

    # -- customers ------------------------------------------------------------------------------------------------

    def find_customer(self, policy: str, address: str) -> tuple[Customer | None, Contact | None]:
        """The customer a mail address belongs to: by contact, else by domain when exactly one customer has it.

        A free-mail domain never says who the customer is.
        """
        return self.find_customers(policy, [address])[address]

    def find_customers(
        self, policy: str, addresses: Collection[str]
    ) -> dict[str, tuple[Customer | None, Contact | None]]:
        """As :meth:`find_customer`, for many addresses at once."""
        with reading(self._engine) as connection:
            return customers.find(connection, policy, addresses)

    def customers(self, policy: str | None = None) -> list[Customer]:
        """All customers, or those of one policy, by policy and name."""
        with reading(self._engine) as connection:
            return customers.every(connection, policy)

    def upsert_customer(
        self, policy: str, name: str, domains: Collection[str], facts: Mapping[str, FactValue], actor: str
    ) -> Customer:
        """Creates or updates the customer of that policy and name; domains and facts are replaced."""
        return self._write(lambda c: customers.save_customer(c, policy, name, domains, facts, actor))

    def upsert_contact(
        self, customer_id: int, address: str, name: str, facts: Mapping[str, FactValue], actor: str
    ) -> Contact:
        """Creates or updates the contact of that address; one known at another customer of the policy moves here."""
        return self._write(lambda c: customers.save_contact(c, customer_id, address, name, facts, actor))

    def import_customers(self, entries: Sequence[Entry], actor: str) -> tuple[int, int]:
        """Saves customers with their contacts, all or none; how many of each there were."""
        return self._write(lambda c: customers.save_entries(c, entries, actor))

    # -- tickets --------------------------------------------------------------------------------------------------

    def ticket(self, number: int) -> Ticket | None:
        """The ticket of that number; None when there is none."""
        with reading(self._engine) as connection:
            return queue.one(connection, number)

    def follow_ups(self, ticket: int) -> list[int]:
        """The numbers of the tickets that go on with a closed one, oldest first."""
        with reading(self._engine) as connection:
            return follow_ups.following(connection, ticket)

    def messages_of(self, ticket: int) -> list[StoredMessage]:
        """The ticket's conversation: the mail that opened it, then the others, oldest first."""
        with reading(self._engine) as connection:
            return queue.messages_of(connection, ticket)

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

    def review_queue(self, *, policy: str | None = None, limit: int = 50, offset: int = 0) -> list[QueueItem]:
        """Tickets in state ``review``: the most urgent first (severity, then what is due first, then the oldest)."""
        with reading(self._engine) as connection:
            return queue.review(connection, policy, limit, offset)

    def counts(self) -> dict[str, int]:
        """Number of tickets by state and of messages by disposition (keys such as ``review``, ``set_aside``)."""
        with reading(self._engine) as connection:
            return queue.counts(connection)

    def search(
        self,
        words: str = "",
        *,
        policy: str | None = None,
        state: str | None = None,
        severity: str | None = None,
        scope: str | None = None,
        issue_type: str | None = None,
        topic: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> list[QueueItem]:
        """Tickets whose mails contain all the words (full text: FTS5 or PostgreSQL), newest first.

        Any text is a legal query; case and accents do not matter, and of a long text the first 32 words count. Each
        item has an excerpt around a word when words are given.
        """
        filters = {
            "policy": policy,
            "state": state,
            "severity": severity,
            "scope": scope,
            "issue_type": issue_type,
            "topic": topic,
        }
        with reading(self._engine) as connection:
            return search.search(connection, words, filters, limit, offset)

    def set_aside(
        self, words: str = "", *, kind: str | None = None, policy: str | None = None, limit: int = 50, offset: int = 0
    ) -> list[StoredMessage]:
        """Messages set aside or duplicate, newest first; ``kind`` is that of a screening, or ``duplicate``.

        With words, those set aside whose sender, subject and text contain them all; duplicates are not searched.
        """
        with reading(self._engine) as connection:
            return aside.set_aside(connection, words, kind, policy, limit, offset)

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

    def kinds_set_aside(self) -> dict[str, int]:
        """Number of messages set aside by kind of screening, the most frequent first."""
        with reading(self._engine) as connection:
            return aside.kinds(connection)

    def correct(
        self,
        ticket: int,
        changes: Mapping[str, str],
        *,
        agent: str,
        why: str = "",
        terms: Terms | None = None,
        clauses: Sequence[str] | None = None,
        derived: Mapping[str, str] | None = None,
        expected: Mapping[str, str] | None = None,
        state: str = "decided",
    ) -> list[Correction]:
        """Writes one correction (or confirmation) a label, the new labels, terms and state, and the events, together.

        ``derived`` are labels that follow from the changes by the policy; they change without counting as the
        agent's word. ``expected`` are the labels from which terms and clauses were worked out: when the ticket has
        others by now, nothing is written and :class:`TicketChanged` is raised. Raises :class:`NoSuchTicket`, and
        :class:`StoreError` for a label or state that does not exist.
        """
        return self._write(
            lambda c: corrections.correct(
                c,
                ticket,
                changes,
                agent=agent,
                why=why,
                terms=terms,
                clauses=clauses,
                derived=derived or {},
                expected=expected or {},
                state=state,
            )
        )

    def undo(self, ticket: int, *, agent: str) -> list[Correction]:
        """Takes back the ticket's last batch of corrections (an event remains); empty when there is none."""
        return self._write(lambda c: corrections.undo(c, ticket, agent=agent))

    def set_state(self, ticket: int, state: str, *, actor: str) -> None:
        """Moves a ticket to ``review``, ``decided`` or ``closed``.

        Raises :class:`FollowedUp` for a closed ticket while another one of its conversation is open.
        """
        self._write(lambda c: corrections.set_state(c, ticket, state, actor=actor))

    def corrections(self, ticket: int | None = None, since_id: int = 0) -> list[Correction]:
        """Corrections still standing, oldest first."""
        with reading(self._engine) as connection:
            return corrections.standing(connection, ticket, since_id)

    def labels_since(self, policy: str, moment: datetime) -> int:
        """How many standing corrections and confirmations were given on tickets of ``policy`` after ``moment``."""
        with reading(self._engine) as connection:
            return corrections.count_since(connection, policy, moment)

    def agent_labelled(self, policy: str) -> Iterator[tuple[Ticket, StoredMessage]]:
        """Every ticket on which an agent has spoken, with its opening message: what retraining learns from."""

        def chunk_after(number: int) -> list[tuple[Ticket, StoredMessage]]:
            with reading(self._engine) as connection:
                return corrections.agent_labelled(connection, policy, number)

        return corrections.in_chunks(chunk_after)

    def events(self, ticket: int | None = None, *, limit: int = 100) -> list[Event]:
        """Events, newest first."""
        with reading(self._engine) as connection:
            return events.newest(connection, ticket, limit)

    def add_event(
        self, kind: str, *, actor: str, ticket: int | None = None, details: Mapping[str, object] | None = None
    ) -> None:
        """Writes an event of the caller's own."""
        happening = events.happening(kind, details, actor=actor, ticket=ticket)
        self._write(lambda c: events.add(c, [happening]))

    # -- users ----------------------------------------------------------------------------------------------------

    def add_user(self, name: str, password_hash: str, role: str, *, actor: str) -> User:
        """Raises :class:`StoreError` when the name is taken."""
        return self._write(lambda c: users.create(c, name, password_hash, role, actor=actor))

    def set_password(self, name: str, password_hash: str, *, actor: str) -> None:
        """Gives a user another password; raises :class:`StoreError` when there is no such user."""
        self._write(lambda c: users.set_password(c, name, password_hash, actor=actor))

    def user(self, name: str) -> User | None:
        """The user of that name; None when there is none."""
        with reading(self._engine) as connection:
            return users.by_name(connection, name)

    def user_by_id(self, user_id: int) -> User | None:
        """The user of that id; None when there is none."""
        with reading(self._engine) as connection:
            return users.by_id(connection, user_id)

    def users(self) -> list[User]:
        """All users, by name."""
        with reading(self._engine) as connection:
            return users.every(connection)

    # -- keeping --------------------------------------------------------------------------------------------------

    def backup(self, path: str) -> None:
        """A consistent copy of the database in the file ``path`` (SQLite's online backup; ``pg_dump``'s custom format).

        The file appears whole or not at all, readable by this user alone; an older one is replaced.
        """
        keeping.backup(self._engine.url, Path(path))

    def check(self) -> None:
        """Answers when the database can be read and written; raises :class:`StoreError` saying what to do."""
        with suppress(keeping.Probe), writing(self._engine) as connection:
            keeping.probe(connection)
