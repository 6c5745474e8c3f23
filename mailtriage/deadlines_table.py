"""``[deadlines]``: when agents are warned that a first response is due."""

from __future__ import annotations

import re
from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, field_validator

SHARE = re.compile(r"([1-9]\d?) ?%")
TIME = re.compile(r"([1-9]\d{0,3}) (minute|hour)s?")


class DeadlinesTable(BaseModel):
    """``[deadlines]``: ``warn_at`` is what is left of the target (``"25%"``) or of the support time (``"30 minutes"``)
    when the warning comes; a share is never less than ``warn_at_least``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    warn_at: str = "25%"
    warn_at_least: str = "10 minutes"
    look_every_seconds: float = Field(default=60.0, gt=0, le=3600)
    forget_after_days: float = Field(default=7.0, gt=0, le=3650)

    @field_validator("warn_at")
    @classmethod
    def _is_share_or_time(cls, value: str) -> str:
        if not SHARE.fullmatch(value) and not TIME.fullmatch(value):
            raise ValueError(f"{value!r} is neither a share nor a time; allowed: '25%', '30 minutes', '2 hours'")
        return value

    @field_validator("warn_at_least")
    @classmethod
    def _is_time(cls, value: str) -> str:
        if not TIME.fullmatch(value):
            raise ValueError(f"{value!r} is not a time; allowed: '10 minutes', '1 hour'")
        return value

    def warning(self, target: timedelta | None) -> timedelta:
        """How much support time is left of ``target`` when the warning comes; of one not known the least."""
        share = SHARE.fullmatch(self.warn_at)
        if share is None:
            return _time(self.warn_at)
        return max(_time(self.warn_at_least), (target or timedelta(0)) * int(share[1]) / 100)


def _time(words: str) -> timedelta:
    match = TIME.fullmatch(words)
    if match is None:
        raise ValueError(f"{words!r} is not a time")
    return timedelta(**{f"{match[2]}s": int(match[1])})
