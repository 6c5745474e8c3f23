"""An agent's word on labels: written beside the verdict, and taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, get_args

from sqlalchemy import Connection, Row, func, insert, select, update

from policies.labels import LABELS
from policies.terms import Terms
from tickets.columns import countable
from tickets.events import add, happening
from tickets.faults import FollowedUp, NoSuchTicket, StoreError, TicketChanged
from tickets.follow_ups import open_beside
from tickets.rows import Correction, State, StoredMessage, Ticket
from tickets.schema import correction, correction_batch, message, ticket
from tickets.stored import MESSAGE_COLUMNS, correction_of, message_of, ticket_of, tickets_with_customer

RESTORED = (*LABELS, "sources", "clauses", "terms", "corrected")
"""The columns that taking back a batch of corrections sets as they were."""

CHUNK = 200


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
    expected: Mapping[str, str],
    state: str,
) -> list[Correction]:
    """Writes one correction a label with all that follows from it; see :meth:`tickets.store.Store.correct`."""
    _check_labels((*changes, *derived, *expected))
    _check_state(state)
    if not changes:
        return []
    row = _locked(connection, number)
    if row.state == "closed" and open_beside(connection, row) is not None:
        state = "closed"  # an agent's word on labels is no reason to have two open tickets in one conversation
    if any(row._mapping[label] != value for label, value in expected.items()):
        raise TicketChanged(number)
    before = {name: row._mapping[name] for name in (*RESTORED, "state", "review_reasons")}
    due_at = row.due_at.isoformat() if row.due_at else None
    values = {**before, **derived, **changes, "state": state}
    values["sources"] = {**row.sources, **dict.fromkeys(derived, "rule"), **dict.fromkeys(changes, "agent")}
    values["corrected"] = {**row.corrected, **changes}
    values["review_reasons"] = row.review_reasons if state == "review" else []
    if clauses is not None:
        values["clauses"] = list(clauses)
    if terms is not None:
        values["terms"] = terms.to_json()
        values["due_at"] = terms.response_target.due if terms.response_target else None
    batch = connection.scalars(
        insert(correction_batch)
        .values(ticket=number, before={**before, "due_at": due_at, "after": state}, undone=False)
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
    add(connection, [happening("corrected", details, actor=agent, ticket=number)])
    return _of_batch(connection, batch)


def undo(connection: Connection, number: int, *, agent: str) -> list[Correction]:
    """Takes back the ticket's last batch of corrections: labels, clauses and terms are as they were before it.

    The state goes back as well, unless something else has changed it since.
    """
    row = _locked(connection, number)
    last = select(func.max(correction_batch.c.id)).where(
        correction_batch.c.ticket == number, correction_batch.c.undone.is_(False)
    )
    batch = connection.execute(
        select(correction_batch).where(correction_batch.c.id == last.scalar_subquery())
    ).one_or_none()
    if batch is None:
        return []
    taken_back = _of_batch(connection, batch.id)
    before = batch.before
    values: dict[str, Any] = {name: before[name] for name in RESTORED}
    values["due_at"] = datetime.fromisoformat(before["due_at"]) if before["due_at"] else None
    if row.state == before["after"]:
        values |= {"state": before["state"], "review_reasons": before["review_reasons"]}
    elif row.state == before["state"] == "review":
        values["review_reasons"] = list(dict.fromkeys((*before["review_reasons"], *row.review_reasons)))
    connection.execute(update(ticket).where(ticket.c.number == number).values(values))
    connection.execute(update(correction_batch).where(correction_batch.c.id == batch.id).values(undone=True))
    undone = {c.label: {"from": c.to_value, "to": c.from_value} for c in taken_back}
    add(connection, [happening("correction_undone", {"changes": undone}, actor=agent, ticket=number)])
    return taken_back


def set_state(connection: Connection, number: int, state: str, *, actor: str) -> None:
    """Moves the ticket to a state; the reasons for review go when it leaves review.

    Raises :class:`FollowedUp` for a closed ticket while another of its conversation is open.
    """
    _check_state(state)
    row = _locked(connection, number)
    if row.state == state:
        return
    if row.state == "closed" and (beside := open_beside(connection, row)) is not None:
        raise FollowedUp(number, beside)
    reasons = row.review_reasons if state == "review" else []
    connection.execute(update(ticket).where(ticket.c.number == number).values(state=state, review_reasons=reasons))
    details = {"from": row.state, "to": state}
    add(connection, [happening("state_changed", details, actor=actor, ticket=number)])


def standing(connection: Connection, number: int | None, since_id: int) -> list[Correction]:
    """Corrections that were not taken back, oldest first."""
    query = (
        select(correction)
        .join(correction_batch, correction.c.batch == correction_batch.c.id)
        .where(correction_batch.c.undone.is_(False), correction.c.id > since_id)
        .order_by(correction.c.id)
    )
    if number is not None:
        query = query.where(correction.c.ticket == countable(number))
    return [correction_of(row) for row in connection.execute(query)]


def count_since(connection: Connection, policy: str, moment: datetime) -> int:
    """How many corrections of a policy's tickets were given after ``moment`` and stand."""
    query = (
        select(func.count())
        .select_from(correction)
        .join(correction_batch, correction.c.batch == correction_batch.c.id)
        .join(ticket, correction.c.ticket == ticket.c.number)
        .where(correction_batch.c.undone.is_(False), ticket.c.policy == policy, correction.c.at > moment)
    )
    return connection.execute(query).scalar_one()


def agent_labelled(connection: Connection, policy: str, after: int) -> list[tuple[Ticket, StoredMessage]]:
    """The next tickets numbered above ``after`` on which an agent's word stands, with their opening messages."""
    spoken_on = (
        select(correction_batch.c.ticket)
        .where(correction_batch.c.undone.is_(False), correction_batch.c.ticket > after)
        .distinct()
    )
    query = tickets_with_customer().where(ticket.c.policy == policy, ticket.c.number.in_(spoken_on))
    tickets = [ticket_of(row) for row in connection.execute(query.order_by(ticket.c.number).limit(CHUNK))]
    numbers = [t.number for t in tickets]
    opened = select(*MESSAGE_COLUMNS).where(message.c.ticket.in_(numbers), message.c.disposition == "ticket")
    openings = {row.ticket: message_of(row) for row in connection.execute(opened)}
    return [(t, openings[t.number]) for t in tickets]


def in_chunks(
    chunk_after: Callable[[int], Sequence[tuple[Ticket, StoredMessage]]],
) -> Iterator[tuple[Ticket, StoredMessage]]:
    """Every pair that ``chunk_after(number)`` gives, from the first ticket on; no connection is held in between."""
    after = 0
    while chunk := chunk_after(after):
        yield from chunk
        after = chunk[-1][0].number


def _of_batch(connection: Connection, batch: int) -> list[Correction]:
    query = select(correction).where(correction.c.batch == batch).order_by(correction.c.id)
    return [correction_of(row) for row in connection.execute(query)]


def _locked(connection: Connection, number: int) -> Row[Any]:
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
