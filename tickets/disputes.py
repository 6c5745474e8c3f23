"""Two agents who say different things of one label, until a lead settles it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, insert, select, update

from tickets.columns import countable
from tickets.events import PROGRAM, happening
from tickets.faults import StoreError
from tickets.rows import Correction, Dispute
from tickets.schema import correction, dispute, ticket
from tickets.standing import on_label
from tickets.stored import correction_of

OPENED, LAPSED, SETTLED = "dispute_opened", "dispute_lapsed", "dispute_settled"


class NoSuchDispute(StoreError):
    """There is no open dispute of that number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no open dispute {number}: it is settled, or was never opened.")


def follow(connection: Connection, number: int, labels: Collection[str], *, at: datetime) -> list[dict[str, object]]:
    """Opens, changes and ends disputes so that they fit what agents have said by now of a ticket's labels; the events.

    Of each agent the last word counts, and none from before a lead's settlement. The ticket's row must be locked.
    """
    happenings = []
    for label in labels:
        open_one = connection.execute(select(dispute).where(*_open(number, label))).one_or_none()
        pair = at_odds(_since_settled(connection, number, label))
        here = {"label": label}
        if pair is None:
            if open_one is not None:
                connection.execute(update(dispute).where(dispute.c.id == open_one.id).values(settled_at=at))
                happenings.append(happening(LAPSED, here | {"dispute": open_one.id}, actor=PROGRAM, ticket=number))
            continue
        first, second = pair
        values = {"first": first.id, "second": second.id}
        if open_one is not None:
            connection.execute(update(dispute).where(dispute.c.id == open_one.id).values(values))
            continue
        made = connection.scalars(
            insert(dispute).values(**values, ticket=number, label=label, opened_at=at).returning(dispute.c.id)
        ).one()
        told = {"dispute": made, "first": first.to_value, "second": second.to_value, "against": first.agent}
        happenings.append(happening(OPENED, here | told, actor=second.agent, ticket=number))
    return happenings


def at_odds(words: Sequence[Correction]) -> tuple[Correction, Correction] | None:
    """The last two words of different people that differ, the older one first; None where all agree."""
    last = sorted({word.agent: word for word in words}.values(), key=lambda word: word.id)
    for older in reversed(last):
        if older.to_value != last[-1].to_value:
            return older, last[-1]
    return None


def settle(connection: Connection, number: int, word: Correction) -> dict[str, object]:
    """Settles an open dispute of the word's ticket and label by it; the event. The ticket's row must be locked."""
    settled = connection.execute(
        update(dispute)
        .where(dispute.c.id == countable(number), *_open(word.ticket, word.label))
        .values(settled_at=word.at, settled_by=word.agent, settlement=word.id)
    )
    if settled.rowcount != 1:
        raise NoSuchDispute(number)
    told = {"dispute": number, "label": word.label, "value": word.to_value, "why": word.why}
    return happening(SETTLED, told, actor=word.agent, ticket=word.ticket)


def unsettle(connection: Connection, taken_back: Sequence[Correction]) -> None:
    """What these words settled is settled no longer; :func:`follow` says what becomes of it."""
    for word in taken_back:
        reopened = {"settled_at": None, "settled_by": None, "settlement": None}
        if connection.execute(select(dispute.c.id).where(*_open(word.ticket, word.label))).first() is not None:
            reopened = {"settlement": None}  # another one is open on the label already, and there is only one at a time
        connection.execute(update(dispute).where(dispute.c.settlement == word.id).values(reopened))


def told(
    connection: Connection,
    *,
    policy: str | None = None,
    number: int | None = None,
    ticket_number: int | None = None,
    open_only: bool = True,
    limit: int = 200,
    offset: int = 0,
) -> list[Dispute]:
    """Disputes, the oldest first."""
    query = select(dispute, ticket.c.policy).join_from(dispute, ticket, dispute.c.ticket == ticket.c.number)
    query = query.order_by(dispute.c.id).limit(countable(limit)).offset(countable(offset))
    if open_only:
        query = query.where(dispute.c.settled_at.is_(None))
    if policy is not None:
        query = query.where(ticket.c.policy == policy)
    if number is not None:
        query = query.where(dispute.c.id == countable(number))
    if ticket_number is not None:
        query = query.where(dispute.c.ticket == countable(ticket_number))
    rows = connection.execute(query).all()
    ids = {each for row in rows for each in (row.first, row.second, row.settlement)}
    words = {
        row.id: correction_of(row) for row in connection.execute(select(correction).where(correction.c.id.in_(ids)))
    }
    return [
        Dispute(
            id=row.id,
            policy=row.policy,
            ticket=row.ticket,
            label=row.label,
            first=words[row.first],
            second=words[row.second],
            opened_at=row.opened_at,
            settled_at=row.settled_at,
            settled_by=row.settled_by,
            settlement=words.get(row.settlement),
        )
        for row in rows
    ]


def open_on(connection: Connection, policy: str) -> set[tuple[int, str]]:
    """Ticket and label of every open dispute of a policy."""
    query = select(dispute.c.ticket, dispute.c.label).join(ticket, dispute.c.ticket == ticket.c.number)
    query = query.where(dispute.c.settled_at.is_(None), ticket.c.policy == policy)
    return {(row.ticket, row.label) for row in connection.execute(query)}


def _open(number: int, label: str) -> tuple[ColumnElement[bool], ...]:
    return (dispute.c.ticket == number, dispute.c.label == label, dispute.c.settled_at.is_(None))


def _since_settled(connection: Connection, number: int, label: str) -> list[Correction]:
    """The label's standing words from the last settlement on."""
    settled = select(dispute.c.settlement).where(
        and_(dispute.c.ticket == number, dispute.c.label == label, dispute.c.settlement.is_not(None))
    )
    last = max(connection.scalars(settled), default=0)
    return [word for word in on_label(connection, number, label) if word.id >= last]
