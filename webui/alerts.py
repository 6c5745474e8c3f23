"""What agents must know of the program itself: a mailbox whose mail will stop coming in, notifications not sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Alert:
    """Something wrong with a mailbox, with the notifications of a channel, or with what a policy decides alone.

    ``part`` says which of them, ``mailbox`` its name: of a mailbox, of a webhook (``mail`` for all mail), of a policy.

    ``kind`` is one of a few fixed words, for machines; ``code`` tells two causes of one kind apart. ``says`` is part
    of a sentence without a full stop, ``remedy`` a whole one. ``mail_stops`` is when mail stops (or stopped) coming
    in, an aware datetime, where that is known. ``detail`` is what the other side said, for the log alone.
    """

    mailbox: str
    kind: str
    code: str
    says: str
    remedy: str = ""
    mail_stops: datetime | None = None
    detail: str = ""
    part: Literal["mailbox", "notifications", "autonomy"] = "mailbox"

    def is_about_the_past(self, now: datetime) -> bool:
        """Whether mail has stopped coming in already."""
        return self.mail_stops is not None and self.mail_stops <= now
