"""What one sender has sent lately."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from intake.message import Message
from tickets.columns import storable
from tickets.customer.domains import MAX_ADDRESS
from tickets.deliveries import parts
from tickets.schema import message

COUNTED = ("accept", "flood")
"""What a person seems to have sent; other mails set aside are no request, however many."""
COPIES = ("duplicate", "quarantined")


class RecentMail(NamedTuple):
    """A recorded mail: the key of its sender, when it was received (aware, UTC), and what its copies share."""

    sender: str
    received_at: datetime
    sameness: str


def sender_key(mail: Message) -> str:
    """The sender's address as mails are counted by it; empty when the mail names none."""
    return storable(mail.sender.key)[:MAX_ADDRESS] if mail.sender else ""


def recent_mails(
    connection: Connection, allowed: Mapping[str, int], since: datetime, until: datetime, newest: int
) -> list[RecentMail]:
    """The newest mails, at most ``newest`` of each, of the senders with more than allowed after ``since``.

    ``allowed`` maps senders to how many mails received after ``since`` and up to ``until`` are of no interest.
    """
    lately = (
        message.c.received_at > since,
        message.c.received_at <= until,
        message.c.kind.in_(COUNTED),
        message.c.disposition.not_in(COPIES),
    )
    crowded: list[str] = []
    for part in parts(sorted(allowed)):
        counts = select(message.c.sender_key, func.count()).where(message.c.sender_key.in_(part), *lately)
        rows = connection.execute(counts.group_by(message.c.sender_key))
        crowded += [sender for sender, count in rows if count > allowed[sender]]
    rank = func.row_number().over(partition_by=message.c.sender_key, order_by=message.c.received_at.desc())
    found: list[RecentMail] = []
    for part in parts(crowded):
        columns = (message.c.sender_key, message.c.received_at, message.c.sameness)
        ranked = select(*columns, rank.label("rank")).where(message.c.sender_key.in_(part), *lately).subquery()
        query = select(ranked.c.sender_key, ranked.c.received_at, ranked.c.sameness).where(ranked.c.rank <= newest)
        found += [RecentMail(*row) for row in connection.execute(query)]
    return found
