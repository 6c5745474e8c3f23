"""All that is attached to a mail, containers opened, and the text that a mail has nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from intake import attachment
from intake.attachment import Attachment
from intake.content import html, invitation, tnef
from intake.decoding.mime import Part

MAX_SUMMARIES = 10
"""Calendar objects summarised; an invitation is one."""
MAX_CONTAINERS = 10
"""``winmail.dat`` opened; a mail has one."""
MAX_ASKED = 10
"""Wrongly named attachments of which a model is asked what they are."""
CALENDAR_NAME_ENDINGS = (".ics", ".ical", ".ifb")


@dataclass(frozen=True, slots=True)
class Attached:
    """The attachments of a mail, the text and HTML to show where it has none of its own, and what went wrong."""

    attachments: tuple[Attachment, ...]
    text: str
    html: str | None
    defects: tuple[str, ...]


def gather(parts: Iterable[tuple[Part, bool]]) -> Attached:
    """The attachments that ``parts`` (each with whether it is shown inline) are or contain."""
    found: list[Attachment] = []
    opened: list[tnef.Opened] = []
    for part, inline in parts:
        one = attachment.from_part(part, len(found) + 1, inline=inline, ask=_few_faults(found))
        if not one.content.startswith(tnef.SIGNATURE) or len(opened) >= MAX_CONTAINERS:
            found.append(one)
            continue
        container = tnef.read(one.content)
        opened.append(container)
        if container.faults or not (container.files or container.text or container.html):
            found.append(one)
        for file in container.files:
            number, ask = len(found) + 1, _few_faults(found)
            found.append(attachment.from_file(file, number, inline=bool(file.content_id), ask=ask))
    found = _summarised(found)
    text, markup = _texts(opened)
    defects = [fault for container in opened for fault in container.faults]
    defects += [each.fault for each in found if each.fault]
    if len(opened) >= MAX_CONTAINERS:
        defects.append(f"Only {MAX_CONTAINERS} winmail.dat (TNEF) of a mail are opened.")
    summaries = [each.summary for each in found if each.summary]
    return Attached(tuple(found), text or "\n\n".join(summaries), markup, tuple(defects))


def _few_faults(found: Iterable[Attachment]) -> bool:
    return sum(1 for each in found if each.fault) < MAX_ASKED


def _texts(opened: Iterable[tnef.Opened]) -> tuple[str, str | None]:
    """The text and the HTML of the containers; text made from the HTML where there is no other."""
    markup = "\n".join(each.html for each in opened if each.html) or None
    pieces = [each.text or (html.to_text(each.html)[0] if each.html else "") for each in opened]
    text = "\n\n".join(piece.replace("\r\n", "\n").replace("\r", "\n").strip("\n") for piece in pieces if piece.strip())
    return text, markup


def _summarised(found: Iterable[Attachment]) -> list[Attachment]:
    whole: list[Attachment] = []
    summaries = 0
    for one in found:
        if summaries < MAX_SUMMARIES and _is_calendar(one):
            summaries += 1
            one = replace(one, summary=invitation.summarise(one.content))
        whole.append(one)
    return whole


def _is_calendar(one: Attachment) -> bool:
    return one.content_type in invitation.TYPES or (
        one.real_type == "text/calendar" and one.name.lower().endswith(CALENDAR_NAME_ENDINGS)
    )
