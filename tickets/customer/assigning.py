"""An agent says whose a ticket is: it is decided again with what is known of that customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from classifier.other_facts import with_facts
from errors import MailtriageError
from policies.facts import Facts
from policies.labels import LABELS
from policies.policy import Policy
from tickets import desk
from tickets.customer.assignments import Assignment
from tickets.customer.customer_saving import ContactEntry
from tickets.customer.customer_values import fit_name
from tickets.customer.domains import folded_address, is_address
from tickets.faults import NoSuchTicket
from tickets.races import until_it_holds
from tickets.rows import Contact, CustomerRecord, Ticket
from tickets.store import Store
from tickets.work.quotas import with_own


class AssignmentError(MailtriageError):
    """The ticket cannot be given to that customer: says why."""


def assign(
    store: Store,
    policy: Policy,
    ticket: int,
    customer: CustomerRecord,
    *,
    agent: str,
    add_contact: bool = False,
    vouched_by: str | None = None,
) -> Ticket:
    """Gives a ticket to a customer and decides it again with the customer's facts and history; the ticket then.

    What agents have said of labels stands. With ``add_contact`` the sender's address becomes a contact of the customer,
    so that the next mail from it is the customer's. That a ticket is a customer's does not prove its sender:
    ``vouched_by`` names who says that the sender is who they claim to be, which counts as proof until the ticket is
    assigned again. Raises
    :class:`AssignmentError`, :class:`~tickets.faults.NoSuchTicket`.
    """

    def attempt(left: Mapping[str, int | None]) -> Ticket:
        before = store.ticket(ticket)
        if before is None:
            raise NoSuchTicket(ticket)
        if customer.customer.policy != before.policy or before.policy != policy.name:
            raise AssignmentError(
                f"Ticket {ticket} is under the policy {before.policy}, and {customer.customer.name} a customer under "
                f"{customer.customer.policy}."
            )
        facts = desk.with_left(_facts(store, policy, before, customer, vouched_by), left)
        contact = _sender(before, customer) if add_contact else None
        done = _decided(store, policy, before, customer, facts, contact, vouched=vouched_by is not None)
        store.assign(done, actor=agent)
        assigned = store.ticket(ticket)
        if assigned is None:
            raise NoSuchTicket(ticket)
        return assigned

    return until_it_holds(ticket, attempt)


def _facts(store: Store, policy: Policy, ticket: Ticket, record: CustomerRecord, vouched_by: str | None) -> Facts:
    """What is known of the ticket's mail as the customer's; the model's own reading stays what it was.

    A vouch is for one assignment: another one rests on the mail's own proof again.
    """
    facts, customer = ticket.facts, record.customer
    past = store.history(ticket.policy, customer.id, facts.received_at)
    proven = facts.as_read.sender_proven if vouched_by is None else True
    proof = facts.as_read.proof if vouched_by is None else f"Vouched for by {vouched_by}."
    told = desk.facts_of(customer, contact_on(facts.received_at.date(), record, ticket))
    return replace(
        facts,
        customer=with_own(told, store.quotas_of(ticket.number), customer.id),
        history=desk.history_before(policy, facts.received_at, past, proven),
        sender_proven=proven,
        proof=proof,
        sender="assigned",
        candidates=(),
        read_with=facts.as_read,
    )


def contact_on(day: date, record: CustomerRecord, ticket: Ticket) -> Contact | None:
    """The contact that the ticket's sender is, if of this customer and with it on that day."""
    found = record.contact(folded_address(ticket.sender_address))
    gone = found is not None and found.left_on is not None and found.left_on <= day
    return None if gone else found


def _sender(ticket: Ticket, record: CustomerRecord) -> ContactEntry:
    address = folded_address(ticket.sender_address)
    if not is_address(address):
        raise AssignmentError(f"Ticket {ticket.number} names no sender's address that could be a contact.")
    known = record.contact(address)
    if known is not None:
        return ContactEntry(address, known.name or fit_name(ticket.sender_name), known.facts)
    return ContactEntry(address, fit_name(ticket.sender_name))


def _decided(
    store: Store,
    policy: Policy,
    before: Ticket,
    record: CustomerRecord,
    facts: Facts,
    contact: ContactEntry | None,
    *,
    vouched: bool,
) -> Assignment:
    signals = before.verdict.signals if before.verdict.reading else desk.signals_of(store, policy, before)
    verdict = with_facts(policy, before.verdict, facts, signals)
    labels: Mapping[str, str] = {label: verdict.labels[label].value for label in LABELS}
    clauses = verdict.clauses
    if before.corrected:
        labels = {**labels, **before.corrected}
        seen = replace(before, facts=facts, verdict=verdict)
        derived, following, _ = desk.consequences(store, policy, seen, labels, {}, again=True)
        labels, clauses = {**labels, **derived}, following if following is not None else clauses
    impact = verdict.impact_values
    terms = policy.terms(labels, clauses, facts, facts.received_at, impact=impact, signals=signals)
    return Assignment(before, record.customer, facts, verdict, labels, clauses, terms, contact, vouched)
