"""What the pipeline hands to the store: where a mail belongs, and all that is written of it together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from classifier.program import program_version
from classifier.verdict import Verdict
from intake.cursor import Delivery
from intake.message import Message
from intake.screening import Screening
from policies.facts import Facts
from policies.terms import Terms
from tickets.rows import Customer, Disposition

Step = Literal["fetching", "parsing", "screening", "placing", "assessing", "terms", "recording"]
"""The steps of a mail's trip at which it may fail by itself."""

LONGEST_REASON = 500
"""Characters of what a fault says: an error may quote the whole mail."""

HEADER_ALONE: Step = "fetching"
"""The step that fails for a mail too large, or not given by the server: its raw bytes are its header at most."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a mail goes into quarantine: the step that failed, a sentence that says why, and the program that failed."""

    step: Step
    says: str
    program: str = field(default_factory=program_version)

    @classmethod
    def raised(cls, step: Step, error: object) -> Fault:
        """The fault of a step in which ``error`` came up that should not."""
        said = " ".join(str(getattr(error, "orig", None) or error).split())
        return cls(step, f"{step} failed: {type(error).__name__}: {said}"[:LONGEST_REASON])


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a mail belongs: made by the desk, before anything is written.

    ``conversation`` is a new or existing conversation's id (uuid4 hex); ``ticket`` the open one that a reply joins.
    ``duplicate_of`` is the id of the recorded message this one repeats; ``same_as`` the identity of the earlier mail
    of the same batch that it repeats, which has no id yet.
    """

    conversation: str
    ticket: int | None
    customer: Customer | None
    facts: Facts
    duplicate_of: int | None = None
    same_as: str | None = None
    awaits: tuple[str, ...] = ()
    """Msg-ids that the mail answers and that no recorded mail carries."""

    @property
    def repeats(self) -> bool:
        """Whether the mail is a duplicate, so that it needs no verdict."""
        return self.duplicate_of is not None or self.same_as is not None


@dataclass(frozen=True, slots=True)
class Draw:
    """A mail drawn to be audited, should it pass alone: with which share, and the precision promised of each label."""

    share: float
    promised: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Recording:
    """All of one mail that is written together.

    ``verdict`` and ``terms`` are None for what is not a ticket (set aside, duplicate, quarantined).
    ``quarantine`` says which step failed and why. ``leave_unmarked`` says that the mail must not be acknowledged in
    its mailbox, since not all of it was fetched.
    """

    policy: str
    message: Message
    screening: Screening | None
    placement: Placement | None
    verdict: Verdict | None
    terms: Terms | None
    delivery: Delivery | None = None
    quarantine: Fault | None = None
    received_at: datetime | None = None
    leave_unmarked: bool = False
    answers: tuple[str, ...] = ()
    """Of a mail of ours: the folded addresses, none of ours, that it was written to; none where a program wrote it."""
    audit: Draw | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one recording: the stored message, its ticket if any; ``known`` when it was recorded before."""

    message: int
    disposition: Disposition
    ticket: int | None
    known: bool


def sameness(message: Message) -> str:
    """What two copies of one mail share: the identity, or the digest of a mail without Message-ID and Date.

    Two short mails that name neither may well say the same words and still be two requests.
    """
    return message.identity if message.message_id or message.date else message.digest
