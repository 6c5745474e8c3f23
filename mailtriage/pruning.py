"""Which model versions stay: the newest, those that may have to answer for a ticket, and the way back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from classifier.card import ModelCard
from mailtriage.office import Office
from mailtriage.starters import snapshots_of


@dataclass(frozen=True, slots=True)
class Pruning:
    """The versions of a policy that go (newest first), and why each of the others stays."""

    policy: str
    gone: tuple[str, ...]
    kept: dict[str, str]

    def to_json(self) -> dict[str, object]:
        """A JSON object."""
        return {"policy": self.policy, "gone": list(self.gone), "kept": self.kept}


def prune(policy: str, office: Office, *, dry_run: bool = False) -> Pruning:
    """Removes versions that nobody needs any more, and the snapshots that only they were made from.

    The training lock must be held, so that no version is the champion of a run that goes on; a dry run needs no lock.
    """
    retraining, registry = office.settings.retraining, office.registry
    since = datetime.now(UTC) - timedelta(days=retraining.keep_days)
    cards = registry.versions(policy)
    kept = staying(
        cards,
        registry.history(policy),
        office.store.deciding_models(policy, since),
        versions=retraining.keep_versions,
        days=retraining.keep_days,
    )
    gone = tuple(card.version for card in cards if card.version not in kept)
    if gone and not dry_run:
        registry.remove(policy, gone)
        snapshots_of(registry, policy).prune({card.data_digest for card in cards if card.version in kept})
    return Pruning(policy, gone, kept)


def staying(
    cards: Sequence[ModelCard], history: Sequence[str], deciding: Collection[str], *, versions: int, days: int
) -> dict[str, str]:
    """The versions that stay, each with the reason; ``cards`` are the newest first, ``history`` as the registry's.

    ``deciding`` are those that a ticket's verdict names which may be asked for again (`mailtriage replay`, the page's
    explanations). A version that the gate refused stays while it is newer than the one in force: somebody may promote
    it with a reason.
    """
    reasons: dict[str, str] = {}
    for version, reason in zip(history[:2], ("in force", "the way back"), strict=False):
        reasons.setdefault(version, reason)
    for card in cards:
        if card.version in deciding:
            reasons.setdefault(card.version, f"decided tickets of the last {days} days, or that wait for a person")
    proven = [card.version for card in cards if not card.refused or card.version in history]
    for version in proven[:versions]:
        reasons.setdefault(version, f"one of the {versions} newest")
    in_force = history[0] if history else ""
    refused = [card.version for card in cards if card.version not in proven and card.version > in_force]
    for version in refused[:versions]:
        reasons.setdefault(version, "refused, and newer than the one in force")
    return {card.version: reasons[card.version] for card in cards if card.version in reasons}
