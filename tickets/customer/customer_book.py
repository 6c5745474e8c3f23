"""The store's part on customers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Connection

from policies.facts import FactValue
from tickets import conversations
from tickets.connected import Connected
from tickets.connections import reading
from tickets.conversations import PastRequest
from tickets.customer import assignments, customer_saving, customers, erasing
from tickets.customer.assignments import Assignment
from tickets.customer.customer_changes import CustomerChange
from tickets.customer.customer_saving import ContactEntry, Entry
from tickets.customer.customers import Found
from tickets.customer.erasing import Erased
from tickets.faults import StoreError
from tickets.rows import Contact, Customer, CustomerRecord, Event, QueueItem


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
            found = customers.find(connection, policy, addresses)
        return {address: (each.customer, each.contact) for address, each in found.items()}

    def who_is(self, policy: str, address: str) -> Found:
        """Whose an address is, with the customers it may belong to where that is not known."""
        with reading(self._engine) as connection:
            return customers.find(connection, policy, [address])[address]

    def erase_customer(self, customer_id: int, *, actor: str) -> Erased:
        """Erases a customer: its contacts, all the mail of its people, and what names them; an event remains.

        Its tickets stay as closed shells with their labels and times. Raises :class:`NoSuchCustomer`. What models were
        trained on is not of the store: see :func:`tickets.customer.erasure.erase_customer`.
        """

        def erase(connection: Connection) -> Erased:
            done = erasing.erase(connection, customer_id, actor=actor)
            if self._attachments is not None:
                self._attachments.forget(done.files)
            return done

        try:
            return self._write(erase)
        except OSError as error:
            raise StoreError(
                f"Nothing was erased: an attachment cannot be deleted ({error.strerror}). Correct that, and try again."
            ) from error

    def customers(self, policy: str | None = None) -> list[Customer]:
        """All customers, or those of one policy, by policy and name."""
        with reading(self._engine) as connection:
            return customers.every(connection, policy)

    def customer_records(self, policy: str | None = None) -> list[CustomerRecord]:
        """As :meth:`customers`, with their contacts."""
        with reading(self._engine) as connection:
            return customers.records(connection, customers.every(connection, policy))

    def search_customers(
        self, words: str = "", *, policy: str | None = None, limit: int = 50, offset: int = 0
    ) -> list[CustomerRecord]:
        """Customers whose name, domain or contact contains ``words``, by name; case matters beyond ASCII."""
        with reading(self._engine) as connection:
            return customers.matching(connection, policy, words, limit, offset)

    def customer_names(self, policy: str, *, limit: int) -> list[str]:
        """The names of a policy's customers, in order."""
        with reading(self._engine) as connection:
            return customers.names(connection, policy, limit)

    def customer(self, customer_id: int) -> CustomerRecord | None:
        """The customer of that id with its contacts; None when there is none."""
        with reading(self._engine) as connection:
            return customers.record(connection, customer_id)

    def customers_named(self, name: str, policy: str | None = None) -> list[CustomerRecord]:
        """The customers of that name, one a policy at most."""
        with reading(self._engine) as connection:
            return customers.records(connection, customers.bearing(connection, name, policy))

    def customer_tickets(self, customer_id: int, *, limit: int = 50, offset: int = 0) -> list[QueueItem]:
        """The customer's tickets, newest first."""
        with reading(self._engine) as connection:
            return customers.tickets_of(connection, customer_id, limit, offset)

    def customer_events(self, customer_id: int, *, limit: int = 50) -> list[Event]:
        """What was changed of the customer and its contacts, newest first."""
        with reading(self._engine) as connection:
            return customers.events_of(connection, customer_id, limit)

    def upsert_customer(
        self, policy: str, name: str, domains: Collection[str], facts: Mapping[str, FactValue], actor: str
    ) -> Customer:
        """Creates or updates the customer of that policy and name; domains and facts are replaced."""
        return self._write(lambda c: customer_saving.save_customer(c, policy, name, domains, facts, actor))

    def upsert_contact(
        self,
        customer_id: int,
        address: str,
        name: str,
        facts: Mapping[str, FactValue],
        actor: str,
        left_on: date | None = None,
    ) -> Contact:
        """Creates or updates the contact of that address; one known at another customer of the policy moves here."""
        told = ContactEntry(address, name, facts, left_on)
        return self._write(lambda c: customer_saving.save_contact(c, customer_id, told, actor))

    def create_customer(
        self, policy: str, name: str, domains: Collection[str], facts: Mapping[str, FactValue], *, actor: str
    ) -> CustomerRecord:
        """A new customer; raises :class:`~tickets.faults.NameTaken`."""
        return self._write(lambda c: customer_saving.create(c, policy, name, domains, facts, actor))

    def edit_customer(
        self,
        customer_id: int,
        name: str,
        domains: Collection[str],
        facts: Mapping[str, FactValue],
        *,
        expected: str | None,
        actor: str,
    ) -> CustomerRecord:
        """The customer as it is to be; ``expected`` is the mark of the record that was looked at, None for any.

        Raises :class:`~tickets.faults.CustomerChanged`, :class:`~tickets.faults.NameTaken` or
        :class:`~tickets.faults.NoSuchCustomer`; nothing is written then.
        """
        return self._write(
            lambda c: customer_saving.edit(c, customer_id, name, domains, facts, expected=expected, actor=actor)
        )

    def edit_contact(
        self, customer_id: int, contact: ContactEntry, *, expected: str | None, actor: str
    ) -> CustomerRecord:
        """Adds or changes a contact; ``expected`` as in :meth:`edit_customer`."""
        return self._write(
            lambda c: customer_saving.edit_contact(c, customer_id, contact, expected=expected, actor=actor)
        )

    def plan_customers(self, entries: Sequence[Entry]) -> list[CustomerChange]:
        """What :meth:`import_customers` would change, an entry each; those without a change are false."""
        with reading(self._engine) as connection:
            return customer_saving.changes_by(connection, entries)

    def import_customers(
        self, entries: Sequence[Entry], actor: str, *, expected: Sequence[CustomerChange] | None = None
    ) -> list[CustomerChange]:
        """Saves customers with their contacts, all or none; what changed, an entry each.

        Raises :class:`~tickets.faults.ImportChanged` unless the changes are those ``expected`` (None: any).
        """
        return self._write(lambda c: customer_saving.save_entries(c, entries, actor, expected=expected))

    def assign(self, assignment: Assignment, *, actor: str, spent: bool = False) -> None:
        """Gives a ticket to a customer with all that follows; see :func:`tickets.customer.assignments.assign`."""
        self._write(lambda c: assignments.assign(c, assignment, actor=actor, spent=spent))

    def history(self, policy: str, customer_id: int, before: datetime) -> list[PastRequest]:
        """The customer's earlier tickets, newest first; without those closed as no request."""
        with reading(self._engine) as connection:
            return conversations.past_requests(connection, policy, [customer_id], before)[customer_id]
