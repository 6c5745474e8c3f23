"""Which model versions go: never one that somebody may still ask for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.small_office import POLICY
from classifier.card import ModelCard
from mailtriage.office import Office
from mailtriage.pruning import prune, staying
from mailtriage.retraining import retrain
from tests.mailtriage.quick_training import changed, office

__all__ = ["office"]
MADE = datetime(2026, 1, 1, tzinfo=UTC)


def cards(*names: str) -> list[ModelCard]:
    """Cards by the letters of their versions, the last letter the newest; a capital was refused by the gate."""
    return [
        ModelCard(name.lower(), POLICY, "lean", MADE, "1", "1", 1, 0, "", {}, {}, promoted=name.islower())
        for name in sorted(names, key=str.lower, reverse=True)
    ]


@pytest.mark.parametrize(
    ("made", "history", "deciding", "versions", "kept"),
    [
        ("abcdef", "fe", "", 2, "fe"),
        ("abcdef", "ab", "", 2, "feba"),  # rolled back: in force, and the way back, however old
        ("abcdef", "fe", "b", 2, "feb"),
        ("abCDeF", "eb", "", 2, "feb"),  # of the refused the ones that are newer than what is in force
        ("abCdEF", "Cb".lower(), "", 2, "fedcb"),  # a refused one that was promoted by hand counts as any other
        ("abc", "", "", 2, "cb"),
    ],
)
def test_what_stays(made: str, history: str, deciding: str, versions: int, kept: str) -> None:
    found = staying(cards(*made), list(history), list(deciding), versions=versions, days=30)
    assert "".join(found) == kept


def test_pruning_removes_what_a_dry_run_says_and_leaves_a_registry_that_loads(office: Office) -> None:
    small = changed(office, keep_versions=2, keep_days=1)
    registry = small.registry
    retrain(POLICY, small, actor="ann")
    first = registry.versions(POLICY)[0]
    for day in range(1, 4):
        made = registry.add(registry.load(POLICY), replace(first, created_at=MADE + timedelta(days=day)))
        registry.promote(POLICY, made.version)
    told = prune(POLICY, small, dry_run=True)
    assert len(told.gone) == 1 and len(registry.versions(POLICY)) == 4
    assert prune(POLICY, small) == told
    assert {card.version for card in registry.versions(POLICY)} == set(told.kept)
    assert registry.history(POLICY) == [version for version in registry.history(POLICY) if version in told.kept]
    assert registry.rollback(POLICY) in told.kept and registry.load(POLICY)


def test_what_decided_an_open_ticket_stays(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    small = changed(office, keep_versions=2, keep_days=1)
    retrain(POLICY, small, actor="ann")
    first = small.registry.versions(POLICY)[0]
    old = small.registry.add(small.models.of(POLICY), replace(first, created_at=MADE))
    for day in range(1, 3):
        small.registry.add(small.models.of(POLICY), replace(first, created_at=MADE + timedelta(days=day)))
    monkeypatch.setattr(type(small.store), "deciding_models", lambda self, policy, since: frozenset({old.version}))
    done = prune(POLICY, small)
    assert old.version in done.kept and "wait for a person" in done.kept[old.version]
    assert len(done.gone) == 1
