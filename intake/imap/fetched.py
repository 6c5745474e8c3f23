"""A mail as a mailbox gives it: listed, then fetched."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from intake.cursor import Delivery


@dataclass(frozen=True, slots=True)
class Listed:
    """A mail before it is fetched. ``size`` (RFC822.SIZE, octets) is None where the server did not say."""

    uid: int
    size: int | None = None
    internal_date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """One raw mail with where it was found.

    ``oversize`` is its size in bytes when it is over the limit; ``fault`` says why the server does not give it. In both
    cases ``raw`` holds its header alone, or nothing where not even that can be had.
    """

    delivery: Delivery
    raw: bytes = field(repr=False)
    internal_date: datetime | None
    oversize: int | None = None
    fault: str | None = None

    @property
    def whole(self) -> bool:
        """Whether ``raw`` is all of the mail."""
        return self.oversize is None and self.fault is None
