"""What concerns the work on a ticket: where it stands, what was booked, what it costs, what is linked to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policies.labels import LABELS
from policies.policy import Policy
from policies.promises import PriceList
from policies.values import whole_number
from policies.work.commitments import charge_of, request_to_open
from policies.work.invoice import Invoice
from policies.work.quota import LinkedRequest, Quota
from tickets.rows import Ticket
from tickets.work.charges import Charge
from tickets.work.invoicing import invoice_of_ticket
from tickets.work.timesheet import WorkEntry
from tickets.work.working import STEP_WORDS, Standing, standing, today
from webui.room import room
from webui.words import opened

ESTIMATE_LINES = 3
"""Kinds of work that an estimate has room for where no price list says which there are."""


@dataclass(frozen=True, slots=True)
class QuotaView:
    """One of a quota that the ticket uses, and what the customer has left of it now (None: the record does not say)."""

    title: str
    left: int | None


@dataclass(frozen=True, slots=True)
class WorkView:
    """What of the work on a ticket the page shows; all that does not concern it is empty."""

    standing: Standing | None
    steps: Mapping[str, str]
    """The steps that are buttons, by name, and what the button says."""
    quotas: tuple[QuotaView, ...]
    charge: Charge | None
    books: bool
    activities: tuple[str, ...]
    kinds: tuple[str, ...]
    """The kinds of work of the price list; empty where it names none."""
    entries: tuple[WorkEntry, ...]
    invoice: Invoice | None
    today: str
    origin: int | None
    opened: tuple[int, ...]
    request: LinkedRequest | None
    no_request: bool
    """Whether saying that it never was a request changes something."""

    @property
    def estimate_lines(self) -> tuple[str, ...]:
        """The kind of work of each line of the estimate's form; empty where it is to be typed."""
        return self.kinds or ("",) * ESTIMATE_LINES


def view(ticket: Ticket, policy: Policy | None) -> WorkView | None:
    """What the page shows of the work on a ticket; None when nothing of it concerns the ticket, or no policy is loaded.

    ``policy`` is the version that decided it.
    """
    if policy is None:
        return None
    here = room()
    store, number = here.store, ticket.number
    labels = {label: getattr(ticket, label) for label in LABELS}
    now = standing(store, policy, ticket)
    entries = tuple(store.timesheet(ticket=number))
    prices: PriceList | None = here.policies[ticket.policy].file.prices
    by_time = charge_of(policy, labels, ticket.facts)
    books = prices is not None and (
        now is not None or bool(entries) or (by_time is not None and by_time.kind == "by_time")
    )
    quotas = _quotas(ticket, policy)
    charge = store.charge(number)
    shown = WorkView(
        standing=now,
        steps={name: opened(STEP_WORDS[name]) for name in now.steps if name != "estimate"} if now else {},
        quotas=quotas,
        charge=charge,
        books=books,
        activities=_activities(prices, now) if books and prices is not None else (),
        kinds=tuple(prices.per_unit) if prices is not None else (),
        entries=entries,
        invoice=invoice_of_ticket(store, here.policies, ticket) if entries and books else None,
        today=today(policy).isoformat(),
        origin=ticket.origin,
        opened=tuple(store.opened_from(number)),
        request=request_to_open(policy, labels, ticket.facts) if here.open_request is not None else None,
        no_request=ticket.state != "closed" and bool(quotas or (charge and charge.state == "proposed")),
    )
    concerns = (now, quotas, charge, books, shown.origin, shown.opened, shown.request)
    return shown if any(concerns) else None


def _activities(prices: PriceList, now: Standing | None) -> tuple[str, ...]:
    """The activities that may be booked where the work stands."""
    return tuple(each for each in prices.counts if now is None or now.procedure.may_book(now.state, each))


def _quotas(ticket: Ticket, policy: Policy) -> tuple[QuotaView, ...]:
    store = room().store
    uses = store.quotas_of(ticket.number)
    if not uses or ticket.customer_id is None:
        return ()
    record = store.customer(ticket.customer_id)
    facts = record.customer.facts if record is not None else {}
    quotas: tuple[Quota, ...] = policy.file.quotas
    titles = {quota.id: quota.title for quota in quotas}
    return tuple(QuotaView(titles.get(use.quota, use.quota), whole_number(facts.get(use.fact))) for use in uses)
