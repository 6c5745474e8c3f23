"""What is classified: one mail, and the facts known with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from classifier.example import Example
from intake import language
from intake.new_text import reply
from policies.facts import Facts

LINE_END = re.compile(r"\r\n?")


@dataclass(frozen=True, slots=True)
class Mail:
    """What is classified: the subject and the new text of one mail, and the facts known with it."""

    subject: str
    text: str
    facts: Facts


def mail_of(example: Example) -> Mail:
    """The mail of a labelled example: new text and language found as for a mail that arrives."""
    body = LINE_END.sub("\n", example.body)
    new_text = reply.split(body, example.subject, sender=example.sender or "").new_text
    text = new_text if new_text.strip() else body
    detected = language.detect(f"{example.subject}\n{text}")
    return Mail(example.subject, text, replace(example.facts, language=detected))
