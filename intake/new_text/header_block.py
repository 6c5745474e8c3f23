"""The header of a quoted or forwarded mail as text: From, Sent, To, Subject in the words of some language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise, takewhile

from intake.new_text import quotation_words as words
from intake.new_text.quotation import DASH_CHARACTERS, MAX_LINE, is_original_marker, next_text

MOST_LINES = 16
LEAST_FIELDS = 3
FIELDS_AMONG_STRANGERS = 4
"""From, Sent, To and Subject, as Outlook writes them below its line, in a language whose words are not known here."""

ROLES: tuple[tuple[str, str], ...] = (
    ("from", words.FROM),
    ("sent", words.SENT),
    ("to", words.TO),
    ("copy", words.COPY),
    ("subject", words.SUBJECT),
)
LABELS: Mapping[str, str] = {
    label.replace("\\", ""): role for role, labels in reversed(ROLES) for label in labels.split("|")
}
LABEL_LINE = re.compile(r"^[\s>*_]{0,40}([^\W\d_][^:：<>@*_]{0,24}?)[\s*_]*[:：][\s*_]*(.*)$")
ANY_LABEL = "|".join(labels for _, labels in ROLES)
RUN_TOGETHER = re.compile(rf"(?:{ANY_LABEL})\s?[:：]\s", re.IGNORECASE)

DASHES = f"[{DASH_CHARACTERS}]"
FORWARD_MARKER = re.compile(
    rf"^[>\s]*{DASHES}{{2,40}}(?:{words.FORWARDED})(?: ?/ ?fwd\.msg"
    rf"| ?-+ ?forwarded message)?{DASHES}{{2,40}}(?P<rest>.*)$",
    re.IGNORECASE,
)
BEGIN_FORWARDED = frozenset(words.BEGIN_FORWARDED.split("|"))
DRAWN = frozenset("-_*=–—+")
"""The characters that markers and separators begin with."""
SEPARATOR = re.compile(r"^[>\s]*[-_*=]{5,}\s*$")
OUTLOOK_LINE = re.compile(r"^[>\s]*_{20,}\s*$")
"""Outlook puts it above the header of the mail that is answered, in every language."""
ADDRESS_IN_VALUE = re.compile(r"[^\s<>@]@[^\s<>@]")
TIME_IN_VALUE = re.compile(r"\d{1,2}\W?[:.h]\W?\d\d")
"""Some programs write marks of direction between the figures."""
DATE_IN_VALUE = re.compile(r"\d{1,2}[:.h]\d\d|\d{4}")


@dataclass(frozen=True, slots=True)
class HeaderLines:
    """The header of a quoted or forwarded mail as text: its values by role, and the line after it."""

    values: Mapping[str, str]
    end: int


def header_block(lines: list[str], at: int) -> HeaderLines | None:
    """The Outlook-like header (From, Sent, To, Subject) that begins at ``at``, or after the separator there."""
    start = at
    least = LEAST_FIELDS
    drawn = lines[at].lstrip(" \t>")[:1] in DRAWN
    if not drawn and ":" not in lines[at] and "：" not in lines[at]:
        return None
    if drawn and (SEPARATOR.match(lines[at]) or is_original_marker(lines[at])):
        start, least = next_text(lines, at + 1, quoted=True), LEAST_FIELDS - 1
        if start - at > 3:
            return None
    block = _labelled(lines, start, least)
    if block is not None and (drawn or _is_a_programs(lines[start : block.end], block.values)):
        return block
    return _in_other_words(lines, start) if drawn and OUTLOOK_LINE.match(lines[at]) else None


def forward_head(lines: list[str], at: int) -> HeaderLines | None:
    """The head of a forwarded mail ("---- Forwarded message", "Begin forwarded message:") that begins at ``at``."""
    drawn = lines[at].lstrip(" \t>")[:1] in DRAWN and lines[at].strip(" \t>" + DASH_CHARACTERS)
    match = FORWARD_MARKER.match(lines[at]) if drawn else None
    if match is None and lines[at].strip(" \t>:：").lower() not in BEGIN_FORWARDED:
        return None
    rest = match["rest"].strip() if match else ""
    if rest:
        # Yahoo writes marker and header on one line, the fields run together.
        block = _labelled(_fields_apart(rest), 0, 1)
        return HeaderLines(block.values if block else {}, at + 1)
    start = next_text(lines, at + 1, quoted=True)
    block = _labelled(lines, start, LEAST_FIELDS - 1)
    if block is not None:
        return block
    return HeaderLines({}, at + 1) if "--" in lines[at] else None


def _fields_apart(text: str) -> list[str]:
    """The fields of a header without line breaks: each begins with a capital behind a digit, capital or bracket."""
    starts = [
        match.start()
        for match in RUN_TOGETHER.finditer(text)
        if not match.group()[0].islower()
        and (match.start() == 0 or not (text[match.start() - 1].islower() or text[match.start() - 1] in " ,;"))
    ]
    return [text[start:end] for start, end in pairwise([*starts, len(text)])]


def _labelled(lines: list[str], start: int, least: int) -> HeaderLines | None:
    values: dict[str, str] = {}
    role: str | None = None
    at = start
    while at < len(lines) and at - start < MOST_LINES:
        line = lines[at]
        match = LABEL_LINE.match(line) if len(line) <= 8 * MAX_LINE else None
        found = LABELS.get(" ".join(match[1].lower().split())) if match else None
        if match and found:
            role = found if found not in values else "other"
            values[role] = match[2].strip()
        elif not line.strip(" \t>") or role is None:
            # Some programs leave a blank line between two fields.
            following = LABEL_LINE.match(lines[at + 1]) if at + 1 < len(lines) and len(values) < least else None
            if role is None or following is None or LABELS.get(following[1].lower()) is None:
                break
        elif role in ("to", "copy", "other", "subject", "from") and len(values) < 6 and _continues(lines, at):
            values[role] = f"{values[role]} {line.strip()}"
        else:
            break
        at += 1
    mail_like = "from" in values and ("subject" in values or _is_moment(values))
    return HeaderLines(values, at) if mail_like and len(values) >= least else None


def _is_a_programs(block: list[str], values: Mapping[str, str]) -> bool:
    """Whether a header without a line above it is as programs write it: with a date, and its labels with a capital.

    A rule for mail, which a person copies, has From, To and Subject. A label not known here may be the date's.
    """
    return ("sent" in values or len(block) > LEAST_FIELDS) and not block[0].strip(" \t>*_")[:1].islower()


def _is_moment(values: Mapping[str, str]) -> bool:
    """Whether a mail was sent then: "From: Amsterdam, Date: 12 May" is a journey."""
    return "sent" in values and ("@" in "".join(values.values()) or bool(TIME_IN_VALUE.search(values["sent"])))


def _continues(lines: list[str], at: int) -> bool:
    """Whether the line is the rest of a long field: another field, or the blank line after the header, follows soon."""
    for line in lines[at + 1 : at + 4]:
        match = LABEL_LINE.match(line)
        if match and match[1].lower() in LABELS:
            return True
        if not line.strip(" \t>"):
            return False
    return False


def _in_other_words(lines: list[str], start: int) -> HeaderLines | None:
    """Four fields or more and a blank line, with an address and a date: Outlook's header, by the order it has."""
    values = [
        match[2].strip() for match in takewhile(bool, map(LABEL_LINE.match, lines[start : start + MOST_LINES])) if match
    ]
    fields = len(values)
    if not FIELDS_AMONG_STRANGERS <= fields < MOST_LINES or any(line.strip() for line in lines[start + fields :][:1]):
        return None
    if not ADDRESS_IN_VALUE.search(values[0]) or not DATE_IN_VALUE.search(values[1]):
        return None
    return HeaderLines({"from": values[0], "sent": values[1], "to": values[2], "subject": values[-1]}, start + fields)
