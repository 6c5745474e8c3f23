"""Policy signals in a mail: phrases that are there, and not denied, past, planned, supposed or quoted."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import spacy
from spacy.matcher import Matcher, PhraseMatcher
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc, Span, Token

from classifier.sentences import QUOTED_LINE, readable
from classifier.standing import Place, standing
from classifier.standing_words import CLAUSE_MARKS, CLAUSE_WORDS
from policies.file import GAP
from policies.policy import Policy

# Every mark is a token of its own: "-snapshot" is found in "3.6.0-SNAPSHOT", and "don't" reads the same anywhere.
MARK = re.compile(r"[^\w\s]|_")
WORD = re.compile(r"[^\W_]+")
APOSTROPHES = ("\u2019", "\u2018", "\u02bc")
BLOCK = re.compile(r"\n[ \t]*\n\s*|\n(?=[ \t]*(?:[-*\u2022]|\d{1,2}[.)])[ \t])|\n(?=>)|(?<=\n)(?=>)")
"""No phrase and no clause goes over an empty line, into an item of a list or into a quoted line."""
SENTENCE_ENDS = frozenset(".!?")
MARKS = CLAUSE_MARKS | {'"', "'", "\u201d"}
SPACES = str.maketrans("\n\t", "  ")
WIDEST_GAP = 6
ANY_WORDS = {"LOWER": {"NOT_IN": sorted(CLAUSE_MARKS | CLAUSE_WORDS)}, "OP": f"{{0,{WIDEST_GAP}}}"}
"""A gap in a phrase: a few words of the same clause, or none."""


class SignalFinder:
    """Finds one policy's signals. Threads may share it."""

    def __init__(self, policy: Policy) -> None:
        self._unless = {name: frozenset(signal.unless) for name, signal in policy.signals.items()}
        self._nlp = spacy.blank("xx")
        self._nlp.tokenizer = Tokenizer(
            self._nlp.vocab,
            prefix_search=MARK.match,
            suffix_search=re.compile(rf"(?:{MARK.pattern})$").search,
            infix_finditer=MARK.finditer,
        )
        self._plain = PhraseMatcher(self._nlp.vocab, attr="LOWER")
        self._gapped = Matcher(self._nlp.vocab)
        self._with_gaps: dict[str, tuple[str, frozenset[int]]] = {}
        """Of each phrase with gaps its signal, and which items of its pattern are gaps."""
        self._by_longest_word: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
        """The words of each phrase, by the longest of them."""
        for name, signal in policy.signals.items():
            for phrase in (_plain(phrase) for language in signal.phrases.values() for phrase in language):
                self._add(name, phrase)
                words = WORD.findall(phrase.lower())
                self._by_longest_word[max(words, key=len)].append(frozenset(words))

    def _add(self, name: str, phrase: str) -> None:
        if GAP not in phrase:
            self._plain.add(name, [self._nlp.make_doc(phrase)])
            return
        pattern: list[dict[str, Any]] = []
        gaps = []
        for number, part in enumerate(phrase.split(GAP)):
            if number:
                gaps.append(len(pattern))
                pattern.append(ANY_WORDS)
            pattern += [{"LOWER": token.lower_} for token in self._nlp.make_doc(part.strip())]
        key = f"{name} {len(self._with_gaps)}"
        self._gapped.add(key, [pattern])
        self._with_gaps[key] = name, frozenset(gaps)

    def _could_match(self, words: frozenset[str]) -> bool:
        """Whether all the words of some phrase are among ``words``: far cheaper to see than where they stand."""
        told = words & self._by_longest_word.keys()
        return any(phrase <= words for word in told for phrase in self._by_longest_word[word])

    def find(self, subject: str, text: str) -> dict[str, tuple[str, ...]]:
        """The signals affirmed in the mail, each with the words that were matched, in the order of the mail."""
        mail = _plain(f"{readable(subject)}\n\n{readable(text)}")
        hits: dict[str, dict[str, None]] = {}
        for block in BLOCK.split(mail):
            if block and self._could_match(frozenset(WORD.findall(block.lower()))):
                for name, words in self._affirmed(block):
                    hits.setdefault(name, {})[words] = None
        return {name: tuple(texts) for name, texts in hits.items()}

    def _affirmed(self, block: str) -> Iterator[tuple[str, str]]:
        """The signals affirmed in a block, with their words; its lines are read as one."""
        cited = QUOTED_LINE.match(block) is not None
        doc = self._nlp.make_doc(block.translate(SPACES))
        for name, span, gaps in sorted(self._matches(doc), key=lambda match: (match[1].start, match[1].end)):
            if not self._unless[name] & set(standing(_place(doc, span, gaps, cited))):
                yield name, block[span.start_char : span.end_char]

    def _matches(self, doc: Doc) -> Iterator[tuple[str, Span, frozenset[int]]]:
        """Each phrase that is there: its signal, where it is, and which tokens fill its gaps."""
        for span in self._plain(doc, as_spans=True):
            yield span.label_, span, frozenset()
        matches: Any = self._gapped(doc, with_alignments=True) if self._with_gaps else ()
        for key, start, end, items in matches:
            name, gaps = self._with_gaps[doc.vocab.strings[key]]
            yield name, doc[start:end], frozenset(start + n for n, item in enumerate(items) if item in gaps)


def _plain(text: str) -> str:
    """``text`` with one kind of apostrophe, and no other length."""
    for apostrophe in APOSTROPHES:
        text = text.replace(apostrophe, "'")
    return text


def _place(doc: Doc, span: Span, gaps: frozenset[int], cited: bool) -> Place:
    start, end = span.start, span.end
    while start > 0 and not _breaks(doc[start - 1]):
        start -= 1
    while end < len(doc) and not _breaks(doc[end]):
        end += 1
    sentence = start
    while sentence > 0 and not _ends_sentence(doc[sentence - 1]):
        sentence -= 1
    last = end
    while last < len(doc) and not _ends_sentence(doc[last]):
        last += 1
    return Place(
        before=_words(doc[start : span.start]),
        phrase=[token.lower_ for token in span if token.i not in gaps],
        gaps=[token.lower_ for token in span if token.i in gaps],
        after=_words(doc[span.end : end]),
        leading=doc[sentence : span.start].text.lower(),
        asked=last < len(doc) and doc[last].text == "?",
        cited=cited,
    )


def _words(tokens: Span) -> list[str]:
    return [token.lower_ for token in tokens if not token.is_space]


def _breaks(token: Token) -> bool:
    """Whether a clause ends at this token; a mark inside a word or number (5.1, www.) ends none."""
    return token.lower_ in CLAUSE_WORDS or (token.text in CLAUSE_MARKS and _at_end(token))


def _ends_sentence(token: Token) -> bool:
    return token.text in SENTENCE_ENDS and _at_end(token)


def _at_end(token: Token) -> bool:
    return (
        bool(token.whitespace_) or token.i + 1 == len(token.doc) or token.nbor().is_space or token.nbor().text in MARKS
    )


_FINDERS: dict[tuple[str, str], SignalFinder] = {}


def finder(policy: Policy) -> SignalFinder:
    """The finder of a policy, made once for each content of its file."""
    key = (policy.name, policy.digest)
    if key not in _FINDERS:
        _FINDERS[key] = SignalFinder(policy)
    return _FINDERS[key]
