"""First responses recognised in our own mail, and which of them stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from intake.machine_mail import auto_reply
from intake.message import Message, parse
from intake.screening import LOOP_HEADER
from tickets.among import among
from tickets.clocks import clock
from tickets.compression import decompress
from tickets.conversations import participants
from tickets.events import PROGRAM, add, happening
from tickets.message_rows import participants_of
from tickets.planning import Fate
from tickets.recording import Recording
from tickets.schema import event, message, raw_mail, ticket

RESPONSE = "response"
"""In the event of a mail of ours: when it was sent, and from where, if it answers the customer."""
SET_ASIDE = "message_set_aside"

Answer = tuple[datetime, str]
"""When it was given, and by whom."""


def answered_addresses(mail: Message, own: Collection[str]) -> tuple[str, ...]:
    """The folded addresses, none of ours, to which a mail of ours was written; none where a program wrote it."""
    fields = dict(reversed(mail.headers))
    if LOOP_HEADER.lower() in fields or auto_reply.recognise(mail, fields):
        return ()
    ours = {address.strip().lower() for address in own} | ({mail.sender.key} if mail.sender else set())
    return tuple(dict.fromkeys(each.key for each in (*mail.to, *mail.cc) if each.key not in ours))


def answering(connection: Connection, recordings: Sequence[Recording], fates: Sequence[Fate]) -> frozenset[int]:
    """The positions of our own mails that go to somebody who took part before; asked before any of them is written."""
    asked = [p for p, recording in enumerate(recordings) if recording.answers and _is_new(recording, fates[p])]
    if not asked:
        return frozenset()
    conversations = {_conversation(recordings[p]) for p in asked}
    addresses = {address for p in asked for address in recordings[p].answers}
    there = {each: set(members) for each, members in participants(connection, conversations, addresses).items()}
    found = set()
    for position, recording in enumerate(recordings):
        members = there.get(_conversation(recording), set()) if recording.placement else set()
        if recording.answers:
            if position in asked and members.intersection(recording.answers):
                found.add(position)
        elif fates[position].stands:
            members |= participants_of(recording.message)
    return frozenset(found)


def responses(
    connection: Connection,
    recordings: Sequence[Recording],
    positions: Collection[int],
    by_conversation: Mapping[str, int],
) -> dict[int, int]:
    """Of those positions the ones of mails sent after a ticket's own came, with its number."""
    numbers = {p: by_conversation.get(_conversation(recordings[p])) for p in positions}
    found = {p: number for p, number in numbers.items() if number is not None}
    began = _beginnings(connection, found.values())
    return {p: number for p, number in sorted(found.items()) if began[number] <= response_of(recordings[p])[0]}


def note(
    connection: Connection, recordings: Sequence[Recording], found: Mapping[int, int], ids: Mapping[int, int]
) -> None:
    """Notes the first responses among the mails at these positions, to the tickets of these numbers."""
    for position, number in sorted(found.items(), key=lambda pair: pair[1]):
        at, by = response_of(recordings[position])
        clock.answer(connection, number, at=at, by=by, actor=PROGRAM, via="mail", message=ids.get(position))


def note_earlier(connection: Connection, recordings: Sequence[Recording], opened: Mapping[str, int]) -> None:
    """Notes the responses to new tickets that were recorded before these: sent mail may be read first."""
    if not opened:
        return
    columns = (message.c.id, message.c.conversation, message.c.received_at, message.c.sender_address)
    query = (
        select(*columns, raw_mail.c.compressed)
        .join_from(message, raw_mail)
        .where(among(connection, message.c.conversation, opened), message.c.kind == "own_mail")
        .order_by(message.c.id)
    )
    rows = connection.execute(query).all()
    if not rows:
        return
    writers = _writers(recordings)
    began = _beginnings(connection, opened.values())
    for row in sorted(rows, key=lambda each: opened[each.conversation]):
        number = opened[row.conversation]
        addresses = answered_addresses(parse(decompress(row.compressed)), ())
        if began[number] <= row.received_at and writers[row.conversation].intersection(addresses):
            by = row.sender_address
            clock.answer(connection, number, at=row.received_at, by=by, actor=PROGRAM, via="mail", message=row.id)


def response_of(recording: Recording) -> Answer:
    """When a mail of ours was sent, and from which address."""
    sender = recording.message.sender
    return recording.received_at or datetime.now(UTC), sender.address if sender else "our own mail"


def details_of(recording: Recording) -> dict[str, Any]:
    """What the event of a mail of ours that answers the customer says of that."""
    at, by = response_of(recording)
    return {RESPONSE: {"at": at.isoformat(), "by": by}}


def standing_answers(connection: Connection, numbers: Sequence[int]) -> dict[int, Answer]:
    """For each of these tickets that has one, the first response by its events: clicks and mails, less those undone."""
    kinds = (clock.ANSWERED, clock.ANSWER_UNDONE, SET_ASIDE)
    query = select(event).where(event.c.ticket.in_(numbers), event.c.kind.in_(kinds)).order_by(event.c.id)
    given: defaultdict[int, list[Answer]] = defaultdict(list)
    for row in connection.execute(query):
        if row.kind == clock.ANSWER_UNDONE:
            undone = datetime.fromisoformat(row.details["at"])
            given[row.ticket] = [each for each in given[row.ticket] if each[0] > undone]
        elif (told := row.details.get(RESPONSE) if row.kind == SET_ASIDE else row.details) is not None:
            given[row.ticket].append((datetime.fromisoformat(told["at"]), told["by"]))
    return {number: min(answers, key=lambda each: each[0]) for number, answers in given.items() if answers}


def take_back(connection: Connection, number: int, *, actor: str) -> bool:
    """Takes back the first response noted; what was sent after it, if anything, is the first response then.

    False where none was noted.
    """
    row = clock.locked(connection, number)
    if row.answered_at is None:
        return False
    details = {"at": row.answered_at.isoformat(), "by": row.answered_by}
    add(connection, [happening(clock.ANSWER_UNDONE, details, actor=actor, ticket=number)])
    standing = standing_answers(connection, [number]).get(number)
    clock.write_answer(connection, number, *(standing or (None, None)))
    return True


def _is_new(recording: Recording, fate: Fate) -> bool:
    return recording.placement is not None and not fate.known


def _conversation(recording: Recording) -> str:
    return recording.placement.conversation if recording.placement else ""


def _writers(recordings: Sequence[Recording]) -> dict[str, set[str]]:
    """Who wrote the mails of a batch that are not ours, and where they want answers, by conversation."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for recording in recordings:
        if recording.screening is not None and recording.screening.accepted:
            mail = recording.message
            found[_conversation(recording)] |= {each.key for each in (mail.sender, *mail.reply_to) if each}
    return found


def _beginnings(connection: Connection, numbers: Iterable[int]) -> dict[int, datetime]:
    query = select(ticket.c.number, ticket.c.created_at).where(ticket.c.number.in_(set(numbers)))
    return {row.number: row.created_at for row in connection.execute(query)}
