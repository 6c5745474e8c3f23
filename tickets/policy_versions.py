"""Every version of every policy that was ever in force, as the bytes of its file. Rows are added, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import Connection, func, insert, select

from policies.policy import Policy
from tickets.events import add, happening
from tickets.faults import StoreError
from tickets.schema import policy_version

COLUMNS = tuple(column for column in policy_version.c if column.name != "content")


class VersionTaken(StoreError):
    """A version of a policy is recorded already: what is recorded never changes."""


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A recorded version without its content. ``effective`` is the day from which it holds, in its own time zone."""

    id: int
    policy: str
    version: str
    effective: date
    digest: str
    author: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Adoption:
    """A version to be recorded: who put it in force from which day, and why."""

    policy: Policy
    effective: date
    author: str
    reason: str


def state(connection: Connection) -> tuple[int, int]:
    """How many versions there are, and the newest one's id: another pair than before says that some were added."""
    newest = select(func.count(), func.max(policy_version.c.id)).select_from(policy_version)
    count, last = connection.execute(newest).one()
    return count, last or 0


def every(connection: Connection, policy: str | None = None) -> list[PolicyVersion]:
    """The versions of one policy or of all, by policy, the day they take effect, and when they were recorded."""
    order = (policy_version.c.policy, policy_version.c.effective, policy_version.c.id)
    query = select(*COLUMNS).order_by(*order)
    if policy is not None:
        query = query.where(policy_version.c.policy == policy)
    return [PolicyVersion(**row._mapping) for row in connection.execute(query)]


def content(connection: Connection, version: int) -> bytes:
    """The file of a version, by its id."""
    query = select(policy_version.c.content).where(policy_version.c.id == version)
    found: str = connection.scalars(query).one()
    return found.encode()


def adopt(connection: Connection, adoptions: Sequence[Adoption]) -> None:
    """Records versions, each with its event; raises :class:`VersionTaken` for one that is there."""
    before = {(row.policy, row.version): row for row in every(connection)}
    for adoption in adoptions:
        taken = before.get((adoption.policy.name, adoption.policy.version))
        if taken is not None:
            raise VersionTaken(taken_sentence(taken, adoption.policy))
        _write(connection, adoption)


def record_new(connection: Connection, adoptions: Sequence[Adoption]) -> None:
    """Records those versions that are not there yet."""
    before = {(row.policy, row.version) for row in every(connection)}
    for adoption in adoptions:
        if (adoption.policy.name, adoption.policy.version) not in before:
            _write(connection, adoption)


def _write(connection: Connection, adoption: Adoption) -> None:
    policy = adoption.policy
    row = {
        "policy": policy.name,
        "version": policy.version,
        "effective": adoption.effective,
        "digest": policy.digest,
        "author": adoption.author,
        "reason": adoption.reason,
    }
    connection.execute(
        insert(policy_version).values(**row, content=policy.source.decode(), at=datetime.now(UTC)),
    )
    details = {**row, "effective": adoption.effective.isoformat()}
    del details["author"]
    add(connection, [happening("policy_adopted", details, actor=adoption.author)])


def taken_sentence(taken: PolicyVersion, policy: Policy) -> str:
    """Why ``policy`` cannot be recorded beside the version that has its number."""
    since = f"recorded on {taken.at:%Y-%m-%d} by {taken.author}"
    if taken.digest == policy.digest:
        return f"{policy.name} {policy.version} is there already ({since}), in force from {taken.effective}."
    return (
        f"{policy.name} {policy.version} is there already ({since}) with another content, and what tickets were "
        "decided by never changes: raise `version` in the file."
    )
