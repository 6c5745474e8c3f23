"""Charges that are only proposed, and an agent's word on them: confirmed, or waived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Connection, func, select, update

from policies.terms import Terms
from policies.working_out import PROPOSED
from tickets.columns import countable
from tickets.events import add, check_seen, happening
from tickets.faults import NoSuchTicket, StoreError
from tickets.schema import customer, event, ticket

ChargeState = Literal["proposed", "confirmed", "waived"]
Word = Literal["confirmed", "waived"]
CHARGE_EVENTS: Mapping[str, Word] = {"charge_confirmed": "confirmed", "charge_waived": "waived"}


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge that waits for a person's word, or has it: what is charged, and who said so, when and why.

    ``standing`` says whether the ticket's terms still name it.
    """

    ticket: int
    subject: str
    customer_name: str | None
    text: str
    state: ChargeState
    standing: bool
    by: str | None = None
    reason: str | None = None
    at: datetime | None = None

    @property
    def sentence(self) -> str:
        """What is charged, without saying that it waits where it does not."""
        return self.text if self.state == "proposed" else self.text.replace(f"; {PROPOSED}", "")


@dataclass(frozen=True, slots=True)
class ChargeAfter:
    """What becomes of a charge's state under other terms, and what an agent is to be asked about it."""

    state: ChargeState | None
    ask: str | None = None


def opened_with(terms: Terms) -> ChargeState | None:
    """The state of a new ticket's charge."""
    return "proposed" if terms.charge_proposed else None


def proposal(terms: Terms) -> str | None:
    """The charge that the terms only propose; None when there is none."""
    return terms.charge if terms.charge_proposed else None


def after(connection: Connection, number: int, state: ChargeState | None, before: Terms, terms: Terms) -> ChargeAfter:
    """The charge of a ticket whose terms were ``before`` and are ``terms`` now: a proposal comes and goes with them.

    An agent's word on a charge stands, and one that is confirmed is never dropped: a person is asked, once.
    """
    proposed = proposal(terms)
    said = _word(connection, number) if state in get_args(Word) else None
    if said is None:
        return ChargeAfter("proposed" if proposed else None)
    if proposed == said["charge"]:
        return ChargeAfter(state)
    if state == "confirmed":
        if proposal(before) != said["charge"]:
            return ChargeAfter(state)
        named = f"now name another ({proposed})" if proposed else "no longer name it"
        return ChargeAfter(state, f"A charge was confirmed ({said['charge']}) and the terms {named}: is it waived?")
    return ChargeAfter("proposed" if proposed else "waived")


def decide(
    connection: Connection, number: int, word: str, *, agent: str, reason: str, seen: int | None = None
) -> Charge:
    """Confirms or waives the charge of a ticket; see :meth:`tickets.store.Store.decide_charge`."""
    kind, said = next(((kind, each) for kind, each in CHARGE_EVENTS.items() if each == word), (None, None))
    if kind is None or said is None:
        raise StoreError(f"A charge is never {word!r}: it is {' or '.join(get_args(Word))}.")
    if not reason.strip():
        raise StoreError("Say why: a charge is confirmed or waived with a reason.")
    query = select(ticket).where(ticket.c.number == countable(number)).with_for_update(key_share=True)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NoSuchTicket(number)
    check_seen(connection, number, seen)
    found = _charge_of(connection, row)
    if found is None:
        raise StoreError(f"No charge of ticket {number} waits for a person's word.")
    if word == "confirmed" and not found.standing:
        raise StoreError(f"The terms of ticket {number} name no such charge: it can only be waived.")
    connection.execute(update(ticket).where(ticket.c.number == number).values(charge_state=word))
    details = {"charge": found.text, "from": found.state, "reason": reason.strip()}
    decided = happening(kind, details, actor=agent, ticket=number)
    add(connection, [decided])
    return replace(found, state=said, by=agent, reason=reason.strip(), at=decided["at"])


def one(connection: Connection, number: int) -> Charge | None:
    """The charge of a ticket that waits for a person's word or has it; None when there is none."""
    found = listed(connection, None, ticket.c.number == countable(number))
    return found[0] if found else None


def listed(connection: Connection, state: str | None, *conditions: Any) -> list[Charge]:
    """Charges that wait for a person's word or have it, by ticket; those of one state if given."""
    query = (
        select(ticket, customer.c.name.label("customer_name"))
        .join_from(ticket, customer, isouter=True)
        .where(ticket.c.charge_state.is_not(None), *conditions)
        .order_by(ticket.c.number)
    )
    if state is not None:
        query = query.where(ticket.c.charge_state == state)
    charges = [_charge_of(connection, row, row.customer_name) for row in connection.execute(query).all()]
    return [charge for charge in charges if charge is not None]


def _charge_of(connection: Connection, row: Any, customer_name: str | None = None) -> Charge | None:
    terms = Terms.from_json(row.terms)
    proposed = proposal(terms)
    if row.charge_state in get_args(Word):
        said = _word(connection, row.number)
        if said is not None and (row.charge_state == "confirmed" or said["charge"] == proposed):
            standing = proposed == said["charge"]
            person = {"by": said["by"], "reason": said["reason"], "at": said["at"]}
            return Charge(row.number, row.subject, customer_name, said["charge"], row.charge_state, standing, **person)
    if row.charge_state is None or proposed is None:
        return None
    return Charge(row.number, row.subject, customer_name, proposed, "proposed", True)


def _word(connection: Connection, number: int) -> dict[str, Any] | None:
    """The last word given on a ticket's charge."""
    last = select(func.max(event.c.id)).where(event.c.ticket == number, event.c.kind.in_(CHARGE_EVENTS))
    row = connection.execute(select(event).where(event.c.id == last.scalar_subquery())).one_or_none()
    if row is None:
        return None
    return {"charge": row.details["charge"], "reason": row.details["reason"], "by": row.actor, "at": row.at}
