"""What a model is made of: its labelled mails, under a digest of their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from classifier.example import Example
from classifier.fitting_heads import POOLED


@dataclass(frozen=True, slots=True)
class SnapshotMail:
    """One mail that made a model: its digest, and what it taught (label to value); all else is None once erased.

    ``pool`` says that it is another policy's, from which not every label is learned. The digest is that of
    :attr:`classifier.example.Example.sha256`.
    """

    digest: str
    pool: bool
    id: str | None = None
    policy: str | None = None
    origin: str | None = None
    labels: Mapping[str, str] | None = None

    @property
    def erased(self) -> bool:
        """Whether nothing but the digest is left of it."""
        return self.id is None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a model learns from: the examples in order of their id, those of other policies, and a digest of both."""

    examples: tuple[Example, ...]
    digest: str
    pool: tuple[Example, ...] = ()

    @property
    def agent_labelled(self) -> int:
        """How many of the examples carry an agent's word."""
        return sum(example.origin == "agent" for example in self.examples)


def snapshot(examples: Iterable[Example], pool: Iterable[Example] = ()) -> Snapshot:
    """The examples to learn from: of two with the same id the agent's labels replace the other's, label by label."""
    merged: dict[str, Example] = {}
    for example in sorted(examples, key=lambda example: (example.id, example.origin == "agent", example.digest)):
        merged[example.id] = _corrected(merged[example.id], example) if example.id in merged else example
    own, others = tuple(merged.values()), tuple(pool)
    digests = [*((False, example.sha256) for example in own), *((True, example.sha256) for example in others)]
    return Snapshot(own, digest_of(digests), others)


def digest_of(mails: Iterable[tuple[bool, str]]) -> str:
    """The digest of a snapshot, from those of its mails in order, each with whether it is of the pool.

    A mail whose text was erased still has its digest, so the snapshot keeps its own.
    """
    lines = (f"{'pool' if pool else 'own'} {digest}\n" for pool, digest in mails)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def mail_in(example: Example, *, pool: bool) -> SnapshotMail:
    """What that example taught a model."""
    known = {**example.labels, **example.impact}
    taught = {label: value for label, value in known.items() if not pool or label in POOLED}
    return SnapshotMail(example.sha256, pool, example.id, example.policy, example.origin, taught)


def mails(data: Snapshot) -> list[SnapshotMail]:
    """Every mail of a snapshot, the policy's own first."""
    own = [mail_in(example, pool=False) for example in data.examples]
    return [*own, *(mail_in(example, pool=True) for example in data.pool)]


def _corrected(example: Example, by: Example) -> Example:
    if by.origin != "agent":
        return by
    clauses = example.clauses if by.clauses is None else by.clauses
    labels, impact = {**example.labels, **by.labels}, {**example.impact, **by.impact}
    return replace(example, labels=labels, impact=impact, clauses=clauses, origin="agent")
