"""What the pages on drift work with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from classifier.weekly import Drift
from policies.adding import NewTopic
from tickets.bulk import Change


@dataclass(frozen=True, slots=True)
class Cluster:
    """Mails that are alike and that no topic fits: tickets with their subjects, the most typical first.

    ``number`` is that of its oldest ticket. ``words`` name it, in its ``language``; ``name`` and ``title`` are what a
    topic of it may be called.
    """

    number: int
    policy: str
    mails: tuple[tuple[int, str], ...]
    words: tuple[str, ...]
    language: str | None
    name: str
    title: str
    since: datetime

    def to_json(self) -> dict[str, Any]:
        """The cluster as a JSON object."""
        return {
            "cluster": self.number,
            "policy": self.policy,
            "size": len(self.mails),
            "words": list(self.words),
            "language": self.language,
            "name": self.name,
            "title": self.title,
            "since": self.since.isoformat(),
            "mails": [{"ticket": number, "subject": subject} for number, subject in self.mails],
        }


@dataclass(frozen=True, slots=True)
class TopicGiven:
    """What became of a cluster that was given a topic: ``version`` of the policy, where a new one was written for it.

    ``tickets`` says of each ticket what changed, or why nothing did.
    """

    policy: str
    topic: str
    version: str | None
    tickets: tuple[Change, ...]

    @property
    def labelled(self) -> int:
        """How many tickets have the topic now by the word of whoever gave it."""
        return sum(change.refused is None for change in self.tickets)

    def to_json(self) -> dict[str, Any]:
        """What was done, as a JSON object."""
        told = {"policy": self.policy, "topic": self.topic, "policy_version": self.version, "labelled": self.labelled}
        return {**told, "tickets": [change.to_json() for change in self.tickets]}


class Drifting(Protocol):
    """How drift is looked at."""

    def weeks(self, policy: str, count: int) -> Drift:
        """The last ``count`` weeks of a policy."""

    def clusters(self, policy: str) -> Sequence[Cluster]:
        """The kinds of mail of a policy that no topic fits, the largest first."""

    def give(self, policy: str, tickets: Sequence[int], topic: NewTopic, author: str, reason: str) -> TopicGiven:
        """Gives the tickets the topic by the word of ``author``: with a title a new one, without one that there is."""
