"""The msg-ids that recorded mails answer and that nobody carries yet: the mail itself comes late, or never."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from tickets.columns import storable
from tickets.connections import is_sqlite
from tickets.customer.domains import MAX_ADDRESS
from tickets.recording import Recording
from tickets.schema import awaited

KEY_BYTES = 16
"""Enough that no two msg-ids share a key; a msg-id itself may be longer than an index entry."""


def key_of(policy: str, message_id: str) -> str:
    """What stands for a msg-id under one policy."""
    spelled = f"{policy}\n{storable(message_id)}".encode("utf-8", "replace")
    return hashlib.blake2b(spelled, digest_size=KEY_BYTES).hexdigest()


def note(connection: Connection, recordings: Iterable[Recording]) -> None:
    """Writes which msg-ids the conversations of these mails wait for."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for recording in recordings:
        placement, sender = recording.placement, recording.message.sender
        if placement is None or sender is None:
            continue
        # A mail of ours, from whatever address, waits for a mail of those whom it answers.
        party = next(iter(recording.answers), sender.key)
        for message_id in placement.awaits:
            row = {
                "key": key_of(recording.policy, message_id),
                "conversation": placement.conversation,
                "sender": storable(party)[:MAX_ADDRESS],
            }
            rows.setdefault((row["key"], row["conversation"]), row)
    if rows:
        dialect = sqlite if is_sqlite(connection) else postgresql
        # In one order, so that two writers do not wait for each other.
        connection.execute(dialect.insert(awaited).on_conflict_do_nothing(), [rows[key] for key in sorted(rows)])
