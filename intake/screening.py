"""Which mails are not a request of a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from intake.machine_mail import auto_reply, bounce, bulk, feedback_report, receipt
from intake.message import Message

Kind = Literal["accept", "auto_reply", "bounce", "feedback_report", "receipt", "bulk", "own_mail", "flood"]

LOOP_HEADER = "X-Mailtriage-Loop"
"""What mailtriage writes into every mail it sends, so that it knows them again."""


@dataclass(frozen=True, slots=True)
class Screening:
    """Whether a mail is accepted or set aside, with the reason as a sentence that names the RFC or the header.

    ``recipients`` are the failed recipients a bounce names; ``permanent`` says whether it failed for good (RFC 3463).
    """

    kind: Kind
    reason: str
    recipients: tuple[str, ...] = ()
    permanent: bool | None = None

    @property
    def accepted(self) -> bool:
        return self.kind == "accept"


ACCEPTED = Screening("accept", "Nothing says that a machine sent it.")


def screen(message: Message, own_addresses: Collection[str] = ()) -> Screening:
    """What ``message`` is: accepted, or set aside as auto-reply, bounce, report, receipt, bulk or our own mail.

    Who sends more than a person can is known by :mod:`intake.machine_mail.flood`, since no single mail tells.
    """
    fields = dict(reversed(message.headers))  # the first of each name, as Message.header gives it
    own = frozenset(address.strip().lower() for address in own_addresses)
    reason = _own(message, fields, own)
    if reason:
        return Screening("own_mail", reason)
    reason = feedback_report.recognise(message, fields)
    if reason:
        return Screening("feedback_report", reason)
    reason = receipt.recognise(message, fields)
    if reason:
        return Screening("receipt", reason)
    through_list = bulk.passed_on(message, fields, own)
    # What a list passes on concerns the list, unless it is a report beyond doubt.
    found = bounce.formal(message, fields) if through_list else bounce.recognise(message, fields)
    if found is not None:
        return Screening("bounce", found.reason, found.failure.recipients, found.failure.permanent)
    reason = None if through_list else auto_reply.recognise(message, fields)
    if reason:
        return Screening("auto_reply", reason)
    reason = bulk.recognise(message, fields, own)
    if reason:
        return Screening("bulk", reason)
    return ACCEPTED


def _own(message: Message, fields: Mapping[str, str], own: Collection[str]) -> str | None:
    if LOOP_HEADER.lower() in fields:
        return f"The header {LOOP_HEADER} says that mailtriage sent it."
    if message.sender is not None and message.sender.key in own:
        return f"It was sent from our own address {message.sender.address}."
    return None
