"""Mails placed, and recorded where they were placed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from intake.message import Message
from intake.screening import Screening
from intake.ticket_reference import TicketReferences
from policies.policy import Policy
from tests.tickets.making import ACCEPTED, NOON, delivered, recording, verdict
from tickets.desk import place
from tickets.recording import Recorded
from tickets.store import Placement, Recording, Store

REFERENCES = TicketReferences(b"the key of these tests")
OWN = ("support@vendor.example",)


def placed(
    store: Store, policy: Policy, *messages: Message, at: datetime = NOON, own: Collection[str] = OWN
) -> list[Placement]:
    return place(store, policy, messages, [at] * len(messages), own_addresses=own, references=REFERENCES)


def taken(
    store: Store,
    policy: Policy,
    *messages: Message,
    at: datetime = NOON,
    topic: str = "other",
    screening: Screening = ACCEPTED,
) -> list[Recorded]:
    """Places and records mails as one batch."""
    batch = []
    for message, placement in zip(messages, placed(store, policy, *messages, at=at), strict=True):
        written = recording(message, received_at=at, said=verdict(topic=topic))
        decided = screening.accepted and not placement.repeats
        batch.append(
            Recording(
                policy=policy.name,
                message=message,
                screening=screening,
                placement=placement,
                verdict=written.verdict if decided else None,
                terms=written.terms if decided else None,
                delivery=delivered(int.from_bytes(bytes.fromhex(message.digest[:7] + "0"), "big")),
                received_at=at,
            )
        )
    return store.record(batch)
