"""The rows that one mail leaves in the tables of messages, raw mails, deliveries, participants and words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, text
from sqlalchemy.dialects import postgresql, sqlite

from intake.message import Attachment, Forwarded, Message
from tickets import awaiting, schema
from tickets.columns import storable
from tickets.compression import compress
from tickets.connections import is_sqlite
from tickets.customer.domains import MAX_ADDRESS
from tickets.recording import Fault, Recording, sameness
from tickets.rows import Disposition
from tickets.senders import sender_key
from tickets.words import tsvector, words

MAX_VERSION = 64
MAX_PARTIES = 5000
"""So many of those who wrote and received one mail take part in its conversation."""

CONVERSING: Collection[Disposition] = ("ticket", "reply", "set_aside")
"""Dispositions of mails that are part of a conversation."""


def message_row(
    recording: Recording, disposition: Disposition, reason: str, ticket: int | None, now: datetime
) -> dict[str, Any]:
    """The row of a mail among the messages."""
    mail, screening, placement = recording.message, recording.screening, recording.placement
    return {
        "policy": recording.policy,
        "ticket": ticket,
        "conversation": placement.conversation if placement and disposition in CONVERSING else None,
        "disposition": disposition,
        "reason": reason,
        "kind": screening.kind if screening else "",
        "mailbox": recording.delivery.mailbox if recording.delivery else None,
        "digest": mail.digest,
        "identity": mail.identity,
        "sameness": sameness(mail),
        "message_id": mail.message_id,
        "sender_name": mail.sender.name if mail.sender else "",
        "sender_address": mail.sender.address if mail.sender else "",
        "subject": mail.subject,
        "sent_at": mail.date,
        "received_at": recording.received_at or now,
        "text": mail.text,
        "new_text": mail.new_text,
        "quoted": mail.quoted,
        "signature": mail.signature,
        "html": mail.html,
        "attachments": [_attachment(a) for a in mail.attachments],
        "defects": list(mail.defects),
        "spans": [[span.kind, span.start, span.end] for span in mail.spans],
        "forwarded": _forwarded(mail.forwarded),
        "thread_index": mail.thread_index,
        "sender_key": sender_key(mail),
        **fault_columns(recording.quarantine if disposition == "quarantined" else None),
    }


def fault_columns(fault: Fault | None) -> dict[str, Any]:
    """What a mail's row says of the step that failed; nothing where none did."""
    if fault is None:
        return {"step": None, "program_version": None}
    return {"step": fault.step, "program_version": storable(fault.program)[:MAX_VERSION]}


def _forwarded(claims: Forwarded | None) -> dict[str, Any] | None:
    if claims is None:
        return None
    sender = claims.sender
    return {
        "sender": [sender.name, sender.address] if sender else None,
        "subject": claims.subject,
        "date": claims.date,
    }


def _attachment(attachment: Attachment) -> dict[str, Any]:
    return {
        "name": attachment.name,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "sha256": attachment.sha256,
        "inline": attachment.inline,
        "content_id": attachment.content_id,
        "real_type": attachment.real_type,
        "summary": attachment.summary,
    }


def raw_row(message_id: int, raw: bytes) -> dict[str, Any]:
    """The raw bytes, compressed, with their size before."""
    return {"message_id": message_id, "size": len(raw), "compressed": compress(raw)}


def delivery_row(message_id: int, recording: Recording) -> dict[str, Any] | None:
    """Where the mail was fetched from; None for an imported one."""
    where = recording.delivery
    if where is None:
        return None
    return {
        "message_id": message_id,
        "mailbox": where.mailbox,
        "folder": where.folder,
        "uidvalidity": where.uidvalidity,
        "uid": where.uid,
        "digest": recording.message.digest,
        "acknowledged": recording.leave_unmarked,
    }


def participants_of(mail: Message) -> set[str]:
    """The folded addresses of whoever wrote or received a mail; those too long to be addresses take no part."""
    everyone = [*((mail.sender,) if mail.sender else ()), *mail.reply_to, *mail.to, *mail.cc][:MAX_PARTIES]
    return {storable(a.key) for a in everyone if "@" in a.key and len(a.key) <= MAX_ADDRESS}


def join(connection: Connection, conversing: Sequence[Recording]) -> None:
    """Writes who takes part in the conversations of these mails, and which mails those still wait for."""
    awaiting.note(connection, conversing)
    pairs = sorted(
        {
            (r.placement.conversation, address)
            for r in conversing
            if r.placement
            for address in participants_of(r.message)
        }
    )
    if pairs:
        dialect = sqlite if is_sqlite(connection) else postgresql
        statement = dialect.insert(schema.participant).on_conflict_do_nothing()
        connection.execute(statement, [{"conversation": c, "address": a} for c, a in pairs])


def index(connection: Connection, mails: Mapping[int, Message]) -> None:
    """Writes the words of subject, sender and text of each message id into the search index."""
    found = {
        message_id: words(" ".join((m.subject, *((m.sender.name, m.sender.address) if m.sender else ()), m.text)))
        for message_id, m in mails.items()
    }
    if not found:
        return
    if is_sqlite(connection):
        statement = text("INSERT INTO message_words (rowid, words) VALUES (:id, :words)")
        connection.execute(statement, [{"id": key, "words": " ".join(value)} for key, value in found.items()])
    else:
        statement = text("INSERT INTO message_words (message_id, words) VALUES (:id, CAST(:words AS tsvector))")
        connection.execute(statement, [{"id": key, "words": tsvector(value)} for key, value in found.items()])


def forget_words(connection: Connection, message_id: int) -> None:
    """Takes a message out of the search index."""
    column = "rowid" if is_sqlite(connection) else "message_id"
    connection.execute(text(f"DELETE FROM message_words WHERE {column} = :id"), {"id": message_id})  # noqa: S608


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes rows in bulk; nothing when there are none."""
    if rows:
        connection.execute(insert(table), list(rows))
