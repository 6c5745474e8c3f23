"""One word of an agent taken back: the batches that stand, and what is written when one of their words goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from policies.labels import LABELS
from policies.terms import Terms
from policies.work.commitments import without_quotas
from tickets import disputes
from tickets.clocks.clock import due_by
from tickets.columns import countable
from tickets.corrections import RESTORED, locked
from tickets.customer.assignments import assigned_since
from tickets.events import add, happening
from tickets.faults import StoreError, TicketChanged
from tickets.rows import Correction, Ticket
from tickets.schema import correction, correction_batch, ticket
from tickets.standing import of_batch
from tickets.stored import is_still
from tickets.work.consequences import asked, clock_follows, follow


@dataclass(frozen=True, slots=True)
class Batch:
    """What agents said at one time, and the ticket's columns before it; ``after`` among them is the state it led to."""

    id: int
    before: Mapping[str, Any]
    words: tuple[Correction, ...]


@dataclass(frozen=True, slots=True)
class History:
    """The batches of a ticket that stand, oldest first; ``assigned``: it was given to a customer after the first."""

    batches: tuple[Batch, ...]
    assigned: bool


@dataclass(frozen=True, slots=True)
class Retraction:
    """What a ticket becomes without one word.

    ``now`` are its columns, ``snapshots`` what each batch that is left finds before it, by its id.
    """

    seen: Ticket
    history: History
    word: Correction
    now: Mapping[str, Any]
    snapshots: Mapping[int, Mapping[str, Any]]


def history(connection: Connection, number: int) -> History:
    """The standing words of a ticket in their batches."""
    query = select(correction_batch).where(
        correction_batch.c.ticket == countable(number), correction_batch.c.undone.is_(False)
    )
    rows = connection.execute(query.order_by(correction_batch.c.id)).all()
    found = (Batch(row.id, row.before, tuple(of_batch(connection, row.id))) for row in rows)
    batches = tuple(batch for batch in found if batch.words)
    return History(batches, bool(batches) and assigned_since(connection, number, batches[0].words[0].at))


def retract(connection: Connection, done: Retraction, *, agent: str, spent: bool = False) -> None:
    """Takes the word back; raises :class:`TicketChanged` when the ticket is not what it was worked out from.

    Raises :class:`~tickets.faults.QuotaSpent` where it uses a quota of which none is left; with ``spent`` it uses none,
    and a person is asked.
    """
    number, word = done.seen.number, done.word
    row = locked(connection, number)
    if not is_still(row, done.seen) or history(connection, number) != done.history:
        raise TicketChanged(number)
    own = next(batch for batch in done.history.batches if word in batch.words)
    values: dict[str, Any] = {name: done.now[name] for name in RESTORED}
    terms = Terms.from_json(values["terms"])
    emptied = own.words == (word,)
    if emptied and own is done.history.batches[-1]:
        if row.state == own.before["after"]:
            values |= {name: done.now[name] for name in ("state", "review_reasons")}
        elif row.state == done.now["state"] == "review":
            values["review_reasons"] = list(dict.fromkeys((*done.now["review_reasons"], *row.review_reasons)))
    state = values.get("state", row.state)
    follows = follow(connection, row, terms, state=state, actor=agent, spent=spent)
    values |= follows.values
    if spent:
        values["terms"] = without_quotas(terms).to_json()
    values["due_at"] = due_by(connection, row, values["terms"])
    if follows.ask and state != "closed":
        reasons = values.get("review_reasons", row.review_reasons)
        values |= {"state": "review", "review_reasons": asked(reasons, follows)}
    connection.execute(update(ticket).where(ticket.c.number == number).values(values))
    happened = _taken_back(row, done, agent)
    moment: datetime = happened["at"]
    connection.execute(update(correction).where(correction.c.id == word.id).values(taken_back_at=moment))
    _keep(connection, done, own.id if emptied else None)
    disputes.unsettle(connection, [word])
    ended = disputes.follow(connection, number, [word.label], at=moment)
    add(connection, [happened, *follows.happenings, *ended])
    clock_follows(connection, row, actor=agent, at=moment)


def _keep(connection: Connection, done: Retraction, emptied: int | None) -> None:
    for batch, before in done.snapshots.items():
        connection.execute(update(correction_batch).where(correction_batch.c.id == batch).values(before=dict(before)))
    if emptied is not None:
        connection.execute(update(correction_batch).where(correction_batch.c.id == emptied).values(undone=True))


def _taken_back(row: Row[Any], done: Retraction, agent: str) -> dict[str, Any]:
    word = done.word
    changed: dict[str, tuple[str, str]] = {
        label: (row._mapping[label], done.now[label])
        for label in LABELS
        if row._mapping[label] != done.now[label] or label == word.label
    }
    details = {
        "changes": {label: {"from": old, "to": new} for label, (old, new) in changed.items() if label == word.label},
        "derived": {label: new for label, (_, new) in changed.items() if label != word.label},
        "one": word.label,
        "said_by": word.agent,
    }
    return happening("correction_undone", details, actor=agent, ticket=word.ticket)


def the_word(batches: Sequence[Batch], number: int, *, label: str | None, word: int | None) -> Correction:
    """The standing word of that id, or the last one on the label; raises :class:`StoreError` where there is none."""
    words = [each for batch in batches for each in batch.words if label is None or each.label == label]
    if word is not None:
        words = [each for each in words if each.id == word]
    if not words:
        what = f"correction {word}" if word is not None else f"word of an agent on its {label}"
        raise StoreError(f"On ticket {number} there stands no {what}: it was taken back, or never given.")
    return words[-1]
