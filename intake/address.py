"""A mail address as a header gives it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """A display name (may be empty) and an addr-spec (RFC 5322, 3.4); ``address`` keeps the sender's spelling."""

    name: str
    address: str

    @property
    def key(self) -> str:
        """The address folded for comparison: lower case, no surrounding space."""
        return self.address.strip().lower()

    @property
    def domain(self) -> str:
        """The lower-case domain after the last ``@``; empty when there is none."""
        return self.key.rpartition("@")[2] if "@" in self.address else ""
