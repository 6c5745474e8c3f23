"""A code that a person types in on any device to let the program read a mailbox: RFC 8628, 3.2."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

USUAL_INTERVAL = 5.0
"""Seconds between two questions where the server does not say (RFC 8628, 3.2)."""
LONGEST_INTERVAL = 60.0
LONGEST_WAIT = 1800.0
LONGEST_TEXT = 1000


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What to show a person, and how to ask for the token: every ``interval`` seconds for ``lasts`` seconds."""

    device_code: str = field(repr=False)
    user_code: str
    verification_uri: str
    interval: float
    lasts: float

    @classmethod
    def of(cls, answer: Any) -> DeviceCode:
        """The code in a device endpoint's answer; raises ValueError, TypeError or AttributeError when it is none."""
        return cls(
            device_code=_text(answer["device_code"]),
            user_code=_text(answer["user_code"]),
            # Google says "url".
            verification_uri=_text(answer.get("verification_uri") or answer["verification_url"]),
            interval=min(float(answer.get("interval") or USUAL_INTERVAL), LONGEST_INTERVAL),
            lasts=min(float(answer.get("expires_in") or LONGEST_WAIT), LONGEST_WAIT),
        )


def _text(value: object) -> str:
    if not isinstance(value, str) or not value or len(value) > LONGEST_TEXT or not value.isprintable():
        raise ValueError("not a short line of text")
    return value
