"""How a mailbox is doing, and how long to wait after it did not do well."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

FIRST_RETRY_SECONDS = 5.0
LONGEST_RETRY_SECONDS = 300.0
FIRST_THROTTLED_SECONDS = 60.0
LONGEST_THROTTLED_SECONDS = 1800.0
FAILING_AFTER = timedelta(minutes=15)
"""A server that is started anew, or a network that is away for a moment, is nobody's alarm."""
JITTER = 0.5
"""How much of a wait is left to chance, so that the mailboxes of one server do not all come back at once."""


@dataclass(frozen=True, slots=True)
class Health:
    """How one folder of a mailbox is doing; ``problem`` is None while all is well.

    ``last_poll`` is when it was last read to its end, ``last_mail`` when that last brought new mail; ``idle`` whether
    new mail is waited for by IDLE; ``retry_at`` when it is tried again after a failure. All times are aware.
    """

    last_poll: datetime | None = None
    problem: str | None = None
    last_mail: datetime | None = None
    idle: bool = False
    retry_at: datetime | None = None

    def public(self, now: datetime) -> dict[str, Any]:
        """What anybody may know: everything but the problem's words, which name hosts and users. Times are ISO 8601."""
        lag = self.lag(now)
        return {
            "well": self.problem is None,
            "last_poll": _iso(self.last_poll),
            "last_mail": _iso(self.last_mail),
            "lag": None if lag is None else round(lag),
            "idle": self.idle,
            "retry_at": _iso(self.retry_at),
        }

    def is_failing(self, now: datetime, since: datetime) -> bool:
        """Whether the folder, polled ``since`` then, was not read for so long that a monitor should call somebody."""
        silent = now - max(self.last_poll or since, since)
        return self.problem is not None and silent > FAILING_AFTER

    def lag(self, now: datetime) -> float | None:
        """Seconds since the mailbox was last read to its end; None when it never was."""
        return None if self.last_poll is None else max(0.0, (now - self.last_poll).total_seconds())


def retry_after(failures: int) -> float:
    """Seconds to wait after that many failures in a row: doubling up to five minutes, between half and all of it."""
    return _doubled(FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS, failures) * random.uniform(1 - JITTER, 1.0)  # noqa: S311


def retry_after_throttling(failures: int, suggested: float) -> float:
    """Seconds to wait for a server that wants to be asked less: never less than it ``suggested``, half more at most."""
    wait = max(suggested, _doubled(FIRST_THROTTLED_SECONDS, LONGEST_THROTTLED_SECONDS, failures))
    return wait * random.uniform(1.0, 1.0 + JITTER)  # noqa: S311 - jitter, not a secret


def retry_after_refusal(failures: int) -> float:
    """Seconds to wait after a password was refused so often: providers lock the account of whoever keeps trying."""
    return retry_after_throttling(failures, 0.0)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


def _doubled(first: float, longest: float, failures: int) -> float:
    return min(longest, first * 2.0 ** min(failures - 1, 16))
