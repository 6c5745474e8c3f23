"""The words behind a verdict, found again in the mail's text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from classifier.verdict import Verdict
from policies.labels import LABELS

TOKEN = re.compile(r"\w+")
MOST_PHRASES = 80
MARKED_TEXT = 20_000
"""Characters of a text in which phrases are looked for; no person writes a longer request."""
MOST_PLACES = 20
"""Places marked for one phrase: a mail that repeats a word a million times costs no more than that."""
LONGEST_TEXT = 200_000
"""Characters of one mail's text put on a page; the rest is in the raw mail."""
WEIGHTIEST = 4
"""Words shown for each label: those that spoke most for its value."""

LEGEND = {"rule": "a rule's words", "impact": "impact", **{label: label.replace("_", " ") for label in LABELS}}
"""What each kind of mark stands for."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words to look for; ``kind`` is what they speak for (``severity``, ``impact``, ``rule``...), ``note`` says how."""

    words: str
    kind: str
    note: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the text; ``kind`` and ``note`` are None where nothing was found."""

    text: str
    kind: str | None = None
    note: str | None = None


def phrases(verdict: Verdict) -> list[Phrase]:
    """What to mark in the opening mail of a ticket: rules first, then impact facts, then the weightiest words."""
    found = [
        Phrase(text, "rule", f"matched by rule {hit.rule}") for hit in verdict.rule_hits for text in hit.matched_text
    ]
    found += [
        Phrase(reading.words, "impact", f"{fact}: {reading.value}")
        for fact, reading in verdict.impact.items()
        if reading.words
    ]
    for label, words in verdict.evidence.items():
        weighty = sorted((w for w in words if w.weight > 0), key=lambda w: -w.weight)[:WEIGHTIEST]
        value = verdict.labels[label].model_value if label in verdict.labels else ""
        found += [Phrase(w.words, label, f"{label.replace('_', ' ')}: {value} ({w.weight:+.2f})") for w in weighty]
    return found[:MOST_PHRASES]


def marked(text: str, words: str) -> list[Segment]:
    """``text`` cut where any of ``words`` occurs."""
    return segments(text, [Phrase(word, "search", "") for word in words.split()[:MOST_PHRASES]])


def segments(text: str, wanted: Iterable[Phrase]) -> list[Segment]:
    """``text`` cut where phrases occur, in order; of overlapping phrases the earlier in ``wanted`` is kept.

    The joined segment texts are ``text``. Words match whole, in any case, with any spacing or punctuation between.
    """
    taken: list[tuple[int, int, Phrase]] = []
    for phrase in wanted:
        tokens = TOKEN.findall(phrase.words)
        if not tokens:
            continue
        pattern = re.compile(r"(?<!\w)" + r"\W+".join(map(re.escape, tokens)) + r"(?!\w)", re.IGNORECASE)
        for match in islice(pattern.finditer(text, 0, MARKED_TEXT), MOST_PLACES):
            start, end = match.span()
            if all(end <= s or start >= e for s, e, _ in taken):
                taken.append((start, end, phrase))
    cut: list[Segment] = []
    at = 0
    for start, end, phrase in sorted(taken, key=lambda t: t[0]):
        if start > at:
            cut.append(Segment(text[at:start]))
        cut.append(Segment(text[start:end], phrase.kind, phrase.note))
        at = end
    if at < len(text):
        cut.append(Segment(text[at:]))
    return cut
