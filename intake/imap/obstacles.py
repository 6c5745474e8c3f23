"""Mails at whose fetching the connection broke, remembered from one session to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

TRIES = 3
"""How often fetching one mail by itself must fail before the mailbox goes on without it."""


class Obstacles:
    """Which mails to fetch by themselves, and which not at all any more. Keys are (UIDVALIDITY, UID)."""

    def __init__(self) -> None:
        self._failed: Counter[tuple[int, int]] = Counter()
        self._suspects: set[tuple[int, int]] = set()

    def suspect(self, uidvalidity: int, uids: Iterable[int]) -> None:
        """One of these broke the connection: from now on each is fetched by itself."""
        self._suspects.update((uidvalidity, uid) for uid in uids)

    def failed(self, uidvalidity: int, uid: int) -> None:
        """This one failed by itself."""
        self._suspects.add((uidvalidity, uid))
        self._failed[uidvalidity, uid] += 1

    def suspected(self, uidvalidity: int, uid: int) -> bool:
        return (uidvalidity, uid) in self._suspects

    def hopeless(self, uidvalidity: int, uid: int, tries: int = TRIES) -> bool:
        """Whether it failed often enough by itself."""
        return self._failed[uidvalidity, uid] >= tries

    def passed(self, uidvalidity: int, uid: int) -> None:
        """This one is behind us."""
        self._suspects.discard((uidvalidity, uid))
        self._failed.pop((uidvalidity, uid), None)

    def __bool__(self) -> bool:
        return bool(self._suspects)
