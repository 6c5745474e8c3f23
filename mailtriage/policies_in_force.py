"""The policies that the store keeps: which version is in force now, and which one was when."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from classifier.program import program_version
from policies import loader
from policies.loader import PolicyFileError
from policies.policy import Policy
from policies.versions import Policies, UnknownVersion
from tickets.columns import in_utc
from tickets.events import PROGRAM
from tickets.policy_versions import Adoption, PolicyVersion, VersionTaken, taken_sentence
from tickets.store import Store

log = logging.getLogger("mailtriage.policies")
LOOK_SECONDS = 1.0
"""How long what another process adopted may go unnoticed."""
SHIPPED_WITH = "shipped with mailtriage"
"""How the reason begins for which the versions that ship are recorded."""
ZONES = timedelta(days=1)
"""No time zone is further from UTC than this."""


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


class PoliciesInForce(Policies):
    """The policies of an open store, live: what any process adopts is in force here a second later at most.

    A version is in force from the beginning of its day, in its own time zone, until a later one takes effect; of two
    with the same day the one recorded later. The first version of a policy also holds for all that was before it.
    Threads may share it; each content is parsed once, and one that cannot be read is said once in the log.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], datetime] = now,
        ticking: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ticking = ticking
        self._lock = threading.Lock()
        self._parsed: dict[int, Policy] = {}
        self._unreadable: dict[int, str] = {}
        self._versions: Mapping[str, Sequence[PolicyVersion]] = {}
        self._state = (0, 0)
        self._looked = float("-inf")

    def __getitem__(self, name: str) -> Policy:
        return self.at(name, self._clock())

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())

    def __contains__(self, name: object) -> bool:
        return name in self._known()

    def at(self, name: str, moment: datetime) -> Policy:
        versions = self._known()[name]
        day = (in_utc(moment) + ZONES).date() if moment.year < date.max.year else date.max
        for row in reversed(versions):
            if row.effective <= day and self._begun(row, moment):
                return self._policy(row)
        return self._policy(versions[0])

    def version(self, name: str, version: str) -> Policy:
        found = next((row for row in self._known().get(name, ()) if row.version == version), None)
        if found is None:
            raise UnknownVersion(f"Version {version} of the policy {name} was never recorded in this store.")
        return self._policy(found)

    def history(self, name: str) -> Sequence[PolicyVersion]:
        """Every version of a policy by the day it takes effect; empty when there is none of that name."""
        return self._known().get(name, ())

    def coming(self, name: str) -> Sequence[PolicyVersion]:
        """The versions that are to take effect after the one in force."""
        present = self._clock()
        return [row for row in self.history(name)[1:] if not self._begun(row, present)]

    def today(self, policy: Policy) -> date:
        """The present day where the policy is in force."""
        return self._clock().astimezone(ZoneInfo(policy.file.time_zone)).date()

    def adopt(self, adoption: Adoption) -> None:
        """Records a version: from the beginning of its day it is in force, in every process that shares the store.

        Raises :class:`~tickets.policy_versions.VersionTaken`.
        """
        self._store.adopt_policies([adoption])
        with self._lock:
            self._looked = float("-inf")

    def _begun(self, row: PolicyVersion, moment: datetime) -> bool:
        zone = ZoneInfo(self._policy(row).file.time_zone)
        return datetime(row.effective.year, row.effective.month, row.effective.day, tzinfo=zone) <= in_utc(moment)

    def _known(self) -> Mapping[str, Sequence[PolicyVersion]]:
        """The versions by policy, sorted by name; asks the store whether there are others, once in a while."""
        with self._lock:
            if self._ticking() - self._looked >= LOOK_SECONDS:
                state = self._store.policy_state()
                if state != self._state:
                    self._versions = _by_policy(self._store.policy_versions())
                    self._state = state
                self._looked = self._ticking()
            return self._versions

    def _policy(self, row: PolicyVersion) -> Policy:
        with self._lock:
            found = self._parsed.get(row.id)
            if found is None:
                if row.id in self._unreadable:
                    raise PolicyFileError(self._unreadable[row.id])
                content = self._store.policy_content(row.id)
                try:
                    parsed = loader.read_policy(content, f"{row.policy} {row.version} (as recorded)")
                except PolicyFileError as error:
                    self._unreadable[row.id] = str(error)
                    log.warning("a recorded version of a policy cannot be read: %s", error)
                    raise
                found = self._parsed[row.id] = replace(parsed, effective=row.effective)
            return found


def _by_policy(rows: Sequence[PolicyVersion]) -> dict[str, list[PolicyVersion]]:
    versions: dict[str, list[PolicyVersion]] = {}
    for row in rows:
        versions.setdefault(row.policy, []).append(row)
    return versions


def record_found(store: Store, folder: Path | None, *, besides: Path | None = None) -> None:
    """Records the versions that ship, and those of the files in ``folder``, which the store does not have yet.

    A file of ``folder`` stands in for the shipped policy whose name it gives, which then is not recorded; nor is a
    shipped version of a policy that ever had one of one's own, or an upgrade would displace a contract. A version
    of a policy that has others takes effect today at the earliest: yesterday's mails were decided without it. Raises
    :class:`~tickets.policy_versions.VersionTaken` for a file whose version is recorded with another content. A shipped
    version that is recorded with another content (one's own file held that number) is left alone: what is recorded
    holds. ``besides`` is a file that is not looked at.
    """
    before = store.policy_versions()
    ones_own = {row.policy for row in before if not _was_shipped(row)}
    found = {name: loader.load_shipped(name) for name in loader.shipped() if name not in ones_own}
    own = loader.load_own(folder, besides=besides) if folder is not None else {}
    shipped = f"{SHIPPED_WITH} {program_version()}"
    reasons = dict.fromkeys(found, shipped) | dict.fromkeys(own, "found in policies_dir")
    every = {**found, **own}
    if any(_recorded(before, policy) is None for policy in every.values()):
        names = {row.policy for row in before}
        store.record_policies(
            [
                Adoption(policy, _first_day(policy, known=name in names), PROGRAM, reasons[name])
                for name, policy in every.items()
            ]
        )
        before = store.policy_versions()
    for name, policy in every.items():
        row = _recorded(before, policy)
        if row is not None and row.digest != policy.digest:
            if name in own:
                raise VersionTaken(
                    f"policies_dir: {taken_sentence(row, policy)} Restart then, or put it in force with "
                    "`mailtriage policy adopt FILE`, which notes who changed it and why."
                )
            log.info("%s %s ships with another content than is recorded; what is recorded holds", name, policy.version)


def _was_shipped(row: PolicyVersion) -> bool:
    return row.author == PROGRAM and row.reason.startswith(SHIPPED_WITH)


def _recorded(rows: Sequence[PolicyVersion], policy: Policy) -> PolicyVersion | None:
    return next((row for row in rows if (row.policy, row.version) == (policy.name, policy.version)), None)


def _first_day(policy: Policy, *, known: bool) -> date:
    if not known:
        return policy.effective
    return max(policy.effective, datetime.now(ZoneInfo(policy.file.time_zone)).date())
