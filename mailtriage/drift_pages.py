"""Drift for the pages: what takes seconds is worked out once in a while, not for each who looks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar, cast

from classifier.weekly import Drift
from mailtriage.clusters import clusters
from mailtriage.drift import drift
from mailtriage.new_topic import give_topic
from mailtriage.office import Office
from policies.adding import NewTopic
from webui.drifting import Cluster, TopicGiven

LASTS_SECONDS = 300.0

Found = TypeVar("Found")


class DriftPages:
    """What the pages ask for; threads may share it."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._kept: dict[tuple[object, ...], tuple[float, object]] = {}
        self._lock = threading.Lock()

    def weeks(self, policy: str, count: int) -> Drift:
        """The last weeks of a policy, at most five minutes old, by the model in force."""
        version = self._office.registry.current(policy)
        return self._found(("weeks", policy, count, version), lambda: drift(policy, self._office, weeks=count))

    def clusters(self, policy: str) -> Sequence[Cluster]:
        """The kinds of mail of a policy that no topic fits, at most five minutes old."""
        version = self._office.registry.current(policy)
        return self._found(("clusters", policy, version), lambda: clusters(policy, self._office))

    def give(self, policy: str, tickets: Sequence[int], topic: NewTopic, author: str, reason: str) -> TopicGiven:
        """See :func:`mailtriage.new_topic.give_topic`; what was worked out before is not shown again."""
        try:
            return give_topic(policy, tickets, topic, self._office, author=author, reason=reason)
        finally:
            with self._lock:
                self._kept.clear()

    def _found(self, key: tuple[object, ...], work: Callable[[], Found]) -> Found:
        with self._lock:  # one at a time: it takes a processor for seconds
            now = time.monotonic()
            self._kept = {one: kept for one, kept in self._kept.items() if now - kept[0] < LASTS_SECONDS}
            if key not in self._kept:
                self._kept[key] = (now, work())
            return cast(Found, self._kept[key][1])
