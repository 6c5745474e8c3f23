"""First responses in mails of ours that were recorded before the program noted any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, or_, select

from intake.message import parse
from tickets.clocks import clock
from tickets.clocks.answers import answered_addresses
from tickets.compression import decompress
from tickets.events import PROGRAM
from tickets.schema import event, message, raw_mail, ticket

CHUNK = 200
OWN = message.c.kind == "own_mail"


def note_all(connection: Connection) -> None:
    """Notes them for every open ticket."""
    last = 0
    while numbers := _open(connection, last):
        note(connection, numbers)
        last = numbers[-1]


def note(connection: Connection, numbers: Sequence[int]) -> None:
    """Notes them for those of these tickets of whose answers nothing was ever noted, or taken back."""
    said = exists().where(event.c.ticket == ticket.c.number, event.c.kind.in_((clock.ANSWERED, clock.ANSWER_UNDONE)))
    sent = exists().where(message.c.conversation == ticket.c.conversation, OWN)
    query: Select[Any] = (
        select(ticket.c.number, ticket.c.conversation, ticket.c.created_at)
        .where(ticket.c.number.in_(numbers), ticket.c.answered_at.is_(None), ~said, sent)
        .order_by(ticket.c.number)
    )
    for row in connection.execute(query).all():
        first = _first_answer(connection, row)
        if first is not None:
            at, by = first.received_at, first.sender_address
            clock.answer(connection, row.number, at=at, by=by, actor=PROGRAM, via="mail", message=first.id)


def _open(connection: Connection, last: int) -> list[int]:
    query = select(ticket.c.number).where(ticket.c.number > last, ticket.c.state != "closed")
    return list(connection.scalars(query.order_by(ticket.c.number).limit(CHUNK)))


def _first_answer(connection: Connection, asked: Row[Any]) -> Row[Any] | None:
    """The first mail of ours, sent after the ticket's came, to somebody who had written by then."""
    writers: set[str] = set()
    for row in _mails(connection, asked.conversation):
        if row.kind != "own_mail":
            writers |= _writers(row)
        elif row.received_at >= asked.created_at and writers.intersection(_answered(row)):
            return row
    return None


def _mails(connection: Connection, conversation: str) -> Iterator[Row[Any]]:
    """What its customer and we wrote, in order; ours last of what came at the same time."""
    columns = (message.c.id, message.c.kind, message.c.received_at, message.c.sender_address)
    query: Select[Any] = (
        select(*columns, raw_mail.c.compressed)
        .join_from(message, raw_mail, raw_mail.c.message_id == message.c.id, isouter=True)
        .where(message.c.conversation == conversation)
        .where(or_(OWN, message.c.disposition.in_(("ticket", "reply"))))
        .order_by(message.c.received_at, OWN, message.c.id)
    )
    yield from connection.execute(query)


def _answered(row: Row[Any]) -> tuple[str, ...]:
    return answered_addresses(parse(decompress(row.compressed)), ()) if row.compressed is not None else ()


def _writers(row: Row[Any]) -> set[str]:
    """Who wrote a mail, and where answers are wanted."""
    reply_to = parse(decompress(row.compressed)).reply_to if row.compressed is not None else ()
    return {row.sender_address.strip().lower(), *(each.key for each in reply_to)} - {""}
