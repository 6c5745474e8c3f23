"""What the mail that comes is made of: the shares of its labels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from tickets.schema import ticket


def tallies(connection: Connection, policy: str, since: datetime, labels: Sequence[str]) -> dict[str, dict[str, int]]:
    """For each label how many tickets of the policy that came after ``since`` have each value.

    Tickets that were opened from another one are no mail that came.
    """
    came = (ticket.c.policy == policy, ticket.c.created_at >= since, ticket.c.origin.is_(None))
    found = {}
    for label in labels:
        grouped = select(ticket.c[label], func.count()).where(*came).group_by(ticket.c[label])
        found[label] = {row[0]: row[1] for row in connection.execute(grouped)}
    return found
