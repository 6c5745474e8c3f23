"""A way to alter a mail without altering what it says."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from classifier.example import Example
from classifier.mail import mail_of


@dataclass(frozen=True, slots=True)
class Transformation:
    """``sentence`` says what is done; ``alter`` does it, None where there is nothing to alter in a mail."""

    name: str
    sentence: str
    alter: Callable[[Example, random.Random], Example | None]

    def of(self, example: Example) -> Example | None:
        """The altered mail, the same for the same mail; its id names the transformation."""
        chance = random.Random(zlib.crc32(f"{self.name} {example.id}".encode()))
        altered = self.alter(example, chance)
        return None if altered is None else replace(altered, id=f"{example.id} {self.name}")


def is_dutch(example: Example) -> bool:
    """Whether the mail is written in Dutch."""
    return mail_of(example).facts.language == "nl"
