"""A recorded mail looked at once more: from quarantine or from what was set aside, its own row gets its new fate."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, update

from intake.cursor import Delivery
from tickets import audits, recorder
from tickets.clocks import answers, clock
from tickets.columns import countable
from tickets.events import PROGRAM, add, happening
from tickets.faults import NoSuchMessage, SomebodyDecided
from tickets.follow_ups import followed_up, requests_of
from tickets.message_rows import CONVERSING, fault_columns, forget_words, index, join, message_row, raw_row
from tickets.planning import plan
from tickets.queue import raw
from tickets.recording import HEADER_ALONE, Fault, Placement, Recorded, Recording
from tickets.rows import Disposition
from tickets.schema import delivery, message, raw_mail

RECONSIDERED = "message_reconsidered"

KEPT = ("policy", "mailbox", "received_at")
"""Columns of a message that stay as they were recorded first."""


@dataclass(frozen=True, slots=True)
class Held:
    """A recorded mail that became no ticket, as a second look needs it; ``conversation`` where it is part of one."""

    id: int
    policy: str
    mailbox: str | None
    disposition: Disposition
    step: str | None
    reason: str
    conversation: str | None
    received_at: datetime
    deliveries: tuple[Delivery, ...]
    raw: bytes = field(repr=False)


def held(connection: Connection, message_id: int, expected: Disposition) -> Held:
    """The mail of that id; raises :class:`NoSuchMessage`, or :class:`SomebodyDecided` when it is not held so."""
    columns = ("id", "policy", "mailbox", "disposition", "step", "reason", "conversation", "received_at")
    query = select(*(message.c[name] for name in columns)).where(message.c.id == countable(message_id))
    row = connection.execute(query).one_or_none()
    content = None if row is None else raw(connection, message_id)
    if row is None or content is None:
        raise NoSuchMessage(message_id)
    if row.disposition != expected:
        raise SomebodyDecided(message_id, expected, row.disposition)
    where = (delivery.c.mailbox, delivery.c.folder, delivery.c.uidvalidity, delivery.c.uid)
    found = connection.execute(select(*where).where(delivery.c.message_id == row.id).order_by(delivery.c.id))
    return Held(**row._mapping, deliveries=tuple(Delivery(*each) for each in found), raw=content)


def again(placement: Placement, held: Held | None) -> Placement:
    """The placement of a mail that is recorded already: it does not repeat itself and keeps its conversation."""
    if held is None:
        return placement
    if placement.duplicate_of == held.id:
        placement = replace(placement, duplicate_of=None)
    if placement.ticket is None and held.conversation is not None:
        placement = replace(placement, conversation=held.conversation)
    return placement


def reconsider(connection: Connection, held: Held, recording: Recording, actor: str) -> Recorded:
    """Gives a held mail the fate of ``recording``; see :meth:`tickets.store.Store.reconsider`."""
    _lock(connection, held)
    batch = [recording]
    there = requests_of(connection, [recording.placement.conversation] if recording.placement else [])
    fates = plan(batch, {}, recorder.originals(connection, batch, besides=held.id), there.open)
    opened = recorder.open_tickets(connection, batch, fates, there.closed)
    by_conversation = {**there.closed, **there.open, **opened}
    [number] = tickets = recorder.ticket_numbers(batch, fates, by_conversation)
    disposition = fates[0].disposition
    row = message_row(recording, disposition, recorder.reason_of(recording, fates[0], {}), number, datetime.now(UTC))
    _rewrite(connection, held, {name: value for name, value in row.items() if name not in KEPT})
    if recording.message.raw != held.raw:
        _fetched_again(connection, held, recording)
    forget_words(connection, held.id)
    sent = answers.answering(connection, batch, fates)
    if disposition in CONVERSING:
        join(connection, batch)
        index(connection, {held.id: recording.message})
    recorder.note_replies(connection, batch, fates, tickets)
    responses = answers.responses(connection, batch, sent, by_conversation)
    done = Recorded(held.id, disposition, number, known=False)
    happenings = [_reconsidered(held, disposition, number, actor)]
    if disposition != held.disposition or disposition == "quarantined":
        happenings.append(recorder.happening_of(recording, done, responds=bool(responses)))
    happenings += audits.drawn(connection, batch, fates, opened)
    happenings += recorder.use_quotas(connection, batch, fates, opened)
    happenings += followed_up(opened, there.closed)
    add(connection, happenings)
    ids = {0: held.id}
    answers.note(connection, batch, responses, ids)
    answers.note_earlier(connection, batch, opened)
    clock.resume_for_replies(connection, recorder.replies_of(batch, fates, tickets, ids))
    return done


def fail_again(connection: Connection, held: Held, fault: Fault, actor: str) -> Recorded:
    """Leaves a quarantined mail as it is but for its fault, which is a new one."""
    _lock(connection, held)
    if held.step == HEADER_ALONE:
        fault = replace(fault, step=HEADER_ALONE)  # what was fetched again could not be kept
    _rewrite(connection, held, {"reason": fault.says, **fault_columns(fault)})
    details = {"message": held.id, "step": fault.step, "reason": fault.says}
    failed = happening(recorder.EVENT_KINDS["quarantined"], details, actor=PROGRAM)
    add(connection, [_reconsidered(held, "quarantined", None, actor), failed])
    return Recorded(held.id, "quarantined", None, known=False)


def _lock(connection: Connection, held: Held) -> None:
    """Raises :class:`SomebodyDecided` unless the mail is still held as it was."""
    query = select(message.c.disposition).where(message.c.id == held.id).with_for_update(key_share=True)
    found = connection.scalar(query)
    if found != held.disposition:
        raise SomebodyDecided(held.id, held.disposition, found or "gone")


def _rewrite(connection: Connection, held: Held, values: dict[str, Any]) -> None:
    connection.execute(update(message).where(message.c.id == held.id).values(values))


def _fetched_again(connection: Connection, held: Held, recording: Recording) -> None:
    """Writes the whole of a mail of which the header alone was kept; it is yet to be marked in its mailbox."""
    values = raw_row(held.id, recording.message.raw)
    connection.execute(update(raw_mail).where(raw_mail.c.message_id == held.id).values(values))
    marks = {"digest": recording.message.digest, "acknowledged": recording.leave_unmarked}
    connection.execute(update(delivery).where(delivery.c.message_id == held.id).values(marks))


def _reconsidered(held: Held, disposition: Disposition, ticket: int | None, actor: str) -> dict[str, Any]:
    details = {"message": held.id, "from": held.disposition, "to": disposition, "before": held.reason}
    return happening(RECONSIDERED, details, actor=actor, ticket=ticket)
