"""Which mails of a batch were fetched before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, bindparam, delete, select, tuple_, update

from intake.cursor import Delivery
from tickets.faults import Contended
from tickets.recording import Recording, sameness
from tickets.schema import delivery, message

T = TypeVar("T")

LOOKUP_SIZE = 500
"""How many values one lookup names; SQLite binds at most 32,766."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The mails of a batch that were fetched before: position to message id, and what became of their deliveries.

    A move is (id of the delivery row, its old UIDVALIDITY, where the mail is now); ``reused`` are the ids of delivery
    rows whose UID now names another mail, which a server must not do but a folder made anew under the same
    UIDVALIDITY does.
    """

    known: dict[int, int] = field(default_factory=dict)
    moves: list[tuple[int, int, Delivery]] = field(default_factory=list)
    reused: list[int] = field(default_factory=list)


def recognise(connection: Connection, recordings: Sequence[Recording]) -> Seen:
    """Finds deliveries by their UID, or by their digest when UIDVALIDITY changed (RFC 9051, 2.3.1.1)."""
    wanted = [(position, r.delivery, r.message) for position, r in enumerate(recordings) if r.delivery]
    by_uid = _by_uid(connection, [where for _, where, _ in wanted])
    elsewhere = _by_digest(connection, [mail.digest for _, where, mail in wanted if where not in by_uid])
    seen = Seen()
    for position, where, mail in wanted:
        row = by_uid.get(where)
        if row is not None and (row.digest == mail.digest or row.sameness == sameness(mail)):
            seen.known[position] = row.message_id
            continue
        if row is not None:
            seen.reused.append(row.id)
            continue
        folder = elsewhere[(where.mailbox, where.folder, mail.digest)]
        old = next((row for row in folder if row.uidvalidity != where.uidvalidity), None)
        if old is not None:
            folder.remove(old)
            seen.known[position] = old.message_id
            seen.moves.append((old.id, old.uidvalidity, where))
    return seen


def _by_uid(connection: Connection, wanted: Sequence[Delivery]) -> dict[Delivery, Any]:
    key = (delivery.c.mailbox, delivery.c.folder, delivery.c.uidvalidity, delivery.c.uid)
    query = select(*key, delivery.c.id, delivery.c.digest, delivery.c.message_id, message.c.sameness).join_from(
        delivery, message
    )
    found: dict[Delivery, Any] = {}
    for part in parts([(w.mailbox, w.folder, w.uidvalidity, w.uid) for w in wanted]):
        found |= {Delivery(*row[:4]): row for row in connection.execute(query.where(tuple_(*key).in_(part)))}
    return found


def _by_digest(connection: Connection, digests: Sequence[str]) -> defaultdict[tuple[str, str, str], list[Row[Any]]]:
    found: defaultdict[tuple[str, str, str], list[Row[Any]]] = defaultdict(list)
    for part in parts(digests):
        query = select(delivery).where(delivery.c.digest.in_(part)).order_by(delivery.c.uid)
        for row in connection.execute(query):
            found[(row.mailbox, row.folder, row.digest)].append(row)
    return found


def move(connection: Connection, moves: Sequence[tuple[int, int, Delivery]]) -> None:
    """Writes where known mails are now; raises :class:`Contended` when another poller has moved one meanwhile."""
    statement = (
        update(delivery)
        .where(delivery.c.id == bindparam("row_id"), delivery.c.uidvalidity == bindparam("old"))
        .values(uidvalidity=bindparam("new"), uid=bindparam("new_uid"))
    )
    for row_id, old, where in moves:
        values = {"row_id": row_id, "old": old, "new": where.uidvalidity, "new_uid": where.uid}
        if connection.execute(statement, values).rowcount != 1:
            raise Contended


def unacknowledged(connection: Connection, mailbox: str, folder: str) -> list[Delivery]:
    """The deliveries of a folder that were recorded and not yet acknowledged in it, by UID."""
    here = (delivery.c.mailbox == mailbox, delivery.c.folder == folder)
    columns = (delivery.c.mailbox, delivery.c.folder, delivery.c.uidvalidity, delivery.c.uid)
    query = select(*columns).where(*here, ~delivery.c.acknowledged).order_by(delivery.c.uidvalidity, delivery.c.uid)
    return [Delivery(*row) for row in connection.execute(query)]


def acknowledge(connection: Connection, deliveries: Sequence[Delivery]) -> None:
    """Writes that these deliveries have been acknowledged in their mailbox."""
    key = (delivery.c.mailbox, delivery.c.folder, delivery.c.uidvalidity, delivery.c.uid)
    for part in parts([(d.mailbox, d.folder, d.uidvalidity, d.uid) for d in deliveries]):
        connection.execute(update(delivery).where(tuple_(*key).in_(part)).values(acknowledged=True))


def release(connection: Connection, rows: Sequence[int]) -> None:
    """Forgets deliveries whose UID names another mail now; the mails themselves stay."""
    for part in parts(rows):
        connection.execute(delete(delivery).where(delivery.c.id.in_(part)))


def parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """``values`` in slices that one statement can name."""
    for start in range(0, len(values), LOOKUP_SIZE):
        yield values[start : start + LOOKUP_SIZE]
