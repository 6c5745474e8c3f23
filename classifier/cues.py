"""Named groups of phrases by which mails tell how bad a fault is, found in single sentences (``cues.toml``).

A cue is a feature, not a rule: what it is worth, affirmed and denied, is learned. A word that denies reaches a few
words ahead, as in NegEx (Chapman et al. 2001, J. Biomed. Inform. 34).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FILE = Path(__file__).with_name("cues.toml")
TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+(?:[.,:]\d+)*|%|!!")
NUMBER = "#"
NUMBERS = frozenset(
    {"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "fifteen", "twenty"}
    | {"thirty", "forty", "fifty", "sixty", "hundred"}
    | {"twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien", "elf", "twaalf", "vijftien", "twintig"}
    | {"dertig", "veertig", "vijftig", "zestig", "honderd"}
)
FOLDED = str.maketrans("\u2019\u2018\u02bc\u00eb\u00e9\u00e8\u00ef\u00f6\u00fc", "'''eeeiou")
LANGUAGES = ("en", "nl")
COMMON_WORDS = (
    frozenset(
        {"the", "and", "is", "to", "of", "we", "not", "it", "our", "you", "for", "that", "this", "with", "but", "are"}
        | {"have", "was", "my"}
    ),
    frozenset(
        {"de", "het", "een", "en", "niet", "wij", "ik", "van", "dat", "op", "te", "ook", "wel", "naar", "voor", "met"}
        | {"maar", "zijn", "onze", "ons", "uw", "er", "heeft"}
    ),
)
"""By these a text is taken for one of :data:`LANGUAGES`; a text of another language holds few phrases of either."""
DENIED = "denied"
REACH = 4
"""Words: a denial further away denies something else."""
LONGEST = 7
"""Words of a phrase."""
WEIGHT = 0.3
"""Of a cue beside the words and characters of its sentence, each of length 1 (measured on the training data)."""
SHORT, LONG = 6, 20
"""Words of a short and of a long sentence."""
SHAPES = ("asked", "subject", "first", "early", "last", "long", "short", "numbers")
"""What else is told of a sentence: its mark, its place in the mail, its length, and whether it holds a number."""

Trie = dict[Any, Any]


@dataclass(frozen=True, slots=True)
class Match:
    """A cue found in a sentence: its column, and which of the sentence's characters matched."""

    column: int
    start: int
    end: int


@cache
def names() -> tuple[str, ...]:
    """The cues, in the order of their columns."""
    return tuple(_table())


@cache
def columns() -> tuple[str, ...]:
    """What each column stands for: the cues affirmed, the cues denied, then :data:`SHAPES`."""
    return (*names(), *(f"not {name}" for name in names()), *SHAPES)


def matrix(mails: Sequence[Sequence[str]]) -> npt.NDArray[np.float32]:
    """One row a sentence of ``mails`` (each a list of its sentences), in order, and one column for :func:`columns`."""
    matched: list[tuple[int, int]] = []
    shapes: list[list[bool]] = []
    for sentences in mails:
        language = language_of(sentences)
        for place, sentence in enumerate(sentences):
            words = _words(TOKEN.findall(_folded(sentence)))
            matched += [(len(shapes), column) for column, _, _ in _matches(words, language)]
            shapes.append(_shape(sentence, words, place, len(sentences)))
    rows = np.zeros((len(shapes), len(columns())), np.float32)
    if matched:
        rows[tuple(zip(*matched, strict=True))] = 1.0
    if shapes:
        rows[:, -len(SHAPES) :] = shapes
    rows *= np.float32(WEIGHT)
    return rows


def find(sentence: str, language: str) -> tuple[Match, ...]:
    """The cues in a sentence of a mail in that language, in the order of their beginnings."""
    tokens = list(TOKEN.finditer(_folded(sentence)))
    matches = _matches(_words([token[0] for token in tokens]), language)
    return tuple(Match(column, tokens[start].start(), tokens[end - 1].end()) for column, start, end in matches)


def language_of(sentences: Sequence[str]) -> str:
    """Whose phrases to look for in a mail: of :data:`LANGUAGES` the one of which it has most common words."""
    words = [word for sentence in sentences for word in sentence.lower().split()]
    counts = [sum(map(common.__contains__, words)) for common in COMMON_WORDS]
    return LANGUAGES[int(np.argmax(counts))]


def _matches(words: Sequence[str], language: str) -> Iterator[tuple[int, int, int]]:
    """Each cue that is there: its column, and from which word to before which."""
    found = list(_phrases(words, _trie(language)))
    denial = names().index(DENIED)
    denied = {place for cue, start, end in found if cue == denial for place in range(start, end)}
    for cue, start, end in found:
        is_denied = cue != denial and not denied.isdisjoint(range(max(0, start - REACH), start))
        yield cue + is_denied * len(names()), start, end


def _phrases(words: Sequence[str], trie: Trie) -> Iterator[tuple[int, int, int]]:
    """Each phrase that is there: its cue, and from which word to before which."""
    for start, word in enumerate(words):
        node, end = trie.get(word), start + 1
        # Most words begin no phrase.
        while node is not None:
            for cue in node.get(None, ()):
                yield cue, start, end
            node = node.get(words[end]) if end < min(start + LONGEST, len(words)) else None
            end += 1


def _shape(sentence: str, words: Sequence[str], place: int, count: int) -> list[bool]:
    return [
        sentence.rstrip().endswith("?"),
        place == 0,
        place == 1,
        1 < place <= 3,
        place >= count - 2,
        len(words) > LONG,
        len(words) < SHORT,
        NUMBER in words,
    ]


def _words(tokens: Sequence[str]) -> list[str]:
    return [NUMBER if token in NUMBERS or token[0].isdigit() else token for token in tokens]


def _folded(text: str) -> str:
    """In lower case, with one kind of apostrophe and without the commonest accents; as long as ``text``."""
    lower = text.lower()
    # A few letters grow when lowered (the dotted capital I): places in the text must stay true.
    return (lower if len(lower) == len(text) else text).translate(FOLDED)


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@cache
def _trie(language: str) -> Trie:
    trie: Trie = {}
    for cue, phrases in enumerate(_table().values()):
        for phrase in phrases.get(language, ()):
            node = trie
            for word in _phrase_words(phrase):
                node = node.setdefault(word, {})
            node.setdefault(None, []).append(cue)
    return trie


def _phrase_words(phrase: str) -> list[str]:
    """The words of a phrase of the table as they are looked for; "#" stands for any number."""
    return [
        word
        for part in phrase.split()
        for word in ([NUMBER] if part == NUMBER else _words(TOKEN.findall(_folded(part))))
    ]
