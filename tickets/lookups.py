"""What the desk asks the store while it places a batch: all of it over one connection."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from tickets import conversations
from tickets.conversations import Home, PastRequest, Waiting
from tickets.customer import customers
from tickets.customer.customers import Found


@dataclass(frozen=True, slots=True)
class Lookups:
    """Questions about the mails recorded under one policy; good while its block lasts."""

    _connection: Connection
    _policy: str

    def known_identities(self, identities: Collection[str]) -> dict[str, int]:
        """Message identity to the id of the first stored message that has it; mails in quarantine do not count.

        A mail with neither Message-ID nor Date is known by its digest instead (:func:`tickets.recording.sameness`).
        """
        return conversations.known_identities(self._connection, identities)

    def carriers(self, message_ids: Collection[str]) -> dict[str, list[Home]]:
        """For each msg-id known, the conversations of the messages that carry it, oldest first."""
        return conversations.carriers(self._connection, message_ids, self._policy)

    def waiting(self, message_ids: Collection[str]) -> dict[str, list[Waiting]]:
        """For each msg-id that recorded mails answer and that nobody carried then, the conversations of those mails."""
        return conversations.waiting(self._connection, message_ids, self._policy)

    def of_thread_indexes(self, guids: Collection[str]) -> dict[str, list[Home]]:
        """For each GUID of a Thread-Index known, the conversations of the messages that have it, oldest first."""
        return conversations.of_thread_indexes(self._connection, guids, self._policy)

    def of_tickets(self, numbers: Collection[int]) -> dict[int, Home]:
        """The conversations of tickets; one of another policy is left out."""
        return conversations.of_tickets(self._connection, numbers, self._policy)

    def participants(
        self, conversations_asked: Collection[str], addresses: Collection[str] | None = None
    ) -> dict[str, frozenset[str]]:
        """For each conversation, who takes part in it; if ``addresses`` are given, of those alone."""
        return conversations.participants(self._connection, conversations_asked, addresses)

    def customers(self, addresses: Collection[str]) -> dict[str, Found]:
        """For each address, the customer and contact it belongs to: see :meth:`tickets.store.Store.find_customer`."""
        return customers.find(self._connection, self._policy, addresses)

    def past_requests(self, customer_ids: Collection[int], before: datetime) -> dict[int, list[PastRequest]]:
        """As :func:`tickets.conversations.past_requests`, of this policy."""
        return conversations.past_requests(self._connection, self._policy, customer_ids, before)
