"""What must not change any decision: tone, dress and surroundings of the same words."""

from __future__ import annotations

import random
import re
import textwrap
from dataclasses import replace

from benchmarks.metamorphic.transformation import Transformation, is_dutch
from classifier.example import Example

WRAPPED_AT = 58
WORDS_A_TYPO, MOST_TYPOS = 20, 5
"""A typo in so many words, at most so many in a mail, one at least."""
LEAST_LETTERS = 7
"""A word so long is recognised by a reader with one letter wrong."""
LEAST_NAME = 5
WORD = re.compile(r"[^\W\d_]+")
CAPITALISED = re.compile(r"[^\W\d_a-z][\w&'-]*")
COMPANIES = ("Meadowbank", "Brightwater", "Larkhill", "Stonegate", "Eastmoor")
PEOPLE = ("Robin Hartley", "Sanne Vermeulen", "Petra Lindqvist", "Owen Fairbanks", "Amira Haddad")
LOUD = (("URGENT!!!", "This is URGENT, ASAP please!!!"), ("DRINGEND!!!", "Dit is DRINGEND, graag met SPOED!!!"))
GREETINGS = (
    ("Good morning team,\n\nI hope you are well.", "Thank you very much in advance for your help!\n\nKind regards"),
    ("Goedemorgen allemaal,\n\nIk hoop dat alles goed gaat.", "Alvast hartelijk dank voor jullie hulp!\n\nMet groet"),
)
SIGNATURE = (
    "\n-- "
    """
Robin Hartley
Operations Coordinator
Meadowbank Group | 14 Quay Street, Whitby
Tel. +44 1632 960 771 | robin.hartley@meadowbank.example
www.meadowbank.example"""
)
SIGN_OFFS = (
    "\n\nKind regards,\n\nRobin Hartley\nOperations Coordinator\nMeadowbank Group\nTel. +44 1632 960 771",
    "\n\nMet vriendelijke groet,\n\nRobin Hartley\nCoördinator bedrijfsvoering\nMeadowbank Groep\nTel. 020 555 0771",
)
DISCLAIMERS = (
    "\n\nThis e-mail and any attachments are confidential and intended solely for the addressee. If you are not the "
    "intended recipient, please notify the sender and delete this message. Any views expressed are those of the "
    "author. No liability is accepted for loss or damage caused by viruses.",
    "\n\nDit bericht en eventuele bijlagen zijn vertrouwelijk en uitsluitend bestemd voor de geadresseerde. Indien u "
    "dit bericht ten onrechte heeft ontvangen, verzoeken wij u de afzender te informeren en het bericht te "
    "verwijderen. Aan dit bericht kunnen geen rechten worden ontleend.",
)
QUOTED = (
    "On Tue, 3 Feb 2026 at 14:20, Vendor Support <support@vendor.example> wrote:",
    "Op di 3 feb. 2026 om 14:20 schreef Vendor Support <support@vendor.example>:",
)
OLDER = (
    "Dear customer,",
    "",
    "last month your production server was down for all users and some",
    "records were lost; we restored it from the backup on Friday.",
    "You also asked for a training and a password reset for an administrator.",
    "",
    "Vendor Support",
)
HEADER = """

-----Original Message-----
From: Vendor Support <support@vendor.example>
Sent: Tuesday, February 3, 2026 2:20 PM
To: Robin Hartley <robin.hartley@meadowbank.example>
Subject: training

"""


def urgent_subject(example: Example, chance: random.Random) -> Example:
    return replace(example, subject=f"{LOUD[is_dutch(example)][0]} {example.subject}")


def urgent_body(example: Example, chance: random.Random) -> Example:
    first, last = LOUD[is_dutch(example)]
    return replace(example, body=f"{first}\n\n{example.body}\n\n{last}")


def capitals(example: Example, chance: random.Random) -> Example:
    return replace(example, subject=example.subject.upper(), body=example.body.upper())


def signature(example: Example, chance: random.Random) -> Example:
    return replace(example, body=f"{example.body}\n{SIGNATURE}")


def sign_off(example: Example, chance: random.Random) -> Example:
    return replace(example, body=example.body + SIGN_OFFS[is_dutch(example)])


def disclaimer(example: Example, chance: random.Random) -> Example:
    return replace(example, body=example.body + DISCLAIMERS[is_dutch(example)])


def quotation(example: Example, chance: random.Random) -> Example:
    quoted = "\n".join(f"> {line}".rstrip() for line in OLDER)
    body = f"{example.body}\n\n{QUOTED[is_dutch(example)]}\n{quoted}\n"
    return replace(example, subject=_answer(example.subject), body=body)


def original_message(example: Example, chance: random.Random) -> Example:
    body = example.body + HEADER + "\n".join(OLDER)
    return replace(example, subject=_answer(example.subject), body=body)


def typos(example: Example, chance: random.Random) -> Example | None:
    words = [found.span() for found in WORD.finditer(example.body) if len(found[0]) >= LEAST_LETTERS]
    count = min(len(words), MOST_TYPOS, max(1, len(example.body.split()) // WORDS_A_TYPO))
    if not count:
        return None
    body = example.body
    for start, end in sorted(chance.sample(words, count), reverse=True):
        at = chance.randrange(start + 1, end - 2)
        instead = body[at + 1] + body[at] if chance.random() < 0.5 else body[at + 1]
        body = body[:at] + instead + body[at + 2 :]
    return replace(example, body=body)


def greetings(example: Example, chance: random.Random) -> Example:
    hello, thanks = GREETINGS[is_dutch(example)]
    return replace(example, body=f"{hello}\n\n{example.body}\n\n{thanks}")


def company(example: Example, chance: random.Random) -> Example | None:
    names = _company_names(example)
    if not names:
        return None
    other = chance.choice(COMPANIES)
    pattern = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in sorted(names, key=len, reverse=True)))

    def renamed(text: str) -> str:
        # The trade in a name (Kestrel Counselling) is no name.
        return pattern.sub(lambda found: " ".join([other, *found[0].split()[1:][-1:]]), text)

    return replace(
        example,
        subject=renamed(example.subject),
        body=renamed(example.body),
        sender=f"office@{other.lower()}.example",
    )


def sender(example: Example, chance: random.Random) -> Example:
    name = chance.choice(PEOPLE)
    address = f"{name.lower().replace(' ', '.')}@{chance.choice(COMPANIES).lower()}.example"
    lines = example.body.rstrip().split("\n")
    last = CAPITALISED.findall(lines[-1])
    # A last line of two or three capitalised words and nothing else is the sender's name.
    if len(lines) > 1 and len(last) in (2, 3) and last == lines[-1].split():
        lines[-1] = name
    return replace(example, body="\n".join(lines), sender=address)


def wrapped(example: Example, chance: random.Random) -> Example:
    return replace(example, body="\n".join(map(_wrapped, _lines(example))))


def trailing_blanks(example: Example, chance: random.Random) -> Example:
    return replace(example, body="\n".join(line + " " * chance.randrange(4) for line in _lines(example)) + "\n\n \n")


def line_ends(example: Example, chance: random.Random) -> Example:
    return replace(example, body="\r\n".join(_lines(example)))


def smart_quotes(example: Example, chance: random.Random) -> Example | None:
    body = re.sub(r"\"([^\"\n]*)\"", "\u201c\\1\u201d", example.body).replace("'", "\u2019")
    return None if body == example.body else replace(example, body=body)


def _answer(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"


def _lines(example: Example) -> list[str]:
    return example.body.replace("\r\n", "\n").split("\n")


def _wrapped(line: str) -> str:
    is_prose = len(line) > WRAPPED_AT and line[0].isalnum()
    return textwrap.fill(line, WRAPPED_AT, break_long_words=False, break_on_hyphens=False) if is_prose else line


def _company_names(example: Example) -> set[str]:
    """The names in the mail, of up to three words, that the sender's domain is made of."""
    domain = re.sub(r"[^a-z]", "", (example.sender or "").rpartition("@")[2].rpartition(".")[0])
    found = set()
    for text in (example.subject, example.body):
        words = list(CAPITALISED.finditer(text))
        for place, first in enumerate(words):
            for last in words[place : place + 3]:
                name = text[first.start() : last.end()]
                joined = re.sub(r"[^a-z]", "", name.lower())
                if len(joined) >= LEAST_NAME and domain.startswith(joined) and "\n" not in name:
                    found.add(name)
    return found


INVARIANCES = (
    Transformation("urgent subject", '"URGENT!!!" before the subject', urgent_subject),
    Transformation("urgent body", '"URGENT!!!" above the mail, "ASAP please!!!" below it', urgent_body),
    Transformation("capitals", "everything in capitals", capitals),
    Transformation("signature", 'a signature below "-- "', signature),
    Transformation("sign-off", "regards, a name, an office and a telephone number, without a delimiter", sign_off),
    Transformation("disclaimer", "a legal disclaimer", disclaimer),
    Transformation("quotation", 'an older mail about another problem below "On ... wrote:", after "> "', quotation),
    Transformation("original message", "an older mail about another problem below a header block", original_message),
    Transformation("typos", "letters dropped or swapped in long words, one word in twenty", typos),
    Transformation("greetings", "a greeting before and thanks after the mail", greetings),
    Transformation("company", "another company's name", company),
    Transformation("sender", "another sender's name and address", sender),
    Transformation("wrapping", "lines broken at 58 characters", wrapped),
    Transformation("trailing blanks", "blanks at the ends of lines, empty lines at the end", trailing_blanks),
    Transformation("line ends", "the line ends of Windows", line_ends),
    Transformation("smart quotes", "typographic quotation marks and apostrophes", smart_quotes),
)
