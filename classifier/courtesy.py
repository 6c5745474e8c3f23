"""Words that dress a request and say nothing of it: greetings, thanks, regards with a name, shouting.

What is left out here is left out of what classifies a mail, so only a sentence made of nothing else goes. Whether
letters are capitals is not looked at: a mail in capitals says the same.
"""

from __future__ import annotations

import re

from intake.new_text.quotation_words import CLOSING

WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
MOST_WORDS = 16
"""A longer sentence says something."""
MOST_SIGNATURE_LINES = 8
MOST_SIGNATURE_CHARACTERS = 70
SENTENCE_ENDS = ".?!:"


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


# fmt: off
WELCOME = _words(
    "hi hello hey hiya dear greetings morning afternoon evening hope hoping",
    "hallo hoi hai beste geachte dag goedemorgen goedemiddag goedenavond goedendag goeiemorgen hoop",
)
"""A sentence of greeting holds one of these..."""
THANKS = _words(
    "thanks thank thx ty cheers regards greetings wishes sincerely faithfully appreciated appreciate grateful",
    "bedankt dank dankjewel dankuwel groet groeten groetjes mvg hoogachtend",
)
"""... or one of these ..."""
LOUD = _words(
    "urgent urgently asap emergency immediately hurry priority attention alert important",
    "dringend spoed urgentie onmiddellijk prioriteit belangrijk haast noodgeval",
)
"""... or one of these, and beside it nothing but these."""
BESIDE = _words(
    "a aan aandacht advance again all alle allemaal alvast am an and answer antwoord any anything are as assistance",
    "at attention aub be been bent bericht best bij both but can colleague colleagues collega collega's",
    "consideration dames dat day de dear desk dit do done een effort email en er everybody everyone fijn fijne",
    "finds folks for forward from geduld get gewenst graag guys had hartelijk hartelijke has have having hearing",
    "heel heer help helpdesk here heren het high highest hoogste hoopt hoor horen hulp i i'm iedereen if ik in is",
    "it it's its je jou jouw jullie kind kindest know let lezers look looking lot madam mail many me medewerking",
    "mee mensen message met mevrouw moeite mogelijk mr mrs ms much my namens nice nog now of on once one op or our",
    "patience please possible possibly quick quickly reactie read reading reply response sir snel snelle so soon",
    "steun super support svp team that the there this time to today too top truly u up us uw van vast veel very",
    "voor voorbaat vriendelijk vriendelijke warm we wel wens wij will wish with yet you your yours zeer zijn zo zsm",
)
WELL = _words(
    "afternoon alles avond dag day days doing evening everything fine gaat goed goede goeden going good great happy",
    "holiday holidays leuk leuke lovely middag morgen morning pleasant prettig prettige tijd week weekend weekends",
    "well",
)
"""Beside words of greeting, and only there: "all is well, thanks" tells that something is over."""
# fmt: on
ANCHORS = WELCOME | THANKS | LOUD
DRESSING = BESIDE | ANCHORS
DRESSING_OF_WELCOME = DRESSING | WELL
GREETING = re.compile(
    r"\s*(?:hi|hello|hey|hiya|hallo|hoi|hai|dag|dear|beste|geachte|good ?(?:morning|afternoon|evening|day)|morning"
    r"|goede(?:morgen|middag|navond|ndag)|goeiemorgen)\b"
    r"(?:[ \t]+(?P<to>[^\W\d_][\w.'\u2019/-]*(?:[ \t]+[^\W\d_][\w.'\u2019-]*){0,3}))?"
    r"[ \t]*(?P<mark>[,!.:;\u2013-]+(?:\s+|$)|\n\s*)",
    re.IGNORECASE,
)
"""A greeting before the first words of a sentence; ``to`` is who is greeted."""
SHOUTED = re.compile(
    r"[\W_]*(?:(?:very |super |most |high |top |highest |zeer |heel |hoogste )*"
    r"(?:urgent|asap|emergency|important|dringend|spoed|belangrijk)\b[\W_]*)+"
    r"(?:(?<=[!:\])*])|(?<=[!:\])*\u2013-] ))",
    re.IGNORECASE,
)
"""Shouting set before a subject by a mark."""


def without_greeting(sentence: str) -> str:
    """The sentence from after the greetings before it."""
    while (found := GREETING.match(sentence)) and _is_addressee(
        found["to"], ends_line="\n" in found["mark"] or found.end() == len(sentence)
    ):
        sentence = sentence[found.end() :]
    return sentence


def _is_addressee(name: str | None, *, ends_line: bool) -> bool:
    words = WORD.findall((name or "").lower())
    unknown = [word for word in words if word not in BESIDE and word not in WELL]
    return len(unknown) <= (2 if ends_line else 1)


def without_shouting(subject: str) -> str:
    """The subject from after "URGENT:" and the like before it."""
    found = SHOUTED.match(subject)
    return subject[found.end() :] if found else subject


def says_nothing(sentence: str) -> bool:
    """Whether the sentence is nothing but a greeting, thanks, regards or shouting."""
    words = WORD.findall(sentence.lower().replace("\u2019", "'"))
    if len(words) > MOST_WORDS or ANCHORS.isdisjoint(words):
        return False
    dressing = DRESSING if WELCOME.isdisjoint(words) else DRESSING_OF_WELCOME
    return dressing.issuperset(words) and not any(character.isdigit() for character in sentence)


def end_of_words(text: str) -> int:
    """Where regards with a name and an office below them begin at the end of ``text``; its length without any."""
    cut = at = len(text)
    lines = 0
    for line in reversed(text.splitlines(keepends=True)):
        at -= len(line)
        bare = line.strip()
        closing = CLOSING.match(bare)
        if closing and not WORD.search(bare, closing.end()):
            cut, lines = at, 0
        elif bare:
            lines += 1
            if lines > MOST_SIGNATURE_LINES or len(bare) > MOST_SIGNATURE_CHARACTERS or bare[-1] in SENTENCE_ENDS:
                break
    return cut
