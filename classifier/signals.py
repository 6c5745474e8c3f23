"""Policy signals in a mail: phrases that are there, and not denied, past, planned or quoted."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import spacy
from spacy.matcher import PhraseMatcher
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc, Span, Token

from classifier.sentences import QUOTED_LINE, readable
from policies.policy import Policy

# Every mark is a token of its own: "-snapshot" is found in "3.6.0-SNAPSHOT", and "don't" reads the same anywhere.
MARK = re.compile(r"[^\w\s]|_")
WORD = re.compile(r"[^\W_]+")
APOSTROPHES = ("\u2019", "\u2018", "\u02bc")
EMPTY_LINE = re.compile(r"\n\s*\n")

NEGATIONS = frozenset(
    {"not", "no", "never", "without", "cannot", "none", "nor", "neither"}
    | {"niet", "geen", "nooit", "zonder", "noch", "evenmin"}
)
NEGATION_REACH = 6
CLAUSE_MARKS = frozenset(".!?;:,()")
CLAUSE_WORDS = frozenset({"but", "however", "although", "though", "whereas", "maar", "echter", "terwijl", "hoewel"})
_SPELL = (
    r"(?:week|weekend|month|quarter|year|night|time|spring|summer|autumn|fall|winter|\w+day"
    r"|(?:janu|febru)ary|march|april|may|june|july|august|(?:sept|nov|dec)ember|october)"
)
_TIJD = r"(?:week|weekend|maand|kwartaal|jaar|keer|nacht|zomer|winter|voorjaar|najaar|\w+dag)"
PAST = re.compile(
    rf"\b(?<!since )(?:last {_SPELL}|yesterday|\w+ ago|used to|previously|formerly|back then|in the past)\b"
    rf"|\b(?<!sinds )(?:vorige? {_TIJD}|gisteren|geleden|destijds|voorheen|vroeger)\b"
)
PLANNED = re.compile(
    rf"\b(?:next {_SPELL}|tomorrow|plan(?:s|ned|ning)? (?:to|for)|are planning|in (?:the )?future|would"
    rf"|later this year|if|in case|unless)\b"
    rf"|\b(?:(?:volgende?|komende) {_TIJD}|van plan|gepland|in de toekomst|binnenkort|later dit jaar|indien"
    rf"|stel dat|zou(?:den)?)\b"
)


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
        self._matcher = PhraseMatcher(self._nlp.vocab, attr="LOWER")
        self._by_longest_word: defaultdict[str, list[frozenset[str]]] = defaultdict(list)
        """The words of each phrase, by the longest of them."""
        for name, signal in policy.signals.items():
            phrases = [_plain(phrase) for language in signal.phrases.values() for phrase in language]
            self._matcher.add(name, [self._nlp.make_doc(phrase) for phrase in phrases])
            for words in map(WORD.findall, map(str.lower, phrases)):
                self._by_longest_word[max(words, key=len)].append(frozenset(words))

    def _could_match(self, words: frozenset[str]) -> bool:
        """Whether all the words of some phrase are among ``words``: far cheaper to see than where they stand."""
        told = words & self._by_longest_word.keys()
        return any(phrase <= words for word in told for phrase in self._by_longest_word[word])

    def find(self, subject: str, text: str) -> dict[str, tuple[str, ...]]:
        """The signals affirmed in the mail, each with the words that were matched, in the order of the mail."""
        mail = _plain(f"{readable(subject)}\n\n{readable(text)}")
        hits: dict[str, dict[str, None]] = {}
        # No phrase and no clause goes over an empty line, so each paragraph is looked at by itself, if it needs to be.
        for paragraph in EMPTY_LINE.split(mail):
            if not self._could_match(frozenset(WORD.findall(paragraph.lower()))):
                continue
            doc = self._nlp.make_doc(paragraph)
            quoted = [found.span() for found in QUOTED_LINE.finditer(paragraph)]
            for span in sorted(self._matcher(doc, as_spans=True), key=lambda span: span.start):
                if not self._unless[span.label_] & set(_standing(doc, span, quoted)):
                    hits.setdefault(span.label_, {})[span.text] = None
        return {name: tuple(texts) for name, texts in hits.items()}


def _plain(text: str) -> str:
    """``text`` with one kind of apostrophe, and no other length."""
    for apostrophe in APOSTROPHES:
        text = text.replace(apostrophe, "'")
    return text


def _standing(doc: Doc, span: Span, quoted: list[tuple[int, int]]) -> Iterator[str]:
    """In which of the ways of :class:`policies.policy.Signal` a phrase stands in its clause."""
    if any(start <= span.start_char < end for start, end in quoted):
        yield "quoted"
    start, end = span.start, span.end
    while start > 0 and not _breaks(doc[start - 1]):
        start -= 1
    while end < len(doc) and not _breaks(doc[end]):
        end += 1
    before = [token.lower_ for token in doc[start : span.start]][-NEGATION_REACH:]
    if NEGATIONS & set(before) or any(a == "'" and b == "t" for a, b in pairwise(before)):
        yield "negated"
    # The phrase itself is left out: a signal may be about the past or the future in its own words.
    around = f"{doc[start : span.start].text.lower()} | {doc[span.end : end].text.lower()}"
    if PAST.search(around):
        yield "past"
    if PLANNED.search(around):
        yield "planned"


def _breaks(token: Token) -> bool:
    """Whether a clause ends at this token; a mark inside a word or number (5.1, www.) ends none."""
    if token.lower_ in CLAUSE_WORDS:
        return True
    if token.is_space:
        return EMPTY_LINE.search(token.text) is not None
    at_end = bool(token.whitespace_) or token.i + 1 == len(token.doc) or token.nbor().is_space
    return token.text in CLAUSE_MARKS and at_end


_FINDERS: dict[tuple[str, str], SignalFinder] = {}


def finder(policy: Policy) -> SignalFinder:
    """The finder of a policy, made once for each content of its file."""
    key = (policy.name, policy.digest)
    if key not in _FINDERS:
        _FINDERS[key] = SignalFinder(policy)
    return _FINDERS[key]
