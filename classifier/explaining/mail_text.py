"""A mail's text cut into the words and sentences that the heads read, by their places in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from classifier.sentences import QUOTED_LINE, readable, sentences

CHUNK = re.compile(r"\S+")
MARKS = re.compile(r"^\W+|\W+$")
BETWEEN = "\n\n"

Span = tuple[int, int]


@dataclass(frozen=True, eq=False)
class MailText:
    """Subject and text of one mail; spans are characters of :attr:`text`, from and to.

    A word is what stands between blanks: each feature of the text belongs to one such word, or to two neighbours. Words
    of greetings, quoted lines and the like, which the heads do not read, are not among them.
    """

    subject: str
    body: str

    @cached_property
    def text(self) -> str:
        """The subject, an empty line, and the text, as far as a mail is read."""
        return f"{self._subject}{BETWEEN}{self._body}"

    @cached_property
    def said(self) -> tuple[str, ...]:
        """The sentences that are read, see :func:`classifier.sentences.sentences`."""
        return tuple(sentences(self.subject, self.body))

    @cached_property
    def sentences(self) -> tuple[Span, ...]:
        """Where the sentences stand."""
        return tuple(self._shown(start, end) for start, end in self._places)

    @cached_property
    def words_of(self) -> tuple[range, ...]:
        """For each sentence which of :attr:`words` are its own."""
        found, count = [], 0
        for sentence in self.said:
            size = len(CHUNK.findall(sentence))
            found.append(range(count, count + size))
            count += size
        return tuple(found)

    @cached_property
    def chunks(self) -> tuple[str, ...]:
        """The words with the marks around them."""
        return tuple(chain.from_iterable(CHUNK.findall(sentence) for sentence in self.said))

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """Where :attr:`chunks` stand."""
        return tuple(
            self._shown(start + match.start(), start + match.end())
            for sentence, (start, _) in zip(self.said, self._places, strict=True)
            for match in CHUNK.finditer(sentence)
        )

    @cached_property
    def words(self) -> tuple[Span, ...]:
        """Where the words stand without the marks around them; what consists of marks alone stays whole."""
        return tuple(_bare(chunk, start) for chunk, (start, _) in zip(self.chunks, self.spans, strict=True))

    def word(self, number: int) -> str:
        """The word of that place in :attr:`words`."""
        start, end = self.words[number]
        return self.text[start:end]

    def word_at(self, sentence: int, place: int) -> int:
        """The word at that character of a sentence, or the one before it."""
        starts = [match.start() for match in CHUNK.finditer(self.said[sentence])]
        return self.words_of[sentence].start + max(0, bisect_right(starts, place) - 1)

    def without(self, words: Collection[int]) -> MailText:
        """The mail with those words, and the marks around them, left out."""
        gone = {place for number in words for place in range(*self.spans[number])}
        left = "".join(character if place not in gone else "" for place, character in enumerate(self.text))
        head = len(self._subject) - sum(place < len(self._subject) for place in gone)
        return MailText(left[:head], left[head + len(BETWEEN) :])

    @cached_property
    def _subject(self) -> str:
        return readable(self.subject)

    @cached_property
    def _body(self) -> str:
        return readable(self.body)

    @cached_property
    def _kept(self) -> list[int]:
        """The places in :attr:`text` of the characters that stand in no quoted line."""
        quoted = {place for match in QUOTED_LINE.finditer(self._body) for place in range(*match.span())}
        head = len(self._subject) + len(BETWEEN)
        return [*range(head), *(head + place for place in range(len(self._body)) if place not in quoted)]

    @cached_property
    def _places(self) -> list[Span]:
        """Where the sentences stand in the text without quoted lines."""
        unquoted = "".join(self.text[place] for place in self._kept)
        places, at = [], 0
        for sentence in self.said:
            start = max(at, unquoted.find(sentence, at))
            at = start + len(sentence)
            places.append((start, at))
            # What is below the subject does not begin in it.
            at = max(at, len(self._subject))
        return places

    def _shown(self, start: int, end: int) -> Span:
        return (self._kept[start], self._kept[end - 1] + 1) if start < end <= len(self._kept) else (0, 0)


def _bare(chunk: str, start: int) -> Span:
    bare = MARKS.sub("", chunk)
    at = start + (chunk.index(bare) if bare else 0)
    return at, at + len(bare or chunk)
