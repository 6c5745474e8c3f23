"""A batch of which one mail cannot be written: each mail by itself, and that one into quarantine."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from intake import message as messages
from intake.cursor import Cursor
from tickets import recorder
from tickets.faults import Contended, StoreError, ValueRefused, refuses_a_value
from tickets.recording import Fault, Recorded, Recording

log = logging.getLogger("mailtriage.tickets")


def record_each(connection: Connection, recordings: Sequence[Recording], cursor: Cursor | None) -> list[Recorded]:
    """As :func:`tickets.recorder.record`, one mail after the other, so that a mail refused costs only itself."""
    recorded = [_record_one(connection, recording) for recording in recordings]
    recorder.record(connection, [], cursor)
    return recorded


def _record_one(connection: Connection, recording: Recording) -> Recorded:
    try:
        with connection.begin_nested():
            return recorder.record(connection, [recording], None)[0]
    except Exception as error:
        if not costs_one_mail(error):
            raise
        log.warning("a mail could not be recorded and goes into quarantine", exc_info=error)
        return recorder.record(connection, [unwritten(recording, fault_of(error))], None)[0]


def costs_one_mail(error: Exception) -> bool:
    """Whether a mail is at fault that cannot be written, and not the database or this machine."""
    if isinstance(error, SQLAlchemyError):
        return refuses_a_value(error)
    return isinstance(error, ValueRefused) or not isinstance(error, (StoreError, Contended, MemoryError, OSError))


def fault_of(error: Exception) -> Fault:
    """What a mail that cannot be written is quarantined with."""
    return Fault.raised("recording", error)


def unwritten(recording: Recording, fault: Fault) -> Recording:
    """The recording with its raw bytes, its delivery and its fault alone; a fault it had before goes first."""
    return Recording(
        policy=recording.policy,
        message=messages.unread(recording.message.raw),
        screening=None,
        placement=None,
        verdict=None,
        terms=None,
        delivery=recording.delivery,
        quarantine=recording.quarantine or fault,
        received_at=recording.received_at,
        leave_unmarked=recording.leave_unmarked,
    )
