"""The store on SQLite or PostgreSQL: every write is one transaction and leaves an event."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from intake.cursor import Cursor, Delivery
from policies.facts import FactValue
from policies.terms import Terms
from tickets import (
    conversations,
    corrections,
    cursors,
    customers,
    deliveries,
    events,
    keeping,
    queue,
    recorder,
    search,
    users,
)
from tickets.connections import bare_writing, connect, parsed, reading, writing
from tickets.conversations import Carrier, PastRequest
from tickets.customers import Entry
from tickets.faults import (
    Contended,
    NoSuchTicket,
    StoreError,
    StoreUnavailable,
    TicketChanged,
    explanation,
    may_be_tried_again,
)
from tickets.migrating import migrate
from tickets.recording import Placement, Recorded, Recording
from tickets.rows import Contact, Correction, Customer, Event, QueueItem, StoredMessage, Ticket, User

__all__ = [
    "NoSuchTicket",
    "Placement",
    "Recorded",
    "Recording",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "TicketChanged",
]

T = TypeVar("T")

RACES = 8
"""How often a transaction that lost against another writer is tried again."""


class Store:
    """An open store. Threads may share it; each call takes its own connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __repr__(self) -> str:
        return f"Store({self._engine.url.render_as_string(hide_password=True)})"

    @classmethod
    def open(cls, url: str) -> Store:
        """The store at a SQLAlchemy URL, migrated to the newest schema.

        ``sqlite:///path`` or ``postgresql+psycopg://user:password@host/name``. Raises :class:`StoreError` saying what
        to do, :class:`StoreUnavailable` when the server does not answer.
        """
        engine = connect(parsed(url))
        try:
            migrate(engine)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine)

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

        Within the batch a reply may join a conversation that an earlier recording of the same batch opens.
        """
        return self._write(lambda connection: recorder.record(connection, recordings, cursor))

    def unacknowledged(self, mailbox: str, folder: str) -> list[Delivery]:
        """The deliveries recorded and not yet acknowledged in their folder: what a crash left in between."""
        with reading(self._engine) as connection:
            return deliveries.unacknowledged(connection, mailbox, folder)

    def acknowledged(self, done: Sequence[Delivery]) -> None:
        """Writes that these deliveries have been marked in their mailbox."""
        if done:
            self._write(lambda c: deliveries.acknowledge(c, done))

    # -- what the desk asks ---------------------------------------------------------------------------------------

    def conversations_of(self, message_ids: Collection[str], policy: str | None = None) -> dict[str, list[Carrier]]:
        """For each msg-id known, the (conversation id, ticket number, message identity) of the messages that carry it.

        Oldest first; only those of one policy if its name is given.
        """
        with reading(self._engine) as connection:
            return conversations.carriers(connection, message_ids, policy)

    def participants(self, conversation: str) -> frozenset[str]:
        """The folded addresses (senders and recipients) that take part in a conversation."""
        return self.participants_of([conversation])[conversation]

    def participants_of(self, conversations_asked: Collection[str]) -> dict[str, frozenset[str]]:
        """As :meth:`participants`, for many conversations at once."""
        with reading(self._engine) as connection:
            return conversations.participants(connection, conversations_asked)

    def known_identities(self, identities: Collection[str]) -> dict[str, int]:
        """Message identity to the id of the first stored message that has it; mails in quarantine do not count.

        A mail with neither Message-ID nor Date is known by its digest instead (:func:`tickets.recording.sameness`).
        """
        with reading(self._engine) as connection:
            return conversations.known_identities(connection, identities)

    def history(self, policy: str, customer_id: int, before: datetime) -> list[tuple[str, datetime]]:
        """Topic and date of the customer's earlier tickets, newest first."""
        past = self.past_requests(policy, [customer_id], before)[customer_id]
        return [(request.topic, request.created_at) for request in past]

    def past_requests(
        self, policy: str, customer_ids: Collection[int], before: datetime
    ) -> dict[int, list[PastRequest]]:
        """As :meth:`history`, for many customers at once, with the ticket numbers."""
        with reading(self._engine) as connection:
            return conversations.past_requests(connection, policy, customer_ids, before)

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

    def set_aside(self, *, limit: int = 50, offset: int = 0) -> list[StoredMessage]:
        """Messages set aside, duplicate or quarantined, newest first."""
        with reading(self._engine) as connection:
            return queue.set_aside(connection, limit, offset)

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
        """Moves a ticket to ``review``, ``decided`` or ``closed``."""
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
