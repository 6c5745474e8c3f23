"""Where quoted and forwarded mail begins and ends among the lines of a text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from intake import quotation_words as words

MAX_LINE = 1000
"""Longer lines introduce nothing; they are not looked at."""
ATTRIBUTION_LINES = 5
ATTRIBUTION_CHARACTERS = 400
HEADER_BLOCK_LINES = 16
LEAST_HEADERS = 3

TELLTALE = re.compile(r"[:：>@\d_=*—–-]")
"""No line without one of these introduces or is a quotation; most lines are done with after this look."""
QUOTE_MARK = re.compile(r"^ {0,3}((?:> ?)+)")
INITIALS_MARK = re.compile(r"^[A-Za-z]{1,3}> ?")
BAR_MARK = re.compile(r"^ {0,3}\|(?: |$)")
DASHES = r"[-_*=–—+ \t]"

WROTE = re.compile(rf"(?:\b|(?<=\s)|^|>|，|,)(?:{'|'.join(words.WROTE)})(?!\w)", re.IGNORECASE)
ENDS_ATTRIBUTION = re.compile(r"(?:[:：]|wrote ?-{2,})[\s*_]*$", re.IGNORECASE)
STARTS_WITH_DATE = re.compile(
    rf"^[-*\s_]*(?:(?:{words.ON_DATE})[ \t,].*\d|\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}"
    rf"|\d{{1,2}}\.? [^\W\d]+\.? \d{{4}}"
    r"|[^\W\d]+, \d{1,2}\.? [^\W\d]+ \d{4}|在 ?\d{4})",
    re.IGNORECASE,
)
STARTS_WITH_ADDRESS = re.compile(r"^[\"'«*]?[^\s<>].{0,80}[<(](?:mailto:)?[^\s<>@]+@[^\s<>]+")
ENDS_WITH_ADDRESS = re.compile(r"<[^<>\s]+@[^<>\s]+ ?> ?:$")
STARTS_WITH_NAME = re.compile(
    r"^[\"'«*]?[^\W\d][^:]{1,60}? (?:wrote on|schreef op|schrieb am|a écrit le|escribió el"
    r"|ha scritto il|escreveu em|skrev den)"
    r" .*\d",
    re.IGNORECASE,
)
EVIDENCE = re.compile(r"\S@\S|\d{1,2}[:.h]\d\d|\byou wrote\b")
GMAIL_DATE = re.compile(
    r"^\d{4}[-/]\d{1,2}[-/]\d{1,2}(?: \d{1,2}:\d\d GMT[+-]\d\d:\d\d .{1,200}| .{1,200}<[^<>\s]+@[^<>\s]+>:?$)"
)

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

FORWARD_MARKER = re.compile(
    rf"^[>\s]*(?:{DASHES}{{2,40}}(?:{words.FORWARDED})(?: ?/ ?fwd\.msg"
    rf"| ?-+ ?forwarded message)?{DASHES}{{2,40}}(?P<rest>.*)"
    rf"|(?:{words.BEGIN_FORWARDED})\s?[:：]?\s*)$",
    re.IGNORECASE,
)
ORIGINAL_MARKER = re.compile(rf"^[>\s]*{DASHES}{{2,60}}(?:{words.ORIGINAL}){DASHES}{{2,60}}$", re.IGNORECASE)
SEPARATOR = re.compile(r"^[>\s]*[-_*=]{5,}\s*$")


@dataclass(frozen=True, slots=True)
class HeaderLines:
    """The header of a quoted or forwarded mail as text: its values by role, and the line after it."""

    values: Mapping[str, str]
    end: int


def depth(line: str) -> int:
    """How many ``>`` stand before the line (RFC 3676, 4.5)."""
    match = QUOTE_MARK.match(line)
    return match[1].count(">") if match else 0


def prefix(line: str) -> str:
    """What marks the line as quoted: ``>``, a bar, initials as in ``AB>``; empty when nothing does.

    Bars and initials count only below an attribution.
    """
    if depth(line):
        return ">"
    if BAR_MARK.match(line):
        return "|"
    match = INITIALS_MARK.match(line)
    return match.group().strip() if match else ""


def next_text(lines: list[str], at: int, *, quoted: bool = False) -> int:
    """The first line from ``at`` that is not blank; with ``quoted`` a line of ``>`` alone is blank too."""
    while at < len(lines) and not lines[at].strip(" \t>" if quoted else None):
        at += 1
    return at


def quote_end(lines: list[str], at: int, mark: str) -> int:
    """The line after the run of quoted lines that begins at ``at``; blank lines inside it belong to it."""
    end = at
    while at < len(lines):
        marked = prefix(lines[at]) == mark if mark else depth(lines[at]) > 0
        if marked:
            end = at + 1
        elif lines[at].strip():
            break
        at += 1
    return end


def unquoted(lines: list[str]) -> list[str]:
    """The lines of a forwarded mail without the ``>`` that some programs put before each of them."""
    start = next_text(lines, 0)
    if start == len(lines) or not depth(lines[start]):
        return lines
    return [re.sub(r"^ {0,3}> ?", "", line, count=1) for line in lines]


def attribution_end(lines: list[str], at: int, *, quoted: bool = False) -> int | None:
    """The line after an "On DATE NAME wrote:" that begins at ``at``; None when none begins there.

    It must give evidence of a mail (an address, a time of day), or stand directly above quoted lines: a sentence that
    ends with a colon is not enough.
    """
    strip = " \t>" if quoted else " \t"
    first = lines[at].strip(strip)
    if not quoted and GMAIL_DATE.match(first):
        return at + 1
    dated = STARTS_WITH_DATE.match(first)
    if not dated and not STARTS_WITH_ADDRESS.match(first) and not STARTS_WITH_NAME.match(first):
        return None
    joined, end, blanks = "", at, 0
    while end < len(lines) and end - at < ATTRIBUTION_LINES + blanks:
        line = lines[end].strip(strip)
        end += 1
        if not line:
            blanks += 1
            if blanks > 1 or not dated:
                return None
            continue
        joined = f"{joined} {line}".strip()
        if len(joined) > ATTRIBUTION_CHARACTERS:
            return None
        if not ENDS_ATTRIBUTION.search(line):
            continue
        if not WROTE.search(joined) and not (dated and ENDS_WITH_ADDRESS.search(joined)):
            return None
        after = next_text(lines, end)
        above_quotation = after < len(lines) and bool(depth(lines[after]))
        return end if EVIDENCE.search(joined) or above_quotation else None
    return None


def is_original_marker(line: str) -> bool:
    """Whether the line is "-----Original Message-----" in some language."""
    return bool(ORIGINAL_MARKER.match(line))


def header_block(lines: list[str], at: int) -> HeaderLines | None:
    """The Outlook-like header (From, Sent, To, Subject) that begins at ``at``, or after the separator there."""
    start = at
    least = LEAST_HEADERS
    if SEPARATOR.match(lines[at]) or is_original_marker(lines[at]):
        start, least = next_text(lines, at + 1, quoted=True), LEAST_HEADERS - 1
        if start - at > 3:
            return None
    return _labelled(lines, start, least)


def forward_head(lines: list[str], at: int) -> HeaderLines | None:
    """The head of a forwarded mail ("---- Forwarded message", "Begin forwarded message:") that begins at ``at``."""
    match = FORWARD_MARKER.match(lines[at])
    if match is None:
        return None
    rest = (match["rest"] or "").strip()
    if rest:
        # Yahoo writes marker and header on one line, the fields run together.
        block = _labelled(_fields_apart(rest), 0, 1)
        return HeaderLines(block.values if block else {}, at + 1)
    start = next_text(lines, at + 1, quoted=True)
    block = _labelled(lines, start, LEAST_HEADERS - 1)
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
    while at < len(lines) and at - start < HEADER_BLOCK_LINES:
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
    mail_like = "from" in values and ("subject" in values or "sent" in values)
    return HeaderLines(values, at) if mail_like and len(values) >= least else None


def _continues(lines: list[str], at: int) -> bool:
    """Whether the line is the rest of a long field: another field, or the blank line after the header, follows soon."""
    for line in lines[at + 1 : at + 4]:
        match = LABEL_LINE.match(line)
        if match and match[1].lower() in LABELS:
            return True
        if not line.strip(" \t>"):
            return False
    return False
