"""How commands tell of recorded mails: as an object for programs, as a line for people."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from tickets.recording import Recorded
from tickets.rows import StoredMessage

CHUNK = 200


def every(page: Callable[[int, int], list[StoredMessage]]) -> Iterator[StoredMessage]:
    """All the mails of a list that is read by limit and offset."""
    offset = 0
    while rows := page(CHUNK, offset):
        yield from rows
        offset += len(rows)


def mail_json(mail: StoredMessage) -> dict[str, Any]:
    """A recorded mail as a JSON object, without its text."""
    return {
        "id": mail.id,
        "received_at": mail.received_at.isoformat(),
        "policy": mail.policy,
        "mailbox": mail.mailbox,
        "disposition": mail.disposition,
        "kind": mail.kind or None,
        "from": {"name": mail.sender_name, "address": mail.sender_address},
        "subject": mail.subject,
        "reason": mail.reason,
        "step": mail.step,
        "program_version": mail.program_version,
    }


def mail_line(mail: StoredMessage, what: str) -> str:
    """A recorded mail in one line; ``what`` is told between its date and its sender."""
    sender = mail.sender_address or "unknown sender"
    subject = mail.subject or "(no subject)"
    return printable(f"{mail.id}  {mail.received_at:%Y-%m-%d %H:%M}  {what}  {sender}  {subject}: {mail.reason}")


def outcome_json(recorded: Recorded, reason: str) -> dict[str, Any]:
    """What became of a mail that was looked at once more."""
    return {"id": recorded.message, "became": recorded.disposition, "ticket": recorded.ticket, "reason": reason}


def outcome_line(recorded: Recorded, reason: str) -> str:
    """As :func:`outcome_json`, for people."""
    if recorded.ticket is not None and recorded.disposition in ("ticket", "reply"):
        return f"mail {recorded.message}: {recorded.disposition}, ticket {recorded.ticket}"
    stays = "stays in quarantine" if recorded.disposition == "quarantined" else recorded.disposition.replace("_", " ")
    return printable(f"mail {recorded.message}: {stays}: {reason}")


def printable(text: str) -> str:
    """Text of a stranger for a terminal: on one line, without control and direction characters."""
    return "".join(c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else " " for c in text)
