"""A reply that asks a sender for what the mail leaves out, for an agent to read and send."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from policies.terms import Question

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Phrases:
    """What stands around the questions, in one language. It promises nothing: coverage is the verdict's to say."""

    greeting: str
    greeting_without_name: str
    opening: str
    opening_for_one: str
    closing: str
    signature: str


PHRASES = {
    "en": Phrases(
        greeting="Dear {name},",
        greeting_without_name="Hello,",
        opening="Thank you for your mail. To look into it, we still need to know:",
        opening_for_one="Thank you for your mail. To look into it, we still need to know one thing:",
        closing="The more exactly you can tell us, the sooner the cause is found. Please just answer this mail.",
        signature="Kind regards,",
    ),
    "nl": Phrases(
        greeting="Beste {name},",
        greeting_without_name="Goedendag,",
        opening="Dank voor uw bericht. Om het te kunnen onderzoeken, weten we graag nog het volgende:",
        opening_for_one="Dank voor uw bericht. Om het te kunnen onderzoeken, weten we graag nog één ding:",
        closing="Hoe preciezer u het vertelt, hoe sneller de oorzaak gevonden is. Antwoorden op deze mail volstaat.",
        signature="Met vriendelijke groet,",
    ),
}
"""By language code; English stands in for every other language."""


def reply_draft(questions: Sequence[Question], *, sender_name: str | None, language: str | None, sign: str) -> str:
    """Plain text that asks ``questions`` in ``language`` (RFC 5646; English if there is no other), empty without any.

    ``sender_name`` is greeted; ``sign`` stands below the closing: who writes.
    """
    if not questions:
        return ""
    code = (language or "").partition("-")[0].lower()
    code = code if code in PHRASES else "en"
    words = PHRASES[code]
    name = " ".join(_UNPRINTABLE.sub(" ", sender_name or "").split())[:_LONGEST_NAME].strip()
    greeting = words.greeting.format(name=name) if name else words.greeting_without_name
    one = len(questions) == 1
    asked = [
        question.text(code) if one else f"{number}. {question.text(code)}"
        for number, question in enumerate(questions, start=1)
    ]
    opening = words.opening_for_one if one else words.opening
    return "\n".join([greeting, "", opening, "", *asked, "", words.closing, "", words.signature, sign, ""])
