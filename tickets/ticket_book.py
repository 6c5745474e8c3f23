"""The store's part on tickets: read, searched, corrected, and what happened to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from policies.terms import Terms
from tickets import corrections, events, follow_ups, mixes, queue, search, standing, to_label
from tickets.connected import Connected
from tickets.connections import reading
from tickets.faults import QuotaSpent
from tickets.rows import Correction, Event, How, QueueItem, StoredMessage, Ticket
from tickets.standing import Labelled
from tickets.to_label import ToLabel


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

    def to_label(self, *, policy: str | None = None, limit: int = 50) -> list[ToLabel]:
        """The first of the review queue, with what tells how much the next model would learn from their labels."""
        with reading(self._engine) as connection:
            return to_label.waiting(connection, policy, limit)

    def counts(self) -> dict[str, int]:
        """Number of tickets by state and of messages by disposition (keys such as ``review``, ``set_aside``),
        and of open disputes (``disputed``)."""
        with reading(self._engine) as connection:
            return queue.counts(connection)

    def label_tallies(self, policy: str, since: datetime, labels: Sequence[str]) -> dict[str, dict[str, int]]:
        """For each label how many tickets of ``policy`` that came after ``since`` have each value."""
        with reading(self._engine) as connection:
            return mixes.tallies(connection, policy, since, labels)

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
        expected: Ticket | None = None,
        state: str = "decided",
        how: How | None = None,
        settles: int | None = None,
    ) -> list[Correction]:
        """Writes one correction (or confirmation) a label, the new labels, terms and state, and the events, together.

        ``derived`` are labels that follow from the changes by the policy; they change without counting as the
        agent's word. ``expected`` is the ticket from which terms and clauses were worked out: when its labels, what
        agents have said of them, its customer or the facts are others by now, nothing is written and
        :class:`TicketChanged` is raised. Raises :class:`NoSuchTicket`,
        :class:`StoreError` for a label or state that does not exist, and :class:`QuotaSpent` when ``terms`` use a quota
        of which none is left: work them out anew. ``how`` is kept with every correction. ``settles`` is the dispute
        that the only change settles; an agent who says otherwise than another one opens a dispute.
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
                expected=expected,
                state=state,
                how=how or How(),
                settles=settles,
            )
        )

    def undo(self, ticket: int, *, agent: str) -> list[Correction]:
        """Takes back the ticket's last batch of corrections (an event remains); empty when there is none.

        A ticket that used a quota before, of which none is left by now, goes to review with that reason.
        """
        try:
            return self._write(lambda c: corrections.undo(c, ticket, agent=agent))
        except QuotaSpent:
            return self._write(lambda c: corrections.undo(c, ticket, agent=agent, spent=True))

    def set_state(self, ticket: int, state: str, *, actor: str) -> None:
        """Moves a ticket to ``review``, ``decided`` or ``closed``.

        Raises :class:`FollowedUp` for a closed ticket while another one of its conversation is open.
        """
        try:
            self._write(lambda c: corrections.set_state(c, ticket, state, actor=actor))
        except QuotaSpent:
            self._write(lambda c: corrections.set_state(c, ticket, state, actor=actor, spent=True))

    def close_as_no_request(self, ticket: int, *, agent: str, why: str = "") -> None:
        """Closes a ticket that never was a request: what it used of a quota is given back, a proposed charge goes.

        Opened again, it uses a quota as before, or goes to review with the reason when none is left.
        """
        self._write(lambda c: corrections.close_as_no_request(c, ticket, agent=agent, why=why))

    def corrections(self, ticket: int | None = None, since_id: int = 0) -> list[Correction]:
        """Corrections still standing, oldest first."""
        with reading(self._engine) as connection:
            return standing.standing(connection, ticket, since_id)

    def labels_since(self, policy: str, moment: datetime) -> int:
        """How many standing corrections and confirmations were given on tickets of ``policy`` after ``moment``."""
        with reading(self._engine) as connection:
            return standing.count_since(connection, policy, moment)

    def agent_labelled(self, policy: str) -> Iterator[Labelled]:
        """Every ticket on which an agent's word stands, with its opening message: what retraining learns from."""

        def chunk_after(number: int) -> list[Labelled]:
            with reading(self._engine) as connection:
                return standing.agent_labelled(connection, policy, number)

        return standing.in_chunks(chunk_after)

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
