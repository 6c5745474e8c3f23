"""A cheap first look: the lines of a text at which quoted or forwarded mail can begin; most texts have few."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

from intake.new_text import attribution
from intake.new_text.header_block import BEGIN_FORWARDED, LABELS
from intake.new_text.quotation import MAX_LINE

MARKS = " \t>*_"
BEGINS = re.compile(r"\n[ \t]*(?:[>*_=+–—-]|\d{4}[-/])")
"""A quoted line, a separator, a header in bold, a date; with the line break before it the search runs fast."""
WROTE_IN_DASHES = re.compile("wrote ?--")
LABEL_CHARACTERS = 45
KNOWN = frozenset(LABELS) | BEGIN_FORWARDED


def candidates(text: str, lines: list[str]) -> list[int]:
    """The numbers of the lines (those of ``text``) that deserve a closer look, in order."""
    starts = list(accumulate([len(line) + 1 for line in lines], initial=0))
    found = {bisect_right(starts, match.start()) - 1 for match in BEGINS.finditer("\n" + text)}
    found |= _with_colon(text.replace("：", ":"), lines, starts)
    for match in WROTE_IN_DASHES.finditer(text):
        found |= _attribution_above(lines, bisect_right(starts, match.start()) - 1)
    return sorted(at for at in found if lines[at] and len(lines[at]) <= MAX_LINE)


def _with_colon(text: str, lines: list[str], starts: list[int]) -> set[int]:
    """The lines that begin with the name of a header field, or with an attribution that ends with a colon."""
    found: set[int] = set()
    position = text.find(":")
    while position >= 0:
        at = bisect_right(starts, position) - 1
        label = position - starts[at]
        line = lines[at]
        if label <= LABEL_CHARACTERS and " ".join(line[:label].strip(MARKS).lower().split()) in KNOWN:
            found.add(at)
        if line[-1] in attribution.AT_THE_END and line.rstrip(MARKS).endswith(attribution.COLONS):
            found |= _attribution_above(lines, at)
        position = text.find(":", starts[at + 1])
    return found


def _attribution_above(lines: list[str], at: int) -> set[int]:
    """The lines at which an attribution that ends at ``at`` can begin."""
    start = max(0, at - attribution.LINES)
    window = " ".join([line[:MAX_LINE] for line in lines[start : at + 1]]).lower()
    return set(range(start, at + 1)) if any(map(window.__contains__, attribution.STEMS)) else set()
