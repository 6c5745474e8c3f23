"""Notices of sending services that come as JSON: what Amazon SES publishes through SNS."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from intake.machine_mail.delivery_status import MAX_RECIPIENTS, Failure
from intake.message import Message

MAX_CHARACTERS = 200_000
SPLIT_LINE = re.compile(r"!\n ")
"""How sendmail splits a line that is longer than RFC 5321, 4.5.3.1.6 allows."""
KINDS: dict[str, Literal["bounce", "complaint", "delivery"]] = {
    "Bounce": "bounce",
    "Complaint": "complaint",
    "Delivery": "delivery",
    "DeliveryDelay": "delivery",
}


@dataclass(frozen=True, slots=True)
class ProviderNotice:
    """What happened to a mail that we sent."""

    kind: Literal["bounce", "complaint", "delivery"]
    failure: Failure


def read(message: Message) -> ProviderNotice | None:
    """The notice that ``message`` is, in the envelope of SNS or without; None for anything else."""
    said = _object(message.text)
    if said is not None and said.get("Type") == "Notification" and isinstance(said.get("Message"), str):
        said = _object(said["Message"])
    if said is None:
        return None
    name = said.get("notificationType") or said.get("eventType")
    if not isinstance(name, str) or name not in KINDS or not isinstance(said.get("mail"), dict):
        return None
    return ProviderNotice(KINDS[name], _failure(said.get("bounce"), name))


def _object(text: str) -> dict[str, Any] | None:
    text = text.lstrip()
    if not text.startswith("{") or len(text) > MAX_CHARACTERS:
        return None
    try:
        # SNS writes lines of its own below the object.
        found, _ = json.JSONDecoder(strict=False).raw_decode(SPLIT_LINE.sub("", text))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _failure(bounce: Any, name: str) -> Failure:
    if not isinstance(bounce, dict):
        return Failure((), None, name.lower())
    listed = bounce.get("bouncedRecipients")
    each = (
        [entry.get("emailAddress") for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    )
    recipients = tuple(address[:320] for address in each if isinstance(address, str))[:MAX_RECIPIENTS]
    permanent = {"Permanent": True, "Transient": False}.get(str(bounce.get("bounceType")))
    return Failure(recipients, permanent, "failed")
