"""The same labels for many tickets at once: what would change, and the change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from errors import MailtriageError
from policies.labels import LABELS
from policies.policy import Policy
from tickets import desk
from tickets.faults import NoSuchTicket, StoreError, StoreUnavailable
from tickets.rows import How
from tickets.store import Store

MOST = 1000
"""Tickets in one go; what is more is a matter for a rule."""

BULK = How(blind=False, bulk=True)
"""Said of many tickets at once, with what they were before in view."""

PolicyOf = Callable[[int], Policy]
"""The policy by which a ticket was decided; raises :class:`~errors.MailtriageError` where there is none."""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one ticket: by label what it is and what it is to be, the derived ones included.

    ``refused`` says why nothing is done to it; ``confirms`` are the labels that have the value already.
    """

    ticket: int
    subject: str = ""
    labels: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    confirms: tuple[str, ...] = ()
    coverage: tuple[str, str] | None = None
    refused: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The change as a JSON object."""
        return {
            "ticket": self.ticket,
            "subject": self.subject,
            "labels": {label: {"from": old, "to": new} for label, (old, new) in self.labels.items()},
            "confirms": list(self.confirms),
            "coverage": {"from": self.coverage[0], "to": self.coverage[1]} if self.coverage else None,
            "refused": self.refused,
        }


def preview(store: Store, policy_of: PolicyOf, tickets: Iterable[int], changes: Mapping[str, str]) -> list[Change]:
    """What the labels would change on each ticket, in the order given; nothing is written."""
    return [_told(number, lambda n: _one(store, policy_of(n), n, changes)) for number in _counted(tickets)]


def correct_all(
    store: Store, policy_of: PolicyOf, tickets: Iterable[int], changes: Mapping[str, str], *, agent: str, why: str = ""
) -> list[Change]:
    """Gives the labels to each ticket, one transaction a ticket, marked as bulk; what became of each, in order.

    A ticket that refuses them (another policy without that value, say) leaves the others to be done.
    """

    def done(number: int) -> Change:
        policy = policy_of(number)
        change = _one(store, policy, number, changes)
        desk.correct(store, policy, number, changes, agent=agent, why=why, how=BULK)
        return change

    return [_told(number, done) for number in _counted(tickets)]


def _counted(tickets: Iterable[int]) -> Sequence[int]:
    numbers = list(dict.fromkeys(tickets))
    if not numbers:
        raise StoreError("No ticket is named: nothing is corrected.")
    if len(numbers) > MOST:
        raise StoreError(f"{len(numbers)} tickets are more than the {MOST} that are corrected at once: take fewer.")
    return numbers


def _told(number: int, work: Callable[[int], Change]) -> Change:
    try:
        return work(number)
    except StoreUnavailable:
        raise
    except MailtriageError as error:
        return Change(number, refused=str(error))


def _one(store: Store, policy: Policy, number: int, changes: Mapping[str, str]) -> Change:
    desk.check(policy, changes)
    ticket = store.ticket(number)
    if ticket is None:
        raise NoSuchTicket(number)
    desk.check_there(ticket)
    audit = store.audit_of(number)
    if audit is not None and audit.open:
        raise StoreError(f"Ticket {number} waits for its audit: somebody judges it blind first.")
    before = {label: getattr(ticket, label) for label in LABELS}
    known = replace(ticket, facts=desk.known_now(store, policy, ticket, {}))
    derived, _, terms = desk.consequences(store, policy, known, before, changes)
    after = {**before, **derived, **changes}
    coverage = (ticket.terms.coverage, terms.coverage) if terms and terms.coverage != ticket.terms.coverage else None
    return Change(
        ticket=number,
        subject=ticket.subject,
        labels={label: (before[label], after[label]) for label in LABELS if after[label] != before[label]},
        confirms=tuple(label for label, value in changes.items() if before[label] == value),
        coverage=coverage,
    )
