"""Tickets, settings and messages as the tests of notifications need them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from classifier.verdict import FactReading
from mailtriage.notifying.message import Message
from mailtriage.office import Office
from policies.labels import IMPACT_VALUES
from tests.servers import smtp_server, webhook_server
from tests.servers.smtp_server import SmtpServer
from tests.servers.webhook_server import WebhookServer
from tests.tickets.making import mail, recording, terms, verdict
from tickets.rows import Ticket

MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)
LEAD = "lead@vendor.example"
SENDER = "triage@vendor.example"


class Ticking:
    """A clock that moves when told."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **span: float) -> None:
        self.now += timedelta(**span)


def secret(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def smtp(server: SmtpServer, folder: Path, **keys: Any) -> dict[str, Any]:
    """A ``[smtp]`` table for a server on this machine."""
    table = {"host": "127.0.0.1", "port": server.port, "tls": "none", "from": SENDER, "timeout_seconds": 5}
    if keys.pop("signs_in", False):
        password = secret(folder, "smtp-password", smtp_server.PASSWORD)
        table |= {"username": smtp_server.USER, "password_file": password}
    return {**table, "notify": [{"to": [LEAD]}], **keys}


def webhook(server: WebhookServer, folder: Path, **keys: Any) -> dict[str, Any]:
    """A ``[[webhooks]]`` table for a server on this machine."""
    path = secret(folder, "webhook-secret", webhook_server.SECRET)
    table = {"name": "ops", "url": server.url, "secret_file": path, "allow_private": True, "timeout_seconds": 5}
    return {**table, **keys}


def opened(office: Office, due: datetime | None = MONDAY, subject: str = "Help", **labels: str) -> int:
    """A ticket whose first response is due then."""
    message = mail("Nobody can log in. THE BODY.", subject=subject)
    impact = {fact: FactReading("unknown", 0.5, None) for fact in IMPACT_VALUES}
    said = replace(verdict(**labels), impact=impact)
    [recorded] = office.store.record([recording(message, promised=terms(due), said=said)])
    assert recorded.ticket is not None
    return recorded.ticket


def ticket(office: Office, number: int) -> Ticket:
    found = office.store.ticket(number)
    assert found is not None
    return found


def message(office: Office, **changes: Any) -> Message:
    """That a ticket's deadline was missed."""
    number = opened(office, subject=changes.pop("subject", "Help"))
    details = {
        "due_at": MONDAY.isoformat(),
        "within": "2 support hours",
        "calendar": "hours",
        "time_zone": "Europe/Amsterdam",
        "late_seconds": 4000,
    }
    plain = Message("11111111-2222-5333-8444-555555555555", "deadline_missed", MONDAY, ticket(office, number), details)
    keys = {name: getattr(plain, name) for name in plain.__slots__}
    return Message(**{**keys, "zone": "Europe/Amsterdam", "link": "https://triage.example/tickets/1", **changes})
