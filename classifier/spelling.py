"""Slips of the keyboard mended: a long unknown word becomes the known word that is one slip away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from classifier.encoder.tokenizer import VOCABULARY

LEAST_LETTERS = 6
"""Shorter words have too many neighbours."""
LEAST_FOR_ANOTHER = 9
"""Of shorter words, those with another letter in one place are too often words themselves (redial, radial)."""
MOST_LETTERS = 18
LONG_WORD = re.compile(rf"(?<![^\W\d_])[^\W\d_]{{{LEAST_LETTERS},{MOST_LETTERS}}}(?![^\W\d_])")
MOST_WORDS = 200
"""Long words of one text: what a hostile mail makes up is not all looked for."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"
REMEMBERED = 50_000


@cache
def dictionary() -> frozenset[str]:
    """The whole words of the sentence encoder's vocabulary: 30,000 of the commonest of English."""
    words = VOCABULARY.read_text(encoding="utf-8").split("\n")
    return frozenset(word for word in words if LONG_WORD.fullmatch(word))


class Spelling:
    """Mends words by a dictionary and the words that a model knows, which win. Threads may share it."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = frozenset(word for word in known if LONG_WORD.fullmatch(word))
        self._mended: dict[str, str] = {}

    def mended(self, text: str) -> str:
        """``text`` with long unknown words that are one slip away from a known one written as that, in lower case."""
        return self.mended_and_counted(text)[0]

    def mended_and_counted(self, text: str) -> tuple[str, int]:
        """As :meth:`mended`, and at how many long words it looked."""
        return LONG_WORD.subn(self._instead, text, count=MOST_WORDS)

    def _instead(self, found: re.Match[str]) -> str:
        word = found[0].lower()
        if word in self._known or word in dictionary():
            return found[0]
        mended = self._mended.get(word)
        if mended is None:
            mended = self._mend(word)
            if len(self._mended) < REMEMBERED:
                self._mended[word] = mended
        return mended or found[0]

    def _mend(self, word: str) -> str:
        possible = [candidate for candidate in _slips(word) if candidate in self._known or candidate in dictionary()]
        return next((candidate for candidate in possible if candidate in self._known), possible[0] if possible else "")


def _slips(word: str) -> Iterator[str]:
    """What was meant if two letters were swapped, one was doubled, left out or (of a long word) another."""
    for at in range(1, len(word) - 1):
        head, one, other = word[:at], word[at], word[at + 1]
        if one == other:
            yield head + word[at + 1 :]
        else:
            yield head + other + one + word[at + 2 :]
    for at in range(1, len(word)):
        yield from (word[:at] + letter + word[at:] for letter in LETTERS)
    if len(word) >= LEAST_FOR_ANOTHER:
        for at in range(1, len(word) - 1):
            yield from (word[:at] + letter + word[at + 1 :] for letter in LETTERS)
