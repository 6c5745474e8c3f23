"""The line above quoted text that says whose it is: "On 2 Feb 2026, at 10:00, Bo wrote:"."""

from __future__ import annotations

import re

from intake.new_text import quotation_words as words
from intake.new_text.quotation import depth, next_text

LINES = 5
"""Lines over which one attribution runs at most; mail programs wrap them at the address."""
CHARACTERS = 400

WROTE = re.compile(rf"(?<!\w)(?:{'|'.join(words.WROTE)})(?!\w)", re.IGNORECASE)
ENDS = re.compile(r"(?:[:：]|wrote ?-{2,})[\s*_]*$", re.IGNORECASE)
COLONS = (":", "：")
AT_THE_END = frozenset(":： \t>*_")
"""A colon, or blanks and marks of emphasis behind it."""
STEMS = (
    "wrote", "writes", "schre", "schri", "geschr", "écrit", "ecrit", "escri", "scritto", "scrisse", "escrev", "a scris",
    "napis", "napís", "pisze", "napsal", "skrev", "kirjo", "kirju", "irta", "írta", "пис", "пиш", "yazd",
    "写道", "寫道", "メール", ">:", "> :", "quoting", "citeren", "zitat von",
    "citando",
)  # fmt: skip
"""No attribution is without one of these in lower case; a cheap look before the words themselves."""
STARTS_WITH_DATE = re.compile(
    rf"^[-*\s_]*(?:(?:{words.ON_DATE})[ \t,].*\d|\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}}"
    rf"|\d{{1,2}}\.? [^\W\d]+\.? \d{{4}}"
    r"|[^\W\d]+, \d{1,2}\.? [^\W\d]+ \d{4}|在 ?\d{4})",
    re.IGNORECASE,
)
STARTS_WITH_ADDRESS = re.compile(r"^[\"'«*]?[^\s<>].{0,80}[<(](?:mailto:)?[^\s<>@]+@[^\s<>]+")
ENDS_WITH_ADDRESS = re.compile(r"<[^<>\s]+@[^<>\s]+ ?> ?:$")
WROTE_ON = (
    "wrote on",
    "schreef op",
    "schrieb am",
    "a écrit le",
    "escribió el",
    "ha scritto il",
    "escreveu em",
    "skrev den",
)
STARTS_WITH_NAME = re.compile(rf"^[\"'«*]?[^\W\d][^:]{{1,60}}? (?:{'|'.join(WROTE_ON)}) .*\d", re.IGNORECASE)
NAME_ALONE = re.compile(rf"^[^\W\d_][^\d:<>@]{{0,60}} (?:{'|'.join(words.WROTE)}) ?[:：]$", re.IGNORECASE)
"""Enough only directly above quoted lines."""
FIRST_PERSON = re.compile(
    r"\b(?:(?:i|we) (?:wrote|write)|schreef (?:ik|wij|we)|(?:heb ik|hebben (?:wij|we))\b.{0,60}\bgeschreven"
    r"|schrieb(?:en)? (?:ich|wir)|(?:habe ich|haben wir)\b.{0,60}\bgeschrieben|(?:j['’]ai|nous avons) écrit"
    r"|escribí|escribimos|ho scritto|abbiamo scritto|escrevi|escrevemos|napisał(?:em|am|iśmy|yśmy))(?!\w)",
    re.IGNORECASE,
)
"""No mail program speaks of its user so: the sender tells of an earlier mail."""
DATE_LENGTH = len("2026-02-28")
QUOTATION_MARKS = ('"', "'", "“", "„", "«", "»", "‘", "‚")
EVIDENCE = re.compile(r"\S@\S|\d{1,2}[:.h]\d\d|\byou wrote\b")
DRAWN = "-_*=~+#<> "
"""What lines across the page are made of."""
GMAIL_DATE = re.compile(
    r"^\d{4}[-/]\d{1,2}[-/]\d{1,2}(?: \d{1,2}:\d\d GMT[+-]\d\d:\d\d .{1,200}| .{1,200}<[^<>\s]+@[^<>\s]+>:?$)"
)


def _starts_with_name(line: str) -> bool:
    lowered = line.lower()
    return any(map(lowered.__contains__, WROTE_ON)) and bool(STARTS_WITH_NAME.match(line))


def attribution_end(lines: list[str], at: int, *, quoted: bool = False) -> int | None:
    """The line after an "On DATE NAME wrote:" that begins at ``at``; None when none begins there.

    It must give evidence of a mail (an address, a time of day), or stand directly above quoted lines: a sentence that
    ends with a colon is not enough.
    """
    strip = " \t>" if quoted else " \t"
    first = lines[at].strip(strip)
    if not first.strip(DRAWN):
        return None
    if not quoted and first[:4].isdigit() and GMAIL_DATE.match(first):
        return at + 1
    dated = STARTS_WITH_DATE.match(first)
    if not dated and not ("@" in first and STARTS_WITH_ADDRESS.match(first)) and not _starts_with_name(first):
        after = next_text(lines, at + 1)
        marked = after < len(lines) and depth(lines[after]) > 0
        return at + 1 if marked and not quoted and NAME_ALONE.match(first) else None
    joined, end, blanks = "", at, 0
    while end < len(lines) and end - at < LINES + blanks:
        line = lines[end].strip(strip)
        end += 1
        if not line:
            blanks += 1
            if blanks > 1 or not dated:
                return None
            continue
        joined = f"{joined} {line}".strip()
        if len(joined) > CHARACTERS:
            return None
        if not ENDS.search(line):
            continue
        if not WROTE.search(joined) and not (dated and ENDS_WITH_ADDRESS.search(joined)):
            return None
        after = next_text(lines, end)
        above_quotation = after < len(lines) and bool(depth(lines[after]))
        return end if EVIDENCE.search(joined) or above_quotation else None
    return None


def is_told(lines: list[str], at: int, end: int, *, surely: bool = False) -> bool:
    """Whether the sender tells, in the lines from ``at`` to ``end``, what somebody wrote, and no program does.

    ``surely``: the mail answers none as far as its header says; then a program would at least name an address.
    """
    introduction = " ".join(lines[at:end])
    after = next_text(lines, end)
    cited = after < len(lines) and lines[after].lstrip().startswith(QUOTATION_MARKS)
    logged = after < len(lines) and lines[at][:1].isdigit() and lines[after][:DATE_LENGTH] == lines[at][:DATE_LENGTH]
    if cited or logged or FIRST_PERSON.search(introduction):
        return True
    return surely and "@" not in introduction and bool(WROTE.search(introduction))
