"""The figures that the registry keeps beside a model."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifier.card import ModelCard
from classifier.figures.figures import Figures
from classifier.registry import FIGURES, Registry, RegistryError
from tests import small_model


def shelve(registry: Registry, figures: Figures | None) -> str:
    made = datetime(2026, 11, 2, tzinfo=UTC)
    card = ModelCard("", "penelope", "lean", made, "0.1.0", "1.0.0", 60, 0, "ab" * 32, {}, {})
    return registry.add(small_model.model(), card, figures).version


def test_figures_are_kept_beside_the_model_which_loads_with_and_without(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    with_them, without = shelve(registry, small_model.figures()), shelve(registry, None)
    assert registry.figures("penelope", with_them) == small_model.figures()
    assert registry.figures("penelope", without) is None
    for version in (with_them, without):
        assert registry.load("penelope", version).version == version


def test_figures_that_were_changed_are_never_read(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    version = shelve(registry, small_model.figures())
    path = tmp_path / "penelope" / version / FIGURES
    path.write_text(path.read_text("utf-8").replace("0", "1", 1), "utf-8")
    with pytest.raises(RegistryError, match="is not the file the registry wrote"):
        registry.figures("penelope", version)
