"""The invoice of the time booked on tickets: what is charged by the price list in force, and what is free and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from policies.labels import LABELS, Scope
from policies.policy import Policy
from policies.versions import Policies
from policies.work.commitments import charge_of
from policies.work.invoice import Charged, Invoice, Work, invoice
from tickets.faults import NoSuchTicket
from tickets.rows import Ticket
from tickets.store import Store
from tickets.work.timesheet import WorkEntry
from tickets.work.working import price_list


def invoice_of_ticket(store: Store, policies: Policies, ticket: Ticket) -> Invoice:
    """The invoice of all time booked on a ticket."""
    return _invoice(store, policies, ticket.policy, store.timesheet(ticket=ticket.number))


def invoice_of_month(store: Store, policies: Policies, policy: str, customer_id: int, month: date) -> Invoice:
    """The invoice of a customer's work in the month in which the day ``month`` is."""
    begin, end = month_of(month)
    entries = store.timesheet(customers=[customer_id], begin=begin, end=end)
    return _invoice(store, policies, policy, entries, store.timesheet(customers=[customer_id], end=begin))


def month_of(day: date) -> tuple[date, date]:
    """The first day of the month that ``day`` is in, and of the next one."""
    begin = day.replace(day=1)
    return begin, begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)


def how_charged(store: Store, policy: Policy, ticket: Ticket) -> Charged:
    """How work on a ticket is charged, and why it is not by time, with the clause that says so.

    ``policy`` is the version that decided the ticket.
    """
    titles = {quota.id: quota for quota in policy.file.quotas}
    for use in store.quotas_of(ticket.number):
        quota = titles.get(use.quota)
        clauses = ", ".join(f"{policy.name}/{name}" for name in quota.clauses) if quota else ""
        title = quota.title if quota else use.quota
        return Charged(free=f"one of the customer's {title}{f' ({clauses})' if clauses else ''}")
    charge = charge_of(policy, {label: getattr(ticket, label) for label in LABELS}, ticket.facts)
    if charge is not None and charge.kind == "by_time":
        return Charged()
    if charge is None and ticket.scope == Scope.INCLUDED:
        return Charged(free=ticket.terms.coverage)
    return Charged(apart=ticket.terms.charge or f"{ticket.terms.coverage} No charge of the policy prices it.")


def _invoice(
    store: Store, policies: Policies, policy: str, entries: Sequence[WorkEntry], before: Sequence[WorkEntry] = ()
) -> Invoice:
    charged = {number: _charged(store, policies, number) for number in sorted({entry.ticket for entry in entries})}
    earlier: Counter[tuple[int, str]] = Counter()
    for entry in before:
        earlier[entry.ticket, entry.kind] += entry.minutes
    work = [
        Work(entry.ticket, entry.day, entry.minutes, entry.kind, entry.activity, entry.agent, entry.note)
        for entry in entries
    ]
    return invoice(work, price_list(policies[policy]), charged.__getitem__, earlier)


def _charged(store: Store, policies: Policies, number: int) -> Charged:
    ticket = store.ticket(number)
    if ticket is None:
        raise NoSuchTicket(number)
    decided_by = policies.that_decided(ticket.policy, ticket.verdict.versions.policy, ticket.facts.received_at)
    return how_charged(store, decided_by, ticket)
