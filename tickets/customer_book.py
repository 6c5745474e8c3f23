"""The store's part on customers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from policies.facts import FactValue
from tickets import conversations, customers
from tickets.connected import Connected
from tickets.connections import reading
from tickets.customers import Entry
from tickets.rows import Contact, Customer


class CustomerBook(Connected):
    """Customers and their contacts: found, listed, saved."""

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

    def history(self, policy: str, customer_id: int, before: datetime) -> list[tuple[str, datetime]]:
        """Topic and date of the customer's earlier tickets, newest first."""
        with reading(self._engine) as connection:
            past = conversations.past_requests(connection, policy, [customer_id], before)[customer_id]
        return [(request.topic, request.created_at) for request in past]
