"""The store's part on tickets: read, searched, corrected, and what happened to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from policies.terms import Terms
from tickets import corrections, events, follow_ups, queue, search
from tickets.connected import Connected
from tickets.connections import reading
from tickets.rows import Correction, Event, QueueItem, StoredMessage, Ticket


class TicketBook(Connected):
    """Tickets, the agents' word on them, and events."""

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
