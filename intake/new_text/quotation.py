"""How quoted lines are marked, and which lines of a text can begin quoted or forwarded mail at all."""

from __future__ import annotations

import re

from intake.new_text import quotation_words

MAX_LINE = 1000
"""Longer lines introduce nothing; they are not looked at."""
QUOTE_MARK = re.compile(r"^ {0,3}((?:> ?)+)")
INITIALS_MARK = re.compile(r"^[A-Za-z]{1,3}> ?")
BAR_MARK = re.compile(r"^ {0,3}\|(?: |$)")
DASH_CHARACTERS = "-_*=–—+ \t"
ORIGINAL = frozenset(quotation_words.ORIGINAL.split("|"))


def depth(line: str) -> int:
    """How many ``>`` stand before the line (RFC 3676, 4.5)."""
    if ">" not in line[:4]:
        return 0
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
        marked = depth(lines[at]) > 0 if mark in ("", ">") else prefix(lines[at]) == mark
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


def is_original_marker(line: str) -> bool:
    """Whether the line is "-----Original Message-----" in some language."""
    line = line.strip(" \t>")
    words = line.strip(DASH_CHARACTERS)
    return 2 <= line.find(words) < len(line) - len(words) and words.lower() in ORIGINAL
