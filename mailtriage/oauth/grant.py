"""What a token server grants: RFC 6749, 5.1, checked field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ASSUMED_LIFE = 3600.0
"""Seconds an access token is taken to live where the server does not say (``expires_in`` is only recommended)."""
LONGEST_LIFE = 400 * 86400.0
"""Longer lives are taken for this one: renewing early costs one request, a date out of range costs the mailbox."""
TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
"""An access or refresh token: visible ASCII (RFC 6749, A.12 and A.17), so that nothing else gets into a SASL answer."""
REFRESH_LIFE_KEYS = ("refresh_token_expires_in", "refresh_expires_in")
"""No RFC names this field; Google says the first, Keycloak the second."""


class NotAGrant(ValueError):
    """The answer is no grant: says which field is wrong, never with its value."""


@dataclass(frozen=True, slots=True)
class Grant:
    """An access token and how many seconds it lives; the refresh token and its life where the server gave them."""

    access_token: str = field(repr=False)
    life: float
    refresh_token: str | None = field(default=None, repr=False)
    refresh_life: float | None = None

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Grant:
        """The grant in a token endpoint's answer; raises :class:`NotAGrant`."""
        if str(answer.get("token_type") or "bearer").lower() != "bearer":
            raise NotAGrant("its token_type is not Bearer")
        access = _token(answer.get("access_token"), "access_token")
        if access is None:
            raise NotAGrant("it has no access_token")
        refresh_life = next((life for key in REFRESH_LIFE_KEYS if (life := _seconds(answer.get(key)))), None)
        return cls(
            access_token=access,
            life=_seconds(answer.get("expires_in")) or ASSUMED_LIFE,
            refresh_token=_token(answer.get("refresh_token"), "refresh_token"),
            refresh_life=refresh_life,
        )


def _token(value: Any, name: str) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not TOKEN.fullmatch(value):
        raise NotAGrant(f"its {name} is not a token")
    return value


def _seconds(value: Any) -> float | None:
    """A number of seconds, some servers send it as a string; None for what is no positive number."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return min(seconds, LONGEST_LIFE) if seconds > 0 else None
