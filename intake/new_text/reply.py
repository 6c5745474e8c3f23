"""What is new in a mail's text: quotation, forwarded mail, signature and disclaimer told apart from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, groupby

from intake.new_text import disclaimer, quotation, signature
from intake.new_text.answers import announced, answered_below, greets_only, hands_on
from intake.new_text.attribution import attribution_end, is_told
from intake.new_text.forwarded import Forwarded, from_attribution, from_header_block
from intake.new_text.header_block import SEPARATOR, forward_head, header_block
from intake.new_text.introductions import candidates
from intake.new_text.quotation_words import FORWARD_PREFIX, REPLY_PREFIX
from intake.span import Span, SpanKind

_Stretch = tuple[SpanKind | None, int, int]
"""Lines of one kind: from, and up to."""
PYTHON_PROMPT = ">>> "
MAX_LINES = 20_000
"""What lies deeper is not searched for quotations; it counts as new."""
MOST_UNMARKED = 20
"""In so many unmarked quotations of one mail answers are looked for; each look reads all lines."""
LEAST_QUOTED_LINES = 2
LEAST_QUOTED_WORDS = 6
"""Where nothing is answered, fewer lines after ``>``, or only short ones, are rather commands after a prompt."""


@dataclass(frozen=True, slots=True)
class Split:
    """The parts of a text. ``forwarded`` is what a forward claims; ``spans`` are of the text, in order and apart.

    ``new_text`` is what no span covers, and after it what a forwarded block holds below its header: it is the request.
    """

    new_text: str
    quoted: str
    signature: str
    forwarded: Forwarded | None
    spans: tuple[Span, ...]


def split(text: str, subject: str = "", *, is_reply: bool = False, sender: str = "") -> Split:
    """``text`` in its parts; when unsure, a line is new.

    ``is_reply``: the mail has In-Reply-To or References, which makes unattributed ``>`` lines a quotation. A mail
    whose ``subject`` bears no Re: and that is no reply answers nothing: what it quotes must look like a mail.
    ``sender``: the names and addresses of the From field; without, a name below "Regards," is no signature yet.
    """
    return _Scan(text, subject, is_reply, sender).run()


class _Scan:
    """One pass over the lines; ``kinds`` has what each is, None for new."""

    def __init__(self, text: str, subject: str, is_reply: bool, sender: str) -> None:
        self.raw = text.split("\n")
        self.lines = [line.replace("\ufeff", "") for line in self.raw] if "\ufeff" in text else self.raw
        self.subject = subject
        self.sender = sender
        self.forward = bool(FORWARD_PREFIX.match(subject)) and not REPLY_PREFIX.match(subject)
        self.reply = is_reply or bool(REPLY_PREFIX.match(subject))
        self.fresh = bool(subject.strip()) and not self.reply
        self.kinds: list[SpanKind | None] = [None] * len(self.lines)
        self.passed_on: list[str] = []
        self.heads: set[int] = set()
        self.forwarded: Forwarded | None = None
        self.attributed = False
        self._looked = 0
        self._new = False
        self._unmarked = 0

    def run(self) -> Split:
        position = 0
        searched = self.lines[:MAX_LINES]
        for at in candidates("\n".join(searched), searched):
            if at >= position:
                position = self._step(at)
        self._end_runs()
        if not self.attributed and self._quotation_alone():
            # Nothing but lines after ">" and no word of whose they are: then they are what was sent.
            self.kinds = [None] * len(self.lines)
        return self._split()

    def _quotation_alone(self) -> bool:
        return "quotation" in self.kinds and all(
            kind == "quotation" or not line.strip() for line, kind in zip(self.lines, self.kinds, strict=True)
        )

    def _step(self, at: int) -> int:
        """The line at which to go on, what begins at ``at`` being marked."""
        line = self.lines[at]
        head = forward_head(self.lines, at)
        if head is not None:
            return self._pass_on(at, head.end, from_header_block(head))
        block = header_block(self.lines, at)
        if block is not None:
            new_above = self._anything_new(at)
            if self.forward or not (new_above or self.reply):
                return self._pass_on(at, block.end, from_header_block(block))
            if self._shown(at):
                return at + 1
            if self.fresh and (self._filled_in(block.end) or (self._may_look() and hands_on(self._above(at)))):
                return self._pass_on(at, block.end, from_header_block(block))
            return self._quote(at, block.end, block.values.get("from", ""))
        end = attribution_end(self.lines, at)
        if end is not None:
            return self._attribution(at, end)
        if quotation.is_original_marker(line):
            return self._quote(at, at + 1)
        if quotation.depth(line):
            end = quotation.quote_end(self.lines, at, "")
            if not self._is_quotation(at, end):
                return end
            self.attributed |= attribution_end(self.lines, at, quoted=True) is not None
            return self._mark("quotation", at, end)
        return at + 1

    def _mark(self, kind: SpanKind, at: int, end: int) -> int:
        self.kinds[at:end] = [kind] * (end - at)
        return end

    def _anything_new(self, before: int) -> bool:
        """Whether a line above is new and says something; each line is looked at once."""
        while not self._new and self._looked < before:
            self._new = self._says_something(self._looked)
            self._looked += 1
        return self._new

    def _says_something(self, at: int) -> bool:
        line = self.lines[at]
        return self.kinds[at] is None and bool(line.strip()) and not signature.is_delimiter(line)

    def _attribution(self, at: int, end: int) -> int:
        if self.forward:
            return self._pass_on(at, end, from_attribution(self.lines[at:end], self.subject))
        after = quotation.next_text(self.lines, end)
        prefix = quotation.prefix(self.lines[after]) if after < len(self.lines) else ""
        if not prefix and is_told(self.lines, at, end, surely=self.fresh):
            return at + 1
        self.attributed = True
        if prefix:
            return self._mark("quotation", at, quotation.quote_end(self.lines, after, prefix))
        return self._quote(at, end, " ".join(self.lines[at:end]))

    def _quote(self, at: int, end: int, whose: str = "") -> int:
        """Takes all that follows as quotation, as far as that is sure; else the head only.

        Where nothing stands above, the rest is the mail; where answers stand below, they are not to be lost.
        """
        self.attributed = True
        if not self._anything_new(at):
            return self._mark("quotation", at, end)
        after = quotation.next_text(self.lines, end)
        if after < len(self.lines) and quotation.depth(self.lines[after]):
            until = quotation.quote_end(self.lines, after, "")
            if until == len(self.lines) or not self.lines[until].strip():
                return self._mark("quotation", at, until)
        if self._may_look():
            above = self._above(at)
            if greets_only(above) or announced(above) or answered_below(self.lines, end, self.sender, whose):
                return self._mark("quotation", at, end)
        return self._mark("quotation", at, len(self.lines))

    def _may_look(self) -> bool:
        """Whether the other lines may be read once more for the sake of an unmarked quotation."""
        self._unmarked += 1
        return self._unmarked <= MOST_UNMARKED

    def _above(self, at: int) -> list[str]:
        return [line for line, kind in zip(self.lines[:at], self.kinds[:at], strict=True) if kind is None]

    def _shown(self, at: int) -> bool:
        """Whether the header is pasted into a sentence ("This one never arrived:") and not put there by a program."""
        above = at - 1
        while above >= 0 and not self.lines[above].strip():
            above -= 1
        drawn = SEPARATOR.match(self.lines[at]) or quotation.is_original_marker(self.lines[at])
        return above >= 0 and not drawn and self.kinds[above] is None and self.lines[above].rstrip().endswith(":")

    def _filled_in(self, end: int) -> bool:
        """Whether the header goes on as a form does, where a program would put a blank line below it."""
        return end < len(self.lines) and bool(self.lines[end].strip())

    def _pass_on(self, at: int, end: int, forwarded: Forwarded | None) -> int:
        """Marks a forwarded mail: the lines after ``>`` where its header has them, else all that follows."""
        until = len(self.lines)
        if any(quotation.depth(line) for line in self.lines[at:end]):
            until = max(end, quotation.quote_end(self.lines, end - 1, ""))
        self.forwarded = self.forwarded or forwarded
        self.heads.update(range(at, end))
        self.passed_on += quotation.unquoted(self.lines[end:until])
        return self._mark("forwarded", at, until)

    @cached_property
    def _only_prompts(self) -> bool:
        return not any(quotation.depth(line) in (1, 2) for line in self.lines)

    def _is_quotation(self, at: int, end: int) -> bool:
        if self.lines[at].startswith(PYTHON_PROMPT) and self._only_prompts:
            return False
        if self.reply or self.attributed:
            return True
        quoted = self.lines[at:end]
        return len(quoted) >= LEAST_QUOTED_LINES and any(len(line.split()) > LEAST_QUOTED_WORDS for line in quoted)

    def _end_runs(self) -> None:
        """Marks notices and signatures where new text ends: above the first quotation, and at the very end."""
        runs = self._runs()
        for number, (begin, end) in enumerate(runs):
            following = self.kinds[end] if end < len(self.kinds) else None
            if number in (0, len(runs) - 1):
                end = self._end_run(begin, end, above=number > 0)
            self._mark_drawn(begin, end, following or "signature")

    def _runs(self) -> list[tuple[int, int]]:
        """The stretches of new lines that say something, as half-open ranges."""
        return [
            (begin, end)
            for kind, begin, end in self._stretches()
            if kind is None and any(line.strip() for line in self.lines[begin:end])
        ]

    def _stretches(self) -> Iterator[_Stretch]:
        """The lines by kind, as half-open ranges."""
        at = 0
        for kind, group in groupby(self.kinds):
            end = at + len(list(group))
            yield kind, at, end
            at = end

    def _end_run(self, begin: int, end: int, *, above: bool) -> int:
        """Where the new lines of a run end, what stands below being marked; ``above``: something new stands above."""
        lines = self.lines[begin:end]
        cut = disclaimer.start(lines)
        if cut < len(lines) and (above or any(line.strip() for line in lines[:cut])):
            self._mark("disclaimer", begin + cut, end)
            end, lines = begin + cut, lines[:cut]
        cut = signature.start(lines, self.sender, above=above)
        if cut < len(lines):
            self._mark("signature", begin + cut, end)
        return begin + cut

    def _mark_drawn(self, begin: int, end: int, kind: SpanKind) -> None:
        """Gives the lines of dashes at the end of a run to what follows them."""
        at = end
        while at > begin and not self._says_something(at - 1):
            at -= 1
        first = quotation.next_text(self.lines[:end], at)
        if first < end and any(self._says_something(line) for line in range(begin, at)):
            self._mark(kind, first, end)

    def _split(self) -> Split:
        stretches = list(self._stretches())
        lines: dict[SpanKind | None, list[str]] = {None: [], "quotation": [], "signature": []}
        for kind, begin, end in stretches:
            if kind == "forwarded":
                lines["quotation"] += [self.lines[at] for at in range(begin, end) if at in self.heads]
            elif kind in lines:
                lines[kind] += self.lines[begin:end]
        new, body = _trimmed(lines[None]), _trimmed(self.passed_on)
        return Split(
            new_text="\n".join([*new, "", *body] if new and body else new or body).strip("\n"),
            quoted="\n".join(_trimmed(lines["quotation"])),
            signature="\n".join(_trimmed(lines["signature"])),
            forwarded=self.forwarded,
            spans=self._spans(stretches),
        )

    def _spans(self, stretches: list[_Stretch]) -> tuple[Span, ...]:
        """The marked lines, those of one kind with only blank lines between them together."""
        found: list[tuple[SpanKind, int, int]] = []
        new_between = False
        for kind, begin, end in stretches:
            first, last = self._written(begin, end)
            if first == last:
                continue
            if kind is None:
                new_between = True
            elif found and found[-1][0] == kind and not new_between:
                found[-1] = (kind, found[-1][1], last)
            else:
                found.append((kind, first, last))
                new_between = False
        if not found:
            return ()
        starts = list(accumulate([len(line) + 1 for line in self.raw], initial=0))
        return tuple(Span(kind, starts[first], starts[last] - 1) for kind, first, last in found)

    def _written(self, begin: int, end: int) -> tuple[int, int]:
        """The lines of a range without the blank ones at its ends; an empty range when all are blank."""
        while end > begin and not self.raw[end - 1].strip():
            end -= 1
        while begin < end and not self.raw[begin].strip():
            begin += 1
        return begin, end


def _trimmed(lines: list[str]) -> list[str]:
    """Without blank lines at the top, and without blank and drawn lines at the end."""
    start, end = 0, len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while end > start and (not lines[end - 1].strip() or signature.is_delimiter(lines[end - 1])):
        end -= 1
    return lines[start:end]
