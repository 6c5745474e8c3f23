"""The store's part on versions of policies."""

from __future__ import annotations

from collections.abc import Sequence

from tickets import policy_versions
from tickets.connected import Connected
from tickets.connections import reading
from tickets.policy_versions import Adoption, PolicyVersion


class PolicyBook(Connected):
    """Versions of policies: recorded once, never changed."""

    def policy_state(self) -> tuple[int, int]:
        """Changes whenever a version is recorded; cheap to ask for."""
        with reading(self._engine) as connection:
            return policy_versions.state(connection)

    def policy_versions(self, policy: str | None = None) -> list[PolicyVersion]:
        """The versions of one policy or of all, by policy and the day they take effect."""
        with reading(self._engine) as connection:
            return policy_versions.every(connection, policy)

    def policy_content(self, version: int) -> bytes:
        """The policy file of a recorded version, by its id."""
        with reading(self._engine) as connection:
            return policy_versions.content(connection, version)

    def adopt_policies(self, adoptions: Sequence[Adoption]) -> None:
        """Records versions with their events, all or none; raises ``VersionTaken`` when one is there already."""
        self._write(lambda c: policy_versions.adopt(c, adoptions))

    def record_policies(self, adoptions: Sequence[Adoption]) -> None:
        """Records with their events those versions that are not there yet."""
        self._write(lambda c: policy_versions.record_new(c, adoptions))
