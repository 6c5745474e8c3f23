"""An agent's word on labels: written beside the verdict, and taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, get_args

from sqlalchemy import Connection, Row, func, insert, select, update

from policies.labels import LABELS
from policies.terms import Terms
from policies.work.commitments import without_quotas
from tickets import alarm, audits, disputes
from tickets.clocks.clock import due_by
from tickets.columns import countable
from tickets.customer.assignments import assigned_since
from tickets.events import CLOSED_NO_REQUEST, STATE_CHANGED, add, happening
from tickets.faults import FollowedUp, NoSuchTicket, StoreError, TicketChanged
from tickets.follow_ups import open_beside
from tickets.rows import Correction, How, State, Ticket
from tickets.schema import correction, correction_batch, ticket
from tickets.standing import of_batch
from tickets.stored import is_still
from tickets.work.consequences import asked, clock_follows, follow
from tickets.work.quotas import Claim, settle

RESTORED = (*LABELS, "sources", "clauses", "terms", "corrected")
"""The columns that taking back a batch of corrections sets as they were."""


def correct(
    connection: Connection,
    number: int,
    changes: Mapping[str, str],
    *,
    agent: str,
    why: str,
    terms: Terms | None,
    clauses: Sequence[str] | None,
    derived: Mapping[str, str],
    expected: Ticket | None,
    state: str,
    how: How,
    settles: int | None,
) -> list[Correction]:
    """Writes one correction a label with all that follows from it; see :meth:`tickets.store.Store.correct`."""
    _check_labels((*changes, *derived))
    _check_state(state)
    if not changes:
        return []
    row = locked(connection, number)
    audited = audits.answers_one(connection, number, changes, how)
    if audited:
        state = row.state  # it was drawn beside the work on it, which goes on as it stood
    if row.state == "closed" and open_beside(connection, row) is not None:
        state = "closed"  # an agent's word on labels is no reason to have two open tickets in one conversation
    if expected is not None and not is_still(row, expected):
        raise TicketChanged(number)
    follows = follow(connection, row, terms or Terms.from_json(row.terms), state=state, actor=agent)
    if follows.ask and state != "closed":
        state = "review"
    before = {name: row._mapping[name] for name in (*RESTORED, "state", "review_reasons")}
    values = {**before, **follows.values, **derived, **changes, "state": state}
    values["sources"] = {**row.sources, **dict.fromkeys(derived, "rule"), **dict.fromkeys(changes, "agent")}
    values["corrected"] = {**row.corrected, **changes}
    values["review_reasons"] = asked(row.review_reasons, follows) if state == "review" else []
    if clauses is not None:
        values["clauses"] = list(clauses)
    if terms is not None:
        values["terms"] = terms.to_json()
        values["due_at"] = due_by(connection, row, values["terms"])
    batch = connection.scalars(
        insert(correction_batch)
        .values(ticket=number, before={**before, "after": state}, undone=False)
        .returning(correction_batch.c.id)
    ).one()
    now = datetime.now(UTC)
    rows = [
        {
            "batch": batch,
            "ticket": number,
            "label": label,
            "from_value": row._mapping[label],
            "from_source": row.sources[label],
            "to_value": value,
            "why": why,
            "agent": agent,
            "at": now,
            "blind": how.blind,
            "seconds": how.seconds,
            "bulk": how.bulk,
        }
        for label, value in changes.items()
    ]
    connection.execute(insert(correction), rows)
    connection.execute(update(ticket).where(ticket.c.number == number).values(values))
    derived_changes = {label: value for label, value in derived.items() if value != row._mapping[label]}
    details = {
        "changes": {r["label"]: {"from": r["from_value"], "to": r["to_value"]} for r in rows},
        "derived": derived_changes,
        "why": why,
        "state": state,
    }
    if how.bulk:
        details["bulk"] = True
    made = of_batch(connection, batch)
    happenings = [happening("corrected", details, actor=agent, ticket=number), *follows.happenings]
    if settles is not None:
        happenings += [disputes.settle(connection, settles, word) for word in made]
    if audited:
        happenings += alarm.answered(connection, number, changes, agent=agent, at=now)
    add(connection, [*happenings, *disputes.follow(connection, number, changes, at=now)])
    clock_follows(connection, row, actor=agent, at=now)
    return made


def undo(connection: Connection, number: int, *, agent: str, spent: bool = False) -> list[Correction]:
    """Takes back the ticket's last batch of corrections: labels, clauses and terms are as they were before it.

    The state goes back as well, unless something else has changed it since. Raises :class:`QuotaSpent` when the ticket
    used a quota before of which none is left; with ``spent`` it uses none, and a person is asked.
    """
    row = locked(connection, number)
    last = select(func.max(correction_batch.c.id)).where(
        correction_batch.c.ticket == number, correction_batch.c.undone.is_(False)
    )
    batch = connection.execute(
        select(correction_batch).where(correction_batch.c.id == last.scalar_subquery())
    ).one_or_none()
    if batch is None:
        return []
    taken_back = of_batch(connection, batch.id)
    if assigned_since(connection, number, taken_back[-1].at):
        raise StoreError(f"Ticket {number} was given to a customer since: correct it instead of taking that back.")
    before = batch.before
    values: dict[str, Any] = {name: before[name] for name in RESTORED}
    values["due_at"] = due_by(connection, row, before["terms"])
    if row.state == before["after"]:
        values |= {"state": before["state"], "review_reasons": before["review_reasons"]}
    elif row.state == before["state"] == "review":
        values["review_reasons"] = list(dict.fromkeys((*before["review_reasons"], *row.review_reasons)))
    state = values.get("state", row.state)
    follows = follow(connection, row, Terms.from_json(before["terms"]), state=state, actor=agent, spent=spent)
    values |= follows.values
    if spent:
        values["terms"] = without_quotas(Terms.from_json(before["terms"])).to_json()
    if follows.ask and state != "closed":
        reasons = values.get("review_reasons", row.review_reasons)
        values |= {"state": "review", "review_reasons": asked(reasons, follows)}
    connection.execute(update(ticket).where(ticket.c.number == number).values(values))
    connection.execute(update(correction_batch).where(correction_batch.c.id == batch.id).values(undone=True))
    undone = {c.label: {"from": c.to_value, "to": c.from_value} for c in taken_back}
    happened = happening("correction_undone", {"changes": undone}, actor=agent, ticket=number)
    disputes.unsettle(connection, taken_back)
    ended = disputes.follow(connection, number, undone, at=happened["at"])
    add(connection, [happened, *follows.happenings, *ended])
    clock_follows(connection, row, actor=agent, at=happened["at"])
    return taken_back


def set_state(connection: Connection, number: int, state: str, *, actor: str, spent: bool = False) -> None:
    """Moves the ticket to a state; the reasons for review go when it leaves review.

    Raises :class:`FollowedUp` for a closed ticket while another of its conversation is open, and :class:`QuotaSpent`
    as :func:`undo` does.
    """
    _check_state(state)
    row = locked(connection, number)
    if row.state == state:
        return
    if row.state == "closed" and (beside := open_beside(connection, row)) is not None:
        raise FollowedUp(number, beside)
    values: dict[str, Any] = {"state": state, "review_reasons": row.review_reasons if state == "review" else []}
    happenings = [happening(STATE_CHANGED, {"from": row.state, "to": state}, actor=actor, ticket=number)]
    if row.state == "closed":
        follows = follow(connection, row, Terms.from_json(row.terms), state=state, actor=actor, spent=spent)
        values |= follows.values
        if spent:
            terms = without_quotas(Terms.from_json(row.terms)).to_json()
            values |= {"terms": terms, "state": "review", "review_reasons": asked([], follows)}
        happenings += follows.happenings
    connection.execute(update(ticket).where(ticket.c.number == number).values(values))
    add(connection, happenings)


def close_as_no_request(connection: Connection, number: int, *, agent: str, why: str) -> None:
    """Closes a ticket that never was a request; see :meth:`tickets.store.Store.close_as_no_request`."""
    row = locked(connection, number)
    values: dict[str, Any] = {"state": "closed", "review_reasons": []}
    if row.charge_state == "proposed":
        values["charge_state"] = None
    connection.execute(update(ticket).where(ticket.c.number == number).values(values))
    closed = happening(CLOSED_NO_REQUEST, {"from": row.state, "why": why}, actor=agent, ticket=number)
    add(connection, [closed, *settle(connection, [Claim(number, row.customer_id, {})], actor=agent)])


def locked(connection: Connection, number: int) -> Row[Any]:
    """The ticket's row, which no other writer changes until this transaction ends."""
    row = connection.execute(
        select(ticket).where(ticket.c.number == countable(number)).with_for_update(key_share=True)
    ).one_or_none()
    if row is None:
        raise NoSuchTicket(number)
    return row


def _check_labels(labels: Sequence[str]) -> None:
    for label in labels:
        if label not in LABELS:
            raise StoreError(f"There is no label {label!r}; the labels are {', '.join(LABELS)}.")


def _check_state(state: str) -> None:
    if state not in get_args(State):
        raise StoreError(f"A ticket is never {state!r}; the states are {', '.join(get_args(State))}.")
