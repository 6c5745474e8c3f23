"""What the mail that comes now is like, so that held-back mails count as it does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from classifier.live_mix import LiveMix
from tickets.store import Store

RECENT = timedelta(days=90)
LEAST_TICKETS = 50
"""Fewer say nothing of the mix: then all held-back mails count alike."""
LABELS = ("topic", "scope")


def live_mix(policy: str, store: Store, *, now: datetime | None = None) -> LiveMix | None:
    """The shares of topics and of scopes among the tickets of the last 90 days; None where there are too few."""
    tallies = store.label_tallies(policy, (now or datetime.now(UTC)) - RECENT, LABELS)
    if sum(tallies[LABELS[0]].values()) < LEAST_TICKETS:
        return None
    return {
        label: {value: count / sum(counts.values()) for value, count in counts.items()}
        for label, counts in tallies.items()
    }
