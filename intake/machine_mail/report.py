"""The shape of multipart/report mail (RFC 6522)."""

from __future__ import annotations

from collections.abc import Mapping

from intake.attachment import Attachment
from intake.decoding import parameters
from intake.message import Message


def type_of(fields: Mapping[str, str]) -> str | None:
    """The report-type in lower case; None for what is no multipart/report."""
    content_type = fields.get("content-type", "")
    if not content_type[:40].lower().lstrip().startswith("multipart/report"):
        return None
    return parameters.parse(content_type).parameters.get("report-type", "").lower()


def part(message: Message, content_type: str) -> Attachment | None:
    """The first attachment of that type; None when there is none."""
    return next((each for each in message.attachments if each.content_type == content_type), None)
