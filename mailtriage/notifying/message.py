"""What is told of one event, the same for every channel: made from the rows as they are when it is sent."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from classifier.schema import verdict_document
from policies.versions import Policies
from tickets.notifying.notifications import Notification
from tickets.rows import Ticket
from tickets.store import Store

NAMESPACE = uuid.UUID("5a1f6f0e-64a4-4f0e-9a5c-0f5b7f6f3b1d")
"""Of the ids that receivers know repeats by (RFC 9562, 5.5)."""
SAMPLE = "test"
WITH_VERDICT = frozenset({"ticket_opened"})
WITH_DETAILS = frozenset(
    {"deadline_near", "deadline_missed", "state_changed", "policy_adopted", "autonomy_held", "autonomy_lifted"}
)
"""Events whose details are told as they are: those of others may quote a mail or name people."""


@dataclass(frozen=True, slots=True)
class Message:
    """One event for one target. ``id`` is the same however often it is sent; ``at`` when it happened, aware.

    ``zone`` is the time zone that people are told times in; ``link`` the ticket's page, where its address is set.
    """

    id: str
    event: str
    at: datetime
    ticket: Ticket | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    zone: str = "UTC"
    link: str | None = None

    def document(self) -> dict[str, Any]:
        """The JSON object that a webhook is sent (docs/formats.md)."""
        ticket = self.ticket
        verdict = verdict_document(ticket.verdict, ticket.terms_now) if ticket and self.event in WITH_VERDICT else None
        return {
            "id": self.id,
            "event": self.event,
            "at": _stamp(self.at),
            "ticket": None if ticket is None else _ticket_document(ticket, self.link),
            "details": dict(self.details) if self.event in WITH_DETAILS else {},
            "verdict": verdict,
        }

    def local(self, moment: datetime) -> str:
        """A moment for people, in the zone of the policy: ``Mon 2 March 2026 15:00 (Europe/Amsterdam)``."""
        there = moment.astimezone(ZoneInfo(self.zone))
        return f"{there:%a} {there.day} {there:%B %Y %H:%M} ({self.zone})"


def message_of(notification: Notification, store: Store, policies: Policies, address: str | None) -> Message:
    """What a notification of the outbox tells; ``address`` is where the page is reached."""
    event = notification.event
    ticket = store.ticket(event.ticket) if event.ticket is not None else None
    return Message(
        id=_id(notification),
        event=event.kind,
        at=event.at,
        ticket=ticket,
        details=event.details,
        zone=_zone(event.details, ticket, policies),
        link=f"{address}/tickets/{ticket.number}" if address and ticket else None,
    )


def sample(now: datetime) -> Message:
    """A message that only tries whether a target can be told."""
    return Message(str(uuid.uuid4()), SAMPLE, now)


def _id(notification: Notification) -> str:
    # With the event's time, since a store made anew counts its rows from one again.
    name = f"{notification.id} {_stamp(notification.event.at)} {notification.channel} {notification.target}"
    return str(uuid.uuid5(NAMESPACE, name))


def _zone(details: Mapping[str, Any], ticket: Ticket | None, policies: Policies) -> str:
    if details.get("time_zone"):
        return str(details["time_zone"])
    if ticket is not None and ticket.policy in policies:
        return str(policies[ticket.policy].file.time_zone)
    return "UTC"


def _ticket_document(ticket: Ticket, link: str | None) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "policy": ticket.policy,
        "state": ticket.state,
        "severity": ticket.severity,
        "scope": ticket.scope,
        "issue_type": ticket.issue_type,
        "topic": ticket.topic,
        "customer": ticket.customer_name,
        "subject": ticket.subject,
        "created_at": _stamp(ticket.created_at),
        "due_at": _stamp(ticket.due_at) if ticket.due_at else None,
        "answered_at": _stamp(ticket.answered_at) if ticket.answered_at else None,
        "url": link,
    }


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
