"""What agents have said of labels and has not been taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from tickets.columns import countable
from tickets.rows import Correction, StoredMessage, Ticket
from tickets.schema import correction, correction_batch, dispute, message, ticket
from tickets.stored import MESSAGE_COLUMNS, correction_of, message_of, ticket_of, tickets_with_customer

CHUNK = 200

JOINED = correction.join(correction_batch, correction.c.batch == correction_batch.c.id)
STANDS = (correction_batch.c.undone.is_(False), correction.c.taken_back_at.is_(None))
"""Of a correction and its batch: neither was taken back."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A ticket on which an agent's word stands, its opening message, and by label the word that counts.

    A label in dispute is none of them.
    """

    ticket: Ticket
    opening: StoredMessage
    words: Mapping[str, Correction]


def corrections() -> Select[Any]:
    """Standing corrections, oldest first."""
    return select(correction).select_from(JOINED).where(*STANDS).order_by(correction.c.id)


def standing(connection: Connection, number: int | None, since_id: int) -> list[Correction]:
    """Standing corrections after the one of that id, oldest first; of one ticket if a number is given."""
    query = corrections().where(correction.c.id > since_id)
    if number is not None:
        query = query.where(correction.c.ticket == countable(number))
    return [correction_of(row) for row in connection.execute(query)]


def on_label(connection: Connection, number: int, label: str) -> list[Correction]:
    """The standing corrections of a ticket's label, oldest first."""
    query = corrections().where(correction.c.ticket == countable(number), correction.c.label == label)
    return [correction_of(row) for row in connection.execute(query)]


def of_batch(connection: Connection, batch: int) -> list[Correction]:
    """The standing corrections of one batch, in order."""
    query = corrections().where(correction.c.batch == batch)
    return [correction_of(row) for row in connection.execute(query)]


def count_since(connection: Connection, policy: str, moment: datetime) -> int:
    """How many corrections of a policy's tickets were given after ``moment`` and stand."""
    query = (
        select(func.count())
        .select_from(JOINED.join(ticket, correction.c.ticket == ticket.c.number))
        .where(*STANDS, ticket.c.policy == policy, correction.c.at > moment)
    )
    return connection.execute(query).scalar_one()


def agent_labelled(connection: Connection, policy: str, after: int) -> list[Labelled]:
    """The next tickets numbered above ``after`` on which an agent's word stands and that were not erased."""
    spoken_on = select(correction.c.ticket).select_from(JOINED).where(*STANDS, correction.c.ticket > after).distinct()
    # What was opened from another ticket is labelled by what is to be done, and its mail is that ticket's example.
    own = (ticket.c.origin.is_(None), ticket.c.erased_at.is_(None))
    query = tickets_with_customer().where(ticket.c.policy == policy, *own, ticket.c.number.in_(spoken_on))
    tickets = [ticket_of(row) for row in connection.execute(query.order_by(ticket.c.number).limit(CHUNK))]
    numbers = [t.number for t in tickets]
    opened = select(*MESSAGE_COLUMNS).where(message.c.ticket.in_(numbers), message.c.disposition == "ticket")
    openings = {row.ticket: message_of(row) for row in connection.execute(opened)}
    open_on = select(dispute.c.ticket, dispute.c.label).where(
        dispute.c.ticket.in_(numbers), dispute.c.settled_at.is_(None)
    )
    disputed = {(row.ticket, row.label) for row in connection.execute(open_on)}
    words: dict[int, dict[str, Correction]] = {number: {} for number in numbers}
    for row in connection.execute(corrections().where(correction.c.ticket.in_(numbers))):
        if (row.ticket, row.label) not in disputed:
            words[row.ticket][row.label] = correction_of(row)
    return [Labelled(t, openings[t.number], words[t.number]) for t in tickets]


def in_chunks(chunk_after: Callable[[int], Sequence[Labelled]]) -> Iterator[Labelled]:
    """All that ``chunk_after(number)`` gives, from the first ticket on; no connection is held in between."""
    after = 0
    while chunk := chunk_after(after):
        yield from chunk
        after = chunk[-1].ticket.number
