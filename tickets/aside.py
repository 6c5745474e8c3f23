"""The mails that became no ticket, as they are listed: set aside, duplicate, in quarantine."""

from __future__ import annotations

from typing import get_args

from sqlalchemy import Connection, Select, func, or_, select, text

from intake.screening import Kind
from tickets.columns import countable
from tickets.recording import HEADER_ALONE
from tickets.rows import StoredMessage
from tickets.schema import message
from tickets.search import messages_with
from tickets.stored import MESSAGE_COLUMNS, message_of
from tickets.words import phrases

SET_ASIDE = text("message.disposition = 'set_aside'")
"""Written out, since an index over these rows alone is not used where the value is a parameter."""


def set_aside(connection: Connection, words: str, kind: str | None, limit: int, offset: int) -> list[StoredMessage]:
    """Mails set aside and duplicates, newest first; of a kind (``duplicate`` is one), with all the words."""
    wanted = phrases(words)
    if words.strip() and not wanted:
        return []
    query = select(message.c.id)
    if kind is None:
        query = query.where(message.c.disposition.in_(("set_aside", "duplicate")))
    elif kind == "duplicate":
        query = query.where(message.c.disposition == "duplicate")
    else:
        query = query.where(SET_ASIDE, message.c.kind == kind)
    for position, phrase in enumerate(wanted):
        query = query.where(message.c.id.in_(messages_with(connection, phrase, f"words_{position}")))
    return _listed(connection, query, limit, offset)


def quarantined(connection: Connection, policy: str | None, limit: int, offset: int) -> list[StoredMessage]:
    """Mails in quarantine, newest first; of one policy if it is named."""
    query = select(message.c.id).where(message.c.disposition == "quarantined")
    if policy is not None:
        query = query.where(message.c.policy == policy)
    return _listed(connection, query, limit, offset)


def _listed(connection: Connection, query: Select[tuple[int]], limit: int, offset: int) -> list[StoredMessage]:
    """The mails whose ids a query gives, newest first; of the others no text is read."""
    ids = query.order_by(message.c.id.desc()).limit(countable(limit)).offset(countable(offset))
    shown = select(*MESSAGE_COLUMNS).where(message.c.id.in_(ids)).order_by(message.c.id.desc())
    return [message_of(row) for row in connection.execute(shown)]


def quarantined_ids(connection: Connection, *, after: int, limit: int, not_by: str | None, whole: bool) -> list[int]:
    """Ids of mails in quarantine after ``after``, rising; see :meth:`tickets.store.Store.quarantined_ids`."""
    query = select(message.c.id).where(message.c.disposition == "quarantined", message.c.id > countable(after))
    if not_by is not None:
        query = query.where(message.c.program_version.is_distinct_from(not_by))
    if whole:
        query = query.where(or_(message.c.step.is_(None), message.c.step != HEADER_ALONE))
    return list(connection.scalars(query.order_by(message.c.id).limit(countable(limit))))


def kinds(connection: Connection) -> dict[str, int]:
    """Number of mails set aside by kind of screening, the most frequent first; kinds without any are left out."""
    counts = {}
    for kind in get_args(Kind):  # one at a time: grouped, SQLite would read every row
        counts[kind] = connection.scalar(select(func.count()).where(SET_ASIDE, message.c.kind == kind)) or 0
    return {kind: count for kind, count in sorted(counts.items(), key=lambda each: -each[1]) if count}
