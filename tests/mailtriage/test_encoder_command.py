"""The encoder's commands and settings: which profiles can be used here, and what to run for the others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from classifier.card import ModelCard
from classifier.encoder import EncoderError, configure, configured, parts
from classifier.registry import Registry, RegistryError
from mailtriage import encoders, starters
from mailtriage.cli import command
from mailtriage.doctor import examine
from mailtriage.settings import EncoderTable, Settings


@pytest.fixture(autouse=True)
def places_as_before() -> Iterator[None]:
    before = configured()
    yield
    configure(before)


@pytest.fixture
def uninstalled(monkeypatch: pytest.MonkeyPatch) -> None:
    """No part of the full profile's encoder, whatever is installed here."""
    missing = replace(parts.PARTS[0], package="not-installed-anywhere")
    monkeypatch.setattr(parts.installed_parts, "__defaults__", ((missing,),))


def settings_in(folder: Path, **more: object) -> Settings:
    return Settings(data_dir=folder / "data", encoder=EncoderTable(folder=folder / "built"), **more)  # type: ignore[arg-type]


@pytest.mark.usefixtures("uninstalled")
def test_each_profile_says_whether_it_can_be_used_and_else_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILTRIAGE_ENCODER__FOLDER", str(tmp_path))
    result = CliRunner().invoke(command, ["--data-dir", str(tmp_path), "encoder", "list", "--json"])
    said = {line["profile"]: line for line in map(json.loads, result.stdout.splitlines())}
    assert {name: line["usable"] for name, line in said.items()} == {"lean": True, "standard": True, "full": False}
    assert 'pip install "mailtriage[full]"' in said["full"]["says"]


@pytest.mark.usefixtures("uninstalled")
def test_the_doctor_wants_the_encoder_of_the_profile_that_is_set(tmp_path: Path) -> None:
    def found(settings: Settings) -> tuple[bool, str]:
        return next((one.well, one.says) for one in examine(settings) if one.subject == "encoder")

    assert found(settings_in(tmp_path)) == (
        True,
        "standard: all-MiniLM-L6-v2; lean is usable, full is not installed",
    )
    well, says = found(settings_in(tmp_path, profile="full"))
    assert not well
    assert "--no-deps" in says


@pytest.mark.usefixtures("uninstalled")
def test_a_model_whose_encoder_is_not_there_is_not_loaded(tmp_path: Path) -> None:
    encoders.configure(settings_in(tmp_path))
    registry = Registry(tmp_path / "models")
    registry.install_starters(starters.starter_models("standard"), ["penelope"])
    version = registry.current("penelope")
    assert version is not None
    path = registry.root / "penelope" / version / "card.json"
    card = ModelCard.from_json(json.loads(path.read_text("utf-8")))
    path.write_text(json.dumps(replace(card, profile="full").to_json()), "utf-8")
    with pytest.raises(RegistryError, match=r"trained in the full profile\. .*pip install"):
        registry.load("penelope")


@pytest.mark.usefixtures("uninstalled")
def test_building_what_is_not_installed_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="pip install"):
        encoders.prepare(settings_in(tmp_path, profile="full"))


def test_no_size_keeps_no_vectors(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", encoder=EncoderTable(cache_mb=0))
    encoders.configure(settings)
    assert configured().vector_bytes == 0
    encoders.configure(settings_in(tmp_path))
    assert configured().vectors == tmp_path / "data" / "vectors"
    assert configured().vector_bytes == 500_000_000
