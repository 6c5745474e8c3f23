"""Policies by name, as they are in force now, and in the versions that were in force before."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime

from errors import MailtriageError
from policies.loader import PolicyFileError
from policies.policy import Policy


class UnknownVersion(MailtriageError):
    """No version of that policy is called so: names what is known of it."""


class Policies(Mapping[str, Policy]):
    """Maps a policy's name to the version in force now; :meth:`at` and :meth:`version` give the others.

    What one look-up gives may differ from what the next one does, when a version took effect in between: take a
    policy once for what is to be decided together.
    """

    @abstractmethod
    def at(self, name: str, moment: datetime) -> Policy:
        """The version in force at ``moment``, the earliest one for what was before it; raises KeyError."""

    @abstractmethod
    def version(self, name: str, version: str) -> Policy:
        """The version of that name; raises :class:`UnknownVersion`, and
        :class:`~policies.loader.PolicyFileError` for one that this program cannot read."""

    def that_decided(self, name: str, version: str, received_at: datetime) -> Policy:
        """The version that a mail received then was decided by.

        Where no record has it, or this program cannot read what an older one recorded, the one in force then, else
        the one in force now.
        """
        with suppress(UnknownVersion, PolicyFileError):
            return self.version(name, version)
        with suppress(PolicyFileError):
            return self.at(name, received_at)
        return self[name]

    def knowing(self, policy: Policy, topic: str) -> Policy:
        """``policy``, or the version in force now where only that has the topic: it was given since."""
        if topic in policy.topics or policy.name not in self:
            return policy
        with suppress(PolicyFileError):
            return self[policy.name] if topic in self[policy.name].topics else policy
        return policy


class Fixed(Policies):
    """Policies of which there is one version each."""

    def __init__(self, policies: Mapping[str, Policy]) -> None:
        self._policies = dict(policies)

    def __getitem__(self, name: str) -> Policy:
        return self._policies[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._policies)

    def __len__(self) -> int:
        return len(self._policies)

    def at(self, name: str, moment: datetime) -> Policy:
        return self._policies[name]

    def version(self, name: str, version: str) -> Policy:
        policy = self._policies.get(name)
        if policy is None or policy.version != version:
            raise UnknownVersion(f"There is no version {version} of the policy {name}.")
        return policy


def as_policies(policies: Mapping[str, Policy]) -> Policies:
    """``policies`` with their versions; those of a plain mapping have one each."""
    return policies if isinstance(policies, Policies) else Fixed(policies)
