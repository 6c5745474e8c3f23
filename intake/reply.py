"""What is new in a mail's text: quotation, signature and the head of a forwarded mail told apart from it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from intake import quotation
from intake.forwarded import Forwarded, from_attribution, from_header_block
from intake.quotation_words import FORWARD_PREFIX, REPLY_PREFIX, SENT_FROM

SIGNATURE_DELIMITER = re.compile(r"^(?:--|—|__) ?$")
"""RFC 3676, 4.3 has ``-- ``; gateways and people lose the space."""
MAX_SIGNATURE_LINES = 25
"""More lines than that below the delimiter are hardly a signature."""
DELIMITER_CHARACTERS = "-_*#=~+—–"
DELIMITERS = frozenset({"--", "—", "ᐧ"})
"""Shorter delimiter lines; the last is what a tracking extension of Gmail leaves behind."""
PYTHON_PROMPT = re.compile(r"^>>> ")
MAX_LINES = 20_000
"""What lies deeper is not searched for quotations; it counts as new."""
LEAST_QUOTED_LINES = 2
"""A single line after ``>`` in a mail that answers nothing is rather a prompt, or means "more than"."""


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of a text. Every line of it is in one of the three; ``forwarded`` is what a forward claims."""

    new_text: str
    quoted: str
    signature: str
    forwarded: Forwarded | None


def split(text: str, subject: str = "", *, is_reply: bool = False) -> Split:
    """``text`` in its parts; when unsure, a line is new. A forward keeps the forwarded text: it is the request.

    ``is_reply``: the mail has In-Reply-To or References, which makes unattributed ``>`` lines a quotation.
    """
    return _Scan(text, subject, is_reply).run()


class _Scan:
    """One pass over the lines, each given to ``new``, ``quoted`` or (of a forward) ``passed_on``."""

    def __init__(self, text: str, subject: str, is_reply: bool) -> None:
        self.lines = text.replace("\ufeff", "").split("\n")
        self.subject = subject
        self.forward = bool(FORWARD_PREFIX.match(subject)) and not REPLY_PREFIX.match(subject)
        self.reply = is_reply or bool(REPLY_PREFIX.match(subject))
        self.new: list[str] = []
        self.quoted: list[str] = []
        self.passed_on: list[str] = []
        self.forwarded: Forwarded | None = None
        self.attributed = False
        self.prompts = not any(quotation.depth(line) in (1, 2) for line in self.lines)

    def run(self) -> Split:
        position = 0
        while position < min(len(self.lines), MAX_LINES):
            position = self._step(position)
        self.new += self.lines[position:]
        new, signature = _signature(_trimmed(self.new))
        if not new and not self.passed_on and not self.attributed and not signature:
            # Nothing but lines after ">" and no word of whose they are: then they are what was sent.
            new, self.quoted = self.quoted, []
        body = _trimmed(self.passed_on)
        text = "\n".join([*new, "", *body] if new and body else new or body)
        return Split(text.strip("\n"), "\n".join(_trimmed(self.quoted)), "\n".join(signature), self.forwarded)

    @property
    def _anything_new(self) -> bool:
        return any(line.strip() and not _is_delimiter(line) for line in self.new)

    def _step(self, at: int) -> int:
        line = self.lines[at]
        if len(line) > quotation.MAX_LINE or not quotation.TELLTALE.search(line):
            self.new.append(line)
            return at + 1
        head = quotation.forward_head(self.lines, at)
        if head is not None:
            return self._pass_on(at, head.end, from_header_block(head))
        block = quotation.header_block(self.lines, at)
        if block is not None:
            if self.forward or not (self._anything_new or self.reply):
                return self._pass_on(at, block.end, from_header_block(block))
            return self._quote(at, block.end)
        end = quotation.attribution_end(self.lines, at)
        if end is not None:
            return self._attribution(at, end)
        if quotation.is_original_marker(line):
            return self._quote(at, at + 1)
        if quotation.depth(line) and self._is_quotation(at):
            end = quotation.quote_end(self.lines, at, "")
            self.attributed |= quotation.attribution_end(self.lines, at, quoted=True) is not None
            self.quoted += self.lines[at:end]
            return end
        self.new.append(line)
        return at + 1

    def _attribution(self, at: int, end: int) -> int:
        if self.forward:
            return self._pass_on(at, end, from_attribution(self.lines[at:end], self.subject))
        self.attributed = True
        after = quotation.next_text(self.lines, end)
        prefix = quotation.prefix(self.lines[after]) if after < len(self.lines) else ""
        if prefix:
            self.quoted += self.lines[at:after]
            until = quotation.quote_end(self.lines, after, prefix)
            self.quoted += self.lines[after:until]
            return until
        return self._quote(at, end)

    def _quote(self, at: int, end: int) -> int:
        """Takes all that follows as quotation; only the head where nothing stands before it: the rest is the mail."""
        self.attributed = True
        if not self._anything_new:
            self.quoted += self.lines[at:end]
            return end
        self.quoted += self.lines[at:]
        return len(self.lines)

    def _pass_on(self, at: int, end: int, forwarded: Forwarded | None) -> int:
        self.quoted += self.lines[at:end]
        self.forwarded = forwarded
        self.passed_on = quotation.unquoted(self.lines[end:])
        return len(self.lines)

    def _is_quotation(self, at: int) -> bool:
        if self.prompts and PYTHON_PROMPT.match(self.lines[at]):
            return False
        if self.reply or self.attributed:
            return True
        return quotation.quote_end(self.lines, at, "") - at >= LEAST_QUOTED_LINES


def _is_delimiter(line: str) -> bool:
    line = line.strip()
    return line in DELIMITERS or (len(line) > 2 and not line.strip(DELIMITER_CHARACTERS))


def _trimmed(lines: list[str]) -> list[str]:
    """Without blank lines at the top, and without blank and delimiter lines at the end."""
    start, end = 0, len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while end > start and (not lines[end - 1].strip() or _is_delimiter(lines[end - 1])):
        end -= 1
    return lines[start:end]


def _signature(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines without their signature, and the signature: below the delimiter, or what telephones add."""
    cut = len(lines)
    for number in range(len(lines) - 1, max(0, len(lines) - MAX_SIGNATURE_LINES - 2) - 1, -1):
        if SIGNATURE_DELIMITER.match(lines[number]) and any(line.strip() for line in lines[:number]):
            cut = number
    rest = _trimmed(lines[:cut])
    end = len(rest)
    while end and (not rest[end - 1].strip() or SENT_FROM.match(rest[end - 1].strip())):
        end -= 1
    return _trimmed(rest[:end]), _trimmed(rest[end:] + lines[cut:])
