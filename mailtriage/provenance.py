"""Which mails made a model."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from classifier.card import ModelCard
from classifier.registry import Registry
from classifier.snapshot import SnapshotMail, mails
from classifier.snapshot_folder import SnapshotError
from mailtriage.starters import shipped_snapshot, snapshots_of


def mails_of(card: ModelCard, registry: Registry, policies: Collection[str]) -> list[SnapshotMail]:
    """Exactly the mails that made that model, the policy's own first.

    Those of a starter are the mails that ship, as long as they are still the same. Raises
    :class:`~classifier.snapshot_folder.SnapshotError` where nobody can say.
    """
    kept = snapshots_of(registry, card.policy)
    if kept.has(card.data_digest):
        return kept.mails(card.data_digest)
    shipped = shipped_snapshot(card.policy, policies)
    if shipped.digest == card.data_digest:
        return mails(shipped)
    raise SnapshotError(
        f"What model {card.policy} {card.version} was made from is not kept: it came with, or was trained by, "
        f"mailtriage {card.program}. The next training keeps it."
    )


def told(found: Sequence[SnapshotMail]) -> list[str]:
    """A line for each mail: its digest, id and origin, and what it taught."""
    lines = []
    for mail in found:
        if mail.erased:
            lines.append(f"{mail.digest[:16]}  erased")
            continue
        taught = ", ".join(f"{label} {value}" for label, value in (mail.labels or {}).items())
        origin = f"{mail.origin}, of {mail.policy}" if mail.pool else mail.origin
        lines.append(f"{mail.digest[:16]}  {mail.id}  ({origin})  {taught or 'nothing'}")
    return lines


def as_json(mail: SnapshotMail) -> dict[str, Any]:
    """One mail as a JSON object; an erased one has its digest alone."""
    if mail.erased:
        return {"digest": mail.digest, "pool": mail.pool, "erased": True}
    return {**asdict(mail), "erased": False}
