"""Full-text search over the mails of tickets: FTS5 on SQLite, tsvector on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Select, func, literal_column, select, text
from sqlalchemy.sql.elements import TextClause

from tickets.audits import blinded
from tickets.columns import countable
from tickets.connections import is_sqlite
from tickets.rows import QueueItem
from tickets.schema import message, ticket
from tickets.stored import queue_item_of, queue_with_customer
from tickets.words import MAX_CHARACTERS, excerpt, fts5_query, phrases, tsquery

FTS5 = "SELECT rowid FROM message_words WHERE message_words MATCH :{name}"
TSVECTOR = "SELECT message_id FROM message_words WHERE words @@ CAST(:{name} AS tsquery)"
"""The ids of the messages in which a phrase occurs."""


def search(
    connection: Connection, query: str, filters: Mapping[str, str | None], limit: int, offset: int
) -> list[QueueItem]:
    """Tickets that have the values of ``filters`` (None: any) and whose mails contain all words of ``query``."""
    wanted = phrases(query)
    if query.strip() and not wanted:
        return []
    statement = queue_with_customer()
    for column, value in filters.items():
        if value is not None:
            statement = statement.where(ticket.c[column] == value)
    for position, phrase in enumerate(wanted):
        statement = statement.where(ticket.c.number.in_(_tickets_with(connection, phrase, f"words_{position}")))
    statement = (
        statement.order_by(ticket.c.created_at.desc(), ticket.c.number.desc())
        .limit(countable(limit))
        .offset(countable(offset))
    )
    rows = connection.execute(statement).all()
    excerpts = _excerpts(connection, [row.number for row in rows], wanted) if wanted else {}
    return blinded(connection, [queue_item_of(row, excerpts.get(row.number, "")) for row in rows])


def messages_with(connection: Connection, phrase: tuple[str, ...], name: str) -> TextClause:
    """The ids of the messages in which a phrase occurs; ``name`` is that of its parameter in the statement."""
    if is_sqlite(connection):
        return text(FTS5.format(name=name)).bindparams(**{name: fts5_query(phrase)})
    return text(TSVECTOR.format(name=name)).bindparams(**{name: tsquery(phrase)})


def _tickets_with(connection: Connection, phrase: tuple[str, ...], name: str) -> Select[tuple[int | None]]:
    """The tickets of which one mail or another contains the phrase."""
    return select(message.c.ticket).where(
        message.c.ticket.is_not(None), message.c.id.in_(messages_with(connection, phrase, name))
    )


def _excerpts(connection: Connection, numbers: Sequence[int], wanted: Sequence[tuple[str, ...]]) -> dict[int, str]:
    """For each ticket a piece of its first mail that contains the first phrase."""
    first = (
        select(func.min(message.c.id))
        .where(message.c.ticket.in_(numbers), message.c.id.in_(messages_with(connection, wanted[0], "words")))
        .group_by(message.c.ticket)
    )
    beginning = func.substr(message.c.text, 1, literal_column(str(MAX_CHARACTERS)))
    found = connection.execute(select(message.c.ticket, beginning).where(message.c.id.in_(first)))
    looked_for = {word for phrase in wanted for word in phrase}
    return {row[0]: excerpt(row[1], looked_for) for row in found}
