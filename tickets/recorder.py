"""A batch of mails written in one transaction, in bulk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from classifier.verdict import as_dict
from intake.cursor import Cursor
from tickets import audits, deliveries, holds, schema
from tickets.clocks import answers, clock
from tickets.cursors import advance
from tickets.events import PROGRAM, add, happening
from tickets.faults import Contended
from tickets.follow_ups import followed_up, requests_of
from tickets.message_rows import CONVERSING, delivery_row, index, insert_all, join, message_row, raw_row
from tickets.numbers import draw
from tickets.openings import Standing, after_reply, opening
from tickets.planning import Fate, Original, plan
from tickets.recording import Recorded, Recording, sameness
from tickets.rows import Disposition
from tickets.schema import message, ticket
from tickets.work.quotas import Claim, settle

EVENT_KINDS: Mapping[Disposition, str] = {
    "ticket": "ticket_opened",
    "reply": "reply_joined",
    "set_aside": "message_set_aside",
    "duplicate": "duplicate_recorded",
    "quarantined": "message_quarantined",
}


def record(connection: Connection, recordings: Sequence[Recording], cursor: Cursor | None) -> list[Recorded]:
    """Writes what is new of the batch, and the cursor; see :meth:`tickets.store.Store.record`."""
    seen = deliveries.recognise(connection, recordings)
    there = requests_of(connection, [r.placement.conversation for r in recordings if r.placement])
    fates = plan(recordings, seen.known, originals(connection, recordings), there.open)
    deliveries.release(connection, seen.reused)
    deliveries.move(connection, seen.moves)

    opened = open_tickets(connection, recordings, fates, there.closed)
    by_conversation = {**there.closed, **there.open, **opened}
    tickets = ticket_numbers(recordings, fates, by_conversation)
    ids = _write_messages(connection, recordings, fates, tickets)
    sent = answers.answering(connection, recordings, fates)
    _write_companions(connection, recordings, fates, ids)
    note_replies(connection, recordings, fates, tickets)
    recorded = _recorded(connection, fates, ids)
    responses = answers.responses(connection, recordings, sent, by_conversation)
    happenings = [
        happening_of(r, done, responds=p in responses)
        for p, (r, done) in enumerate(zip(recordings, recorded, strict=True))
        if not done.known
    ]
    happenings += audits.drawn(connection, recordings, fates, opened)
    happenings += use_quotas(connection, recordings, fates, opened)
    happenings += followed_up(opened, there.closed)
    if seen.moves:
        folders = sorted({(where.mailbox, where.folder, where.uidvalidity) for _, _, where in seen.moves})
        happenings.append(happening("deliveries_moved", {"count": len(seen.moves), "folders": folders}, actor=PROGRAM))
    if cursor is not None and advance(connection, cursor):
        happenings.append(happening("cursor_moved", as_dict(cursor), actor=PROGRAM))
    add(connection, happenings)
    answers.note(connection, recordings, responses, ids)
    answers.note_earlier(connection, recordings, opened)
    clock.resume_for_replies(connection, replies_of(recordings, fates, tickets, ids))
    return recorded


def originals(connection: Connection, recordings: Sequence[Recording], besides: int = 0) -> dict[str, Original]:
    """The first stored message of each sameness, not that of one id; one that stands before one in quarantine."""
    found: dict[str, Original] = {}
    for part in deliveries.parts(sorted({sameness(r.message) for r in recordings})):
        query = (
            select(message.c.sameness, message.c.id, message.c.disposition)
            .where(message.c.sameness.in_(part), message.c.disposition != "duplicate", message.c.id != besides)
            .order_by(message.c.disposition == "quarantined", message.c.id)
        )
        for row in connection.execute(query):
            found.setdefault(row.sameness, Original(row.disposition, message=row.id))
    return found


def open_tickets(
    connection: Connection, recordings: Sequence[Recording], fates: Sequence[Fate], closed: Mapping[str, int]
) -> dict[str, int]:
    """Writes the new tickets, which go on with the ``closed`` one of their conversation; conversation to number."""
    now = datetime.now(UTC)
    opened = [r for r, fate in zip(recordings, fates, strict=True) if fate.stands and fate.disposition == "ticket"]
    if not opened:
        return {}
    held = holds.listed(connection, {recording.policy for recording in opened})
    rows = [opening(recording, recording.received_at or now, closed, held) for recording in opened]
    for row, number in zip(rows, draw(connection, ticket, len(rows)), strict=True):
        row["number"] = number
    insert_all(connection, ticket, rows)
    return {row["conversation"]: row["number"] for row in rows}


def use_quotas(
    connection: Connection, recordings: Sequence[Recording], fates: Sequence[Fate], opened: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Counts down what the new tickets use, and gives the events of it; raises :class:`QuotaSpent`."""
    claims = []
    for recording, fate in zip(recordings, fates, strict=True):
        placement, terms = recording.placement, recording.terms
        if fate.stands and fate.disposition == "ticket" and placement and placement.customer and terms:
            claims.append(Claim(opened[placement.conversation], placement.customer.id, terms.quotas))
    return settle(connection, [claim for claim in claims if claim.quotas])


def _write_messages(
    connection: Connection, recordings: Sequence[Recording], fates: Sequence[Fate], tickets: Sequence[int | None]
) -> dict[int, int]:
    """Writes the messages, in their order; position to message id."""
    now = datetime.now(UTC)
    new = [position for position, fate in enumerate(fates) if not fate.known]
    ids = dict(zip(new, draw(connection, message, len(new)), strict=True))
    rows = [
        {"id": ids[p]}
        | message_row(recordings[p], fates[p].disposition, reason_of(recordings[p], fates[p], ids), tickets[p], now)
        for p in new
    ]
    insert_all(connection, message, rows)
    return ids


def reason_of(recording: Recording, fate: Fate, ids: Mapping[int, int]) -> str:
    """Why the mail is no ticket; empty when it is one."""
    if fate.disposition == "duplicate":
        return f"same mail as message {_original_id(fate, ids)}"
    if recording.quarantine is not None:
        return recording.quarantine.says
    screening = recording.screening
    return screening.reason if screening is not None and not screening.accepted else ""


def _original_id(fate: Fate, ids: Mapping[int, int]) -> int:
    if fate.original is None:
        raise ValueError("a known mail or a copy names its original")
    if fate.original.message is not None:
        return fate.original.message
    return ids[fate.original.position or 0]


def ticket_numbers(
    recordings: Sequence[Recording], fates: Sequence[Fate], by_conversation: Mapping[str, int]
) -> list[int | None]:
    """The ticket of each mail that is written: the one its conversation has, or the one it opens."""
    return [
        by_conversation.get(r.placement.conversation)
        if r.placement and fate.stands and fate.disposition in CONVERSING
        else None
        for r, fate in zip(recordings, fates, strict=True)
    ]


def _write_companions(
    connection: Connection, recordings: Sequence[Recording], fates: Sequence[Fate], ids: Mapping[int, int]
) -> None:
    """Writes what goes with the messages: raw bytes, deliveries, participants and words."""
    insert_all(connection, schema.raw_mail, [raw_row(ids[p], recordings[p].message.raw) for p in ids])
    deliveries_of = [delivery_row(ids[p], recordings[p]) for p in ids]
    insert_all(connection, schema.delivery, [row for row in deliveries_of if row is not None])
    conversing = [p for p in ids if fates[p].stands and fates[p].disposition in CONVERSING]
    join(connection, [recordings[p] for p in conversing])
    index(connection, {ids[p]: recordings[p].message for p in conversing})


def note_replies(
    connection: Connection, recordings: Sequence[Recording], fates: Sequence[Fate], tickets: Sequence[int | None]
) -> None:
    """Puts the tickets that got a reply back to review, with the reasons; :class:`Contended` if one was closed."""
    replies = [
        (number, recording.verdict)
        for recording, fate, number in zip(recordings, fates, tickets, strict=True)
        if fate.stands and fate.disposition == "reply" and number is not None
    ]
    if not replies:
        return
    numbers = sorted({number for number, _ in replies})
    columns = (ticket.c.number, ticket.c.state, ticket.c.severity, ticket.c.review_reasons)
    query = (
        select(*columns).where(ticket.c.number.in_(numbers)).order_by(ticket.c.number).with_for_update(key_share=True)
    )
    standings = {
        row.number: Standing(row.state, row.severity, tuple(row.review_reasons)) for row in connection.execute(query)
    }
    if any(standing.state == "closed" for standing in standings.values()):
        raise Contended
    for number, verdict in replies:
        standings[number] = after_reply(standings[number], verdict)
    statement = (
        update(ticket)
        .where(ticket.c.number == bindparam("of"))
        .values(state=bindparam("to"), review_reasons=bindparam("reasons"))
    )
    connection.execute(
        statement,
        [{"of": n, "to": s.state, "reasons": list(s.review_reasons)} for n, s in standings.items()],
    )


def replies_of(
    recordings: Sequence[Recording], fates: Sequence[Fate], tickets: Sequence[int | None], ids: Mapping[int, int]
) -> list[tuple[int, datetime, int | None]]:
    """The customers' replies: the ticket, when the mail was received, and its id."""
    now = datetime.now(UTC)
    return [
        (number, recordings[p].received_at or now, ids.get(p))
        for p, (fate, number) in enumerate(zip(fates, tickets, strict=True))
        if fate.stands and fate.disposition == "reply" and number is not None
    ]


def _recorded(connection: Connection, fates: Sequence[Fate], ids: Mapping[int, int]) -> list[Recorded]:
    """What became of each recording, as the messages now say."""
    message_ids = [_original_id(fate, ids) if fate.known else ids[p] for p, fate in enumerate(fates)]
    rows: dict[int, Row[Any]] = {}
    for part in deliveries.parts(sorted(set(message_ids))):
        query = select(message.c.id, message.c.disposition, message.c.ticket).where(message.c.id.in_(part))
        rows |= {row.id: row for row in connection.execute(query)}
    return [
        Recorded(message_id, rows[message_id].disposition, rows[message_id].ticket, fate.known)
        for message_id, fate in zip(message_ids, fates, strict=True)
    ]


def happening_of(recording: Recording, recorded: Recorded, *, responds: bool = False) -> dict[str, Any]:
    """The event of one mail; ``responds`` says that it is ours and answers the customer."""
    details: dict[str, Any] = {"message": recorded.message}
    if responds:
        details |= answers.details_of(recording)
    if recording.delivery is not None:
        details["delivery"] = as_dict(recording.delivery)
    if recording.quarantine is not None:
        details |= {"step": recording.quarantine.step, "reason": recording.quarantine.says}
    if recording.screening is not None and not recording.screening.accepted:
        details["screening"] = as_dict(recording.screening)
    if recording.verdict is not None and recorded.disposition in ("ticket", "reply"):
        details["labels"] = {label: decision.value for label, decision in recording.verdict.labels.items()}
        details["versions"] = as_dict(recording.verdict.versions)
    return happening(EVENT_KINDS[recorded.disposition], details, actor=PROGRAM, ticket=recorded.ticket)
