"""What a channel does with one message, and what may come of it."""

from __future__ import annotations

from typing import Protocol

from errors import MailtriageError
from mailtriage.notifying.message import Message
from tickets.columns import storable

LONGEST_SAID = 200


class NotDelivered(MailtriageError):
    """A message was not delivered: says why, without a secret; ``for_good`` when to try again would change nothing."""

    def __init__(self, says: str, *, for_good: bool = False) -> None:
        super().__init__(says)
        self.for_good = for_good


class Channel(Protocol):
    """A way to tell: one message to one target, and a check that sends nothing."""

    def deliver(self, message: Message, target: str) -> str:
        """Sends it; what the other side answered, in words. Raises :class:`NotDelivered`."""
        ...

    def check(self) -> str:
        """Connects and sends nothing; what was found, in words. Raises :class:`NotDelivered`."""
        ...


def said(answer: object, *secrets: str) -> str:
    """What the other side said, on one line, short, printable and without the secrets."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    shown = "".join(char if char.isprintable() else " " for char in storable(text))
    return " ".join(shown.split())[:LONGEST_SAID]
