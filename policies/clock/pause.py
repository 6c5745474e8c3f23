"""A time in which a support clock stands still."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """Waiting for the customer from ``began_at`` to ``ended_at`` (aware datetimes), None while it lasts."""

    began_at: datetime
    ended_at: datetime | None = None
