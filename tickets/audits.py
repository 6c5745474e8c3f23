"""The audit sample: tickets that passed without a person, drawn when they are recorded, judged blind."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from policies.labels import LABELS
from tickets.among import among
from tickets.columns import countable
from tickets.events import PROGRAM, happening
from tickets.planning import Fate
from tickets.recording import Draw, Recording
from tickets.rows import How, QueueItem
from tickets.schema import audit, correction, dispute, ticket

DRAWN = "audit_drawn"
ANSWERED = "audit_answered"
DIGITS = 8
"""Bytes of the digest that a mail is drawn by."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How much of what passes alone is drawn: ``share`` of one, or that of its policy in ``shares``.

    Whether a mail is drawn follows from ``key`` and the mail itself, so that one which is recorded again, after a crash
    or in another process, is drawn again or not again; who does not know the key cannot tell which.
    """

    share: float
    shares: Mapping[str, float] = field(default_factory=dict)
    key: bytes = field(default=b"", repr=False)

    def share_of(self, policy: str) -> float:
        return self.shares.get(policy, self.share)

    def draw(self, policy: str, identity: str, promised: Mapping[str, float]) -> Draw | None:
        """The draw of the mail known as ``identity``; None where it is not drawn."""
        share = self.share_of(policy)
        digest = hmac.digest(self.key, f"audit\0{policy}\0{identity}".encode("utf-8", "surrogatepass"), "sha256")
        place = int.from_bytes(digest[:DIGITS]) / 256**DIGITS
        return Draw(share, promised) if place < share else None


@dataclass(frozen=True, slots=True)
class Audit:
    """A ticket of the sample. ``said`` is what passed alone, by label; ``answers`` what an agent said, None until then.

    ``share`` is the share with which it was drawn, ``promised`` the precision promised of each label at that time.
    """

    ticket: int
    policy: str
    drawn_at: datetime
    share: float
    model_version: str
    said: Mapping[str, str]
    promised: Mapping[str, float]
    answered_at: datetime | None = None
    answered_by: str | None = None
    answers: Mapping[str, str] | None = None

    @property
    def open(self) -> bool:
        """Whether an agent's word is still waited for: until then nobody is shown what was said."""
        return self.answers is None

    def right(self, label: str) -> bool | None:
        """Whether what was said of a label is what the agent said; None until then."""
        return None if self.answers is None else self.answers[label] == self.said[label]

    @property
    def all_right(self) -> bool | None:
        """Whether all of it is."""
        return None if self.answers is None else all(self.right(label) for label in LABELS)


@dataclass(frozen=True, slots=True)
class OpenAudit:
    """A ticket that waits to be judged blind, with nothing of what was said of it."""

    number: int
    policy: str
    subject: str
    sender_name: str
    sender_address: str
    drawn_at: datetime


def drawn(
    connection: Connection, recordings: Sequence[Recording], fates: Sequence[Fate], opened: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Writes the audits of new tickets that opened as decided and whose mail was drawn; the events of it."""
    draws: dict[int, tuple[Draw, str]] = {}
    for recording, fate in zip(recordings, fates, strict=True):
        ours = recording.audit is not None and fate.stands and fate.disposition == "ticket"
        if ours and recording.audit and recording.placement and recording.verdict:
            number = opened[recording.placement.conversation]
            draws[number] = recording.audit, recording.verdict.versions.model
    if not draws:
        return []
    passed = select(ticket.c.number, ticket.c.policy, *(ticket.c[label] for label in LABELS))
    passed = passed.where(ticket.c.number.in_(sorted(draws)), ticket.c.state == "decided").order_by(ticket.c.number)
    rows = [_row(row, *draws[row.number]) for row in connection.execute(passed)]
    if rows:
        connection.execute(insert(audit), rows)
    return [happening(DRAWN, {"share": row["share"]}, actor=PROGRAM, ticket=row["ticket"]) for row in rows]


def _row(passed: Row[Any], draw: Draw, model_version: str) -> dict[str, Any]:
    return {
        "ticket": passed.number,
        "policy": passed.policy,
        "drawn_at": datetime.now(UTC),
        "share": draw.share,
        "model_version": model_version,
        "said": {label: passed._mapping[label] for label in LABELS},
        "promised": dict(draw.promised),
    }


def answers_one(connection: Connection, number: int, changes: Mapping[str, str], how: How) -> bool:
    """Whether this word answers an open audit: it is blind and on all four labels."""
    if how.blind is not True or set(changes) != set(LABELS):
        return False
    found = one(connection, number)
    return found is not None and found.open


def answer(
    connection: Connection, number: int, answers: Mapping[str, str], *, agent: str, at: datetime
) -> tuple[Audit, dict[str, Any]]:
    """Writes an agent's word into the ticket's audit; the audit as it is then, and the event of it."""
    values = {"answered_at": at, "answered_by": agent, "answers": dict(answers)}
    connection.execute(update(audit).where(audit.c.ticket == number).values(values))
    done = one(connection, number)
    if done is None:
        raise ValueError("an audit is answered that there is")
    wrong = {label: {"said": done.said[label], "answer": answers[label]} for label in LABELS if not done.right(label)}
    return done, happening(ANSWERED, {"wrong": wrong}, actor=agent, ticket=number)


def one(connection: Connection, number: int) -> Audit | None:
    """The audit of a ticket."""
    row = connection.execute(select(audit).where(audit.c.ticket == countable(number))).one_or_none()
    return None if row is None else _audit_of(row)


def of_policy(connection: Connection, policy: str, since: datetime | None = None) -> list[Audit]:
    """The audits of a policy drawn from ``since`` on; what was settled after an answer stands in its place."""
    query = select(audit).where(audit.c.policy == policy).order_by(audit.c.drawn_at, audit.c.ticket)
    decided = (
        select(dispute.c.ticket, dispute.c.label, correction.c.to_value)
        .join(correction, correction.c.id == dispute.c.settlement)
        .join(audit, audit.c.ticket == dispute.c.ticket)
        .where(audit.c.policy == policy, dispute.c.settled_at > audit.c.answered_at)
        .order_by(dispute.c.settled_at)
    )
    if since is not None:
        query, decided = query.where(audit.c.drawn_at >= since), decided.where(audit.c.drawn_at >= since)
    settled: dict[int, dict[str, str]] = {}
    for row in connection.execute(decided):
        settled.setdefault(row.ticket, {})[row.label] = row.to_value
    return [_audit_of(row, settled.get(row.ticket, {})) for row in connection.execute(query)]


def waiting(connection: Connection, policy: str | None, limit: int, offset: int) -> list[OpenAudit]:
    """Open audits, the newest first: what is learned of it soon may still change something."""
    columns = (ticket.c.number, ticket.c.policy, ticket.c.subject, ticket.c.sender_name, ticket.c.sender_address)
    query = _open(select(*columns, audit.c.drawn_at)).order_by(audit.c.drawn_at.desc(), ticket.c.number.desc())
    if policy is not None:
        query = query.where(audit.c.policy == policy)
    rows = connection.execute(query.limit(countable(limit)).offset(countable(offset)))
    return [OpenAudit(**row._mapping) for row in rows]


def waiting_numbers() -> Select[tuple[int]]:
    """The numbers of the tickets with an open audit, as a query."""
    return _open(select(audit.c.ticket))


def count_open(connection: Connection) -> int:
    """How many audits wait for an agent's word."""
    found: int = connection.execute(_open(select(func.count()))).scalar_one()
    return found


def open_among(connection: Connection, numbers: Collection[int]) -> frozenset[int]:
    """Which of these tickets have an open audit."""
    if not numbers:
        return frozenset()
    query = select(audit.c.ticket).where(audit.c.answered_at.is_(None), among(connection, audit.c.ticket, numbers))
    return frozenset(connection.scalars(query))


def blinded(connection: Connection, items: Sequence[QueueItem]) -> list[QueueItem]:
    """The lines, those of tickets whose audit is open without what was decided."""
    hidden = open_among(connection, [item.number for item in items])
    return [item.blind if item.number in hidden else item for item in items]


def _open(query: Select[Any]) -> Select[Any]:
    """Of a customer that was erased nothing is left to judge."""
    joined = query.select_from(audit).join(ticket, ticket.c.number == audit.c.ticket)
    return joined.where(audit.c.answered_at.is_(None), ticket.c.erased_at.is_(None))


def _audit_of(row: Row[Any], settled: Mapping[str, str] | None = None) -> Audit:
    columns = dict(row._mapping)
    answers = None if row.answers is None else {**row.answers, **(settled or {})}
    return Audit(**{**columns, "answers": answers})


def judged(audits: Sequence[Audit]) -> list[Audit]:
    """Those that were answered, as their answers came."""
    answered = [(each.answered_at, each.ticket, each) for each in audits if each.answered_at is not None]
    return [each for _, _, each in sorted(answered, key=lambda told: told[:2])]
