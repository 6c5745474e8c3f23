"""How a phrase stands in its clause: denied, past, planned, only supposed, or quoted (English and Dutch).

Rules over words, in the manner of NegEx (Chapman et al. 2001, J. Biomed. Inform. 34) and ConText (Harkema et al. 2009):
a word that denies or shifts a phrase reaches as far as its clause, unless it is part of an idiom that does neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from classifier.standing_words import (
    ACCORDING,
    ARTICLES,
    ASKED,
    ASKING,
    AVOIDED,
    BOTH,
    CAN,
    CONJUNCTIONS,
    CONSIDERED,
    CONTRAST,
    FACTIVE,
    FAR_FROM,
    FINITE,
    GOING,
    HAPPENED,
    HOPED,
    IDIOMS,
    MAIN_ORDER,
    MOVED_FROM,
    MUST,
    MUST_BE,
    NEAR,
    NEGATION_REACH,
    NEGATIONS,
    NO_REASONS,
    NONE_OF,
    ONCE,
    ONGOING,
    OTHER_CLAUSE,
    OUGHT,
    PAST,
    PAST_LAST,
    PAST_PARTICIPLES,
    PAST_VERBS,
    PLANNED,
    PLANNED_VERBS,
    POLITE,
    PRESENT,
    QUESTION_REACH,
    QUOTE_MARKS,
    REASONS,
    REPORTED,
    ROLE,
    SINCE,
    SOMEBODY,
    SOON,
    SUBJECTS,
    SUBORDINATE,
    SUPPOSED,
    SUPPOSED_VERBS,
    TAKEN,
    TOPICS,
    USED_TO,
    WHEN,
    WHETHER,
    YEAR,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A phrase in its clause, as lower-case words: what stands before, in the gaps of, and after it.

    ``leading`` is the text of the sentence before the phrase, over the clause's beginning; ``asked`` says whether the
    sentence ends with a question mark, ``cited`` whether the phrase is in a quoted line (RFC 3676, 4.5).
    """

    before: Sequence[str]
    phrase: Sequence[str]
    gaps: Sequence[str]
    after: Sequence[str]
    leading: str
    asked: bool
    cited: bool


def standing(place: Place) -> Iterator[str]:
    """In which of the ways of :class:`policies.policy.Signal` the phrase stands."""
    before, after = " ".join(place.before), " ".join(place.after)
    own = _own_clause(place, CONJUNCTIONS)
    around = f"{' '.join(own)} | {_up_to_next_clause(place.after)}"
    near = {*_after_that(own[-NEAR:]), *place.gaps}
    if place.cited or _reported(place.leading):
        yield "quoted"
    if _negated(place, own):
        yield "negated"
    if _past(place, around) and not ONGOING.search(f"{before} | {after}"):
        yield "past"
    if (
        PLANNED.search(around)
        or PLANNED_VERBS & (near - _kept(place))
        or CONSIDERED.search(around)
        or _scheduled(place, around, near)
    ):
        yield "planned"
    if _supposed(place, near):
        yield "hypothetical"


def _reported(leading: str) -> bool:
    """Whether others' words are told, up to a "but" outside quotation marks."""
    if not any(mark in leading for mark in QUOTE_MARKS):
        leading = CONTRAST.split(leading)[-1]
    return bool(REPORTED.search(leading) or ACCORDING.search(leading))


def _own_clause(place: Place, joints: frozenset[str]) -> Sequence[str]:
    """The words before the phrase, from the last of ``joints`` or reasons before which another clause ends."""
    words = place.before
    verb, verb_last = bool(FINITE & {*place.phrase, *place.gaps}), bool(FINITE & {*place.after[:1]})
    for index in range(len(words) - 1, -1, -1):
        word = words[index]
        if verb and word in joints:
            return words[index + 1 :]
        if (verb or verb_last) and word in REASONS and not (word == "as" and _joins_words(words, index)):
            return words[index + (word not in ("since", "sinds")) :]
        verb = verb or word in FINITE
    return words


def _joins_words(words: Sequence[str], index: int) -> bool:
    """Whether the "as" at ``index`` begins no clause."""
    return bool(NO_REASONS & {*words[max(index - 1, 0) : index], *words[index + 1 : index + 2]})


def _up_to_next_clause(words: Sequence[str]) -> str:
    """The words behind the phrase, up to an "and" or a reason that begins a clause with a subject of its own."""
    for index, word in enumerate(words):
        if word in CONJUNCTIONS | REASONS - {"since", "sinds"} and SUBJECTS & {*words[index + 1 : index + 4]}:
            return " ".join(words[:index])
    return " ".join(words)


def _past(place: Place, around: str) -> bool:
    first = place.after[:1]
    if PRESENT & {*place.phrase, *place.gaps, *place.before[-2:], *place.after[:2]}:
        around = SINCE.sub(" _ ", around)
    if MOVED_FROM.search(" ".join(place.before)) or PAST.search(around) or USED_TO.search(" ".join(place.gaps)):
        return True
    if PAST_VERBS & {*_verb(place.before), *place.gaps} or PAST_PARTICIPLES & {*first}:
        return True
    if YEAR.search(f"{around} {' '.join(place.gaps)}") and TAKEN & {*place.before, *place.gaps}:
        return True
    return bool(PAST_LAST & {*first}) and (len(place.after) == 1 or bool(SUBORDINATE & {*place.before}))


def _kept(place: Place) -> set[str]:
    """The "going" of what keeps going on."""
    return {"going"} if {"keeps", "keep", "kept"} & {*place.gaps, *place.before[-2:]} else set()


def _scheduled(place: Place, around: str, near: set[str]) -> bool:
    """Whether the phrase is said of a day to come in the present tense: "production goes down on Saturday"."""
    return bool(GOING & near and SOON.search(f"{around} | {' '.join(place.gaps)}"))


def _verb(words: Sequence[str]) -> Sequence[str]:
    """The word before the phrase's article, if it has one."""
    return words[-2:-1] if words[-1:] and words[-1] in ARTICLES else words[-1:]


def _after_that(words: Sequence[str]) -> Sequence[str]:
    """The words behind "that", which begins a clause: "you will see that production is down"."""
    cuts = [index for index, word in enumerate(words) if word in ("that", "dat")]
    return words[cuts[-1] + 1 :] if cuts else words


def _negated(place: Place, own: Sequence[str]) -> bool:
    text = " ".join(own)
    if NONE_OF.search(text) or FAR_FROM.search(text) or FAR_FROM.search(" ".join(place.gaps)):
        return True
    told = _plainly(" ".join(own[-NEGATION_REACH - 4 :]))[-NEGATION_REACH:]
    heard = [*told, *_plainly(" ".join(place.gaps))]
    if NEGATIONS & set(heard) or " n ' t " in f" {' '.join(heard)} " or "n't" in _contracted(heard):
        return True
    return place.after[:1] == ["niet"] and len(place.after) == 1


def _plainly(text: str) -> Sequence[str]:
    """The words of ``text`` without the idioms that only look like a denial."""
    return FACTIVE.sub(" _ ", IDIOMS.sub(" _ ", text)).split()


def _contracted(words: Sequence[str]) -> str:
    """The words with contractions put together: "don ' t" is "don't"."""
    return " ".join(words).replace(" ' ", "'")


def _supposed(place: Place, near: set[str]) -> bool:
    before = " ".join(_own_clause(place, frozenset()))
    found = SUPPOSED.search(before)
    if found and not (found[0] == "als" and ROLE.match(before)):
        return True
    if any(words.search(before) for words in (WHETHER, HOPED, AVOIDED)) or _awaited(place, before):
        return True
    if OUGHT.search(before) or OUGHT.search(" ".join(place.gaps)) or (MUST & near and MUST_BE & {*place.after[:1]}):
        return True
    if SUPPOSED_VERBS & {*near, *place.after[:2]} and not POLITE.search(f"{before} {' '.join(place.gaps)}"):
        return True
    return place.asked and (_in_question(place.before) or bool(WHEN.search(before)))


def _awaited(place: Place, before: str) -> bool:
    found = ONCE.search(before)
    if not found or BOTH & {*place.before} or ROLE.match(before):
        return False
    word = found[0].split()[0]
    if word in ("als", "wanneer", "zodra", "totdat", "tot") and MAIN_ORDER & {*place.gaps}:
        return False
    return word == "als" or not HAPPENED & {*place.before[-1:], *place.gaps, *place.after[:2]}


def _in_question(words: Sequence[str]) -> bool:
    """Whether a question that is answered with yes or no asks for the phrase."""
    if not words or words[0] not in ASKING | CAN or ASKED & {*words[1:2]}:
        return False
    if words[0] in CAN and SOMEBODY & {*words[1:2]}:
        return False
    if len(words) <= 3 and not ASKED & {*words}:
        return True
    last = words[-2] if words[-1] in ARTICLES - TOPICS else words[-1]
    return len(words) <= QUESTION_REACH and not OTHER_CLAUSE & {*words} and last not in TOPICS
