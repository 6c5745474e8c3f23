"""More mails of one sender than a person writes: two machines that answer each other."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from intake.address import Address
from intake.screening import Screening

BEGINNING_OF_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Flood:
    """How many mails of one sender in how many minutes are taken; ``exempt`` senders (lower case) may send any number.

    A mail is set aside when more than ``messages`` of its sender's, itself
    included, were received in the ``minutes`` up to it.
    """

    messages: int
    minutes: int
    exempt: Collection[str] = frozenset()

    def since(self, moment: datetime) -> datetime:
        """When the minutes began that end at ``moment`` (aware)."""
        return moment - min(timedelta(minutes=self.minutes), moment - BEGINNING_OF_TIME)

    def screening(self, sender: Address) -> Screening:
        """Why a mail of ``sender`` is set aside."""
        return Screening(
            "flood",
            f"{sender.address[:80]} sent more than {self.messages} mails in {self.minutes} minutes, "
            "as machines do that answer each other ([flood] in the settings).",
        )
