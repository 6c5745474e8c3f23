"""Passwords to argon2id encodings and back to a yes or no."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from errors import MailtriageError

SHORTEST = 8
"""Characters; NIST SP 800-63B, 5.1.1.2."""

LONGEST = 1024
"""Characters; more than anyone types, and little enough that hashing it costs nothing extra."""

NOBODYS_HASH = "$argon2id$v=19$m=65536,t=3,p=4$vAm7MXP0Kz2m3AFAm8beiw$WAEX0EIR5nlgi+hwx+3vLsm6lsBrZUNPOYiTWsKhsh0"
"""An encoding of a discarded random password with the hasher's own cost: what an unknown name is checked against."""


class UnusablePassword(MailtriageError):
    """The password is too short or too long: says how long it must be."""


def hash_password(password: str) -> str:
    """The argon2id encoding (RFC 9106) of ``password``, with its salt; raises :class:`UnusablePassword`."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UnusablePassword(f"The password must have {SHORTEST} to {LONGEST} characters; choose another.")
    return PasswordHasher().hash(password)


def verify_password(encoded: str | None, password: str) -> bool:
    """Whether ``password`` is the one that was encoded. With None (an unknown user) it works as long and says no."""
    if len(password) > LONGEST:
        return False
    try:
        PasswordHasher().verify(NOBODYS_HASH if encoded is None else encoded, password)
    except (VerificationError, InvalidHashError):
        return False
    return encoded is not None
