"""The registry: atomic, and never reading what it did not write."""

from __future__ import annotations

import json
import pickle
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from classifier import registry as room
from classifier.model import Model
from classifier.registry import ModelCard, OutdatedModel, Registry, RegistryError

CARD = ModelCard(
    version="",
    policy="penelope",
    profile="lean",
    created_at=datetime(2026, 11, 22, 15, 30, tzinfo=UTC),
    program="0+unknown",
    policy_version="1",
    examples=120,
    agent_labelled=0,
    data_digest="d",
    metrics={"severity": 0.5},
    files={},
)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "models")


def test_an_empty_registry_has_nothing_and_says_what_to_do(registry: Registry) -> None:
    assert registry.versions("penelope") == []
    assert registry.current("penelope") is None
    with pytest.raises(RegistryError, match="mailtriage train"):
        registry.load("penelope")


def test_a_version_is_named_by_its_time_and_content_and_loads_under_that_name(registry: Registry, model: Model) -> None:
    card = registry.add(model, CARD)
    assert card.version.startswith("20261122-153000-")
    assert registry.current("penelope") is None, "adding promotes nothing"
    assert registry.versions("penelope") == [card]
    assert registry.load("penelope", card.version).version == card.version


def test_two_versions_of_one_second_do_not_collide_and_the_newest_comes_first(registry: Registry, model: Model) -> None:
    first, second = registry.add(model, CARD), registry.add(model, CARD)
    later = registry.add(model, replace(CARD, created_at=datetime(2026, 11, 23, tzinfo=UTC)))
    assert len({first.version, second.version, later.version}) == 3
    assert [card.version for card in registry.versions("penelope")] == [later.version, second.version, first.version]


def test_promotion_and_rollback_move_what_is_in_force(registry: Registry, model: Model) -> None:
    names = [
        registry.add(model, replace(CARD, created_at=datetime(2026, 1, day, tzinfo=UTC))).version for day in (1, 2, 3)
    ]
    for name in names:
        registry.promote("penelope", name)
    assert registry.load("penelope").version == names[2]
    assert registry.rollback("penelope") == names[1]
    assert registry.rollback("penelope") == names[0] == registry.current("penelope")
    with pytest.raises(RegistryError, match="no earlier model"):
        registry.rollback("penelope")


def test_promoting_twice_keeps_the_way_back(registry: Registry, model: Model) -> None:
    old, new = (
        registry.add(model, replace(CARD, created_at=datetime(2026, 1, day, tzinfo=UTC))).version for day in (1, 2)
    )
    for name in (old, new, new):
        registry.promote("penelope", name)
    assert registry.rollback("penelope") == old


@pytest.mark.parametrize("name", ["model.json", "arrays.npz"])
def test_a_file_that_was_changed_is_refused_and_never_read(
    registry: Registry, model: Model, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = registry.add(model, CARD)
    path = registry.root / "penelope" / card.version / name
    path.write_bytes(path.read_bytes() + b" ")
    monkeypatch.setattr(room.storage, "load", lambda *_: pytest.fail("the file was read"))
    with pytest.raises(RegistryError, match="was not loaded"):
        registry.load("penelope", card.version)


def test_a_pickle_in_place_of_the_arrays_is_not_unpickled_even_with_a_matching_digest(
    registry: Registry, model: Model, tmp_path: Path
) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path(tmp_path / "exploded").write_text, ("boom",))

    card = registry.add(model, CARD)
    folder = registry.root / "penelope" / card.version
    for content in (pickle.dumps(Bomb()), _npz_with_objects(tmp_path, Bomb())):
        (folder / "arrays.npz").write_bytes(content)
        forged = replace(card, files={**card.files, "arrays.npz": room._digest(folder / "arrays.npz")})
        (folder / "card.json").write_text(json.dumps(forged.to_json()))
        with pytest.raises(RegistryError, match="cannot be read"):
            registry.load("penelope", card.version)
    assert not (tmp_path / "exploded").exists()


def _npz_with_objects(folder: Path, item: object) -> bytes:
    np.savez(folder / "objects.npz", words_idf=np.asarray([item], dtype=object))
    return (folder / "objects.npz").read_bytes()


def test_a_missing_file_and_a_broken_card_are_named(registry: Registry, model: Model) -> None:
    card = registry.add(model, CARD)
    folder = registry.root / "penelope" / card.version
    (folder / "arrays.npz").unlink()
    with pytest.raises(RegistryError, match=r"arrays\.npz cannot be read"):
        registry.load("penelope", card.version)
    (folder / "card.json").write_text("{}")
    with pytest.raises(RegistryError, match="not a model card"):
        registry.load("penelope", card.version)


@pytest.mark.parametrize(
    ("theirs", "loads"), [("0.1.7", True), ("0.2.0", False), ("1.1.0", False), ("0+unknown", True)]
)
def test_a_model_of_another_minor_version_is_refused_naming_the_command(
    registry: Registry, model: Model, monkeypatch: pytest.MonkeyPatch, theirs: str, loads: bool
) -> None:
    monkeypatch.setattr(room, "program_version", lambda: "0.1.0")
    card = registry.add(model, replace(CARD, program=theirs))
    if loads:
        assert registry.load("penelope", card.version)
    else:
        with pytest.raises(RegistryError, match="mailtriage train --policy penelope"):
            registry.load("penelope", card.version)


@pytest.mark.parametrize("name", ["../../etc", "..", "", "20261122-153000-zzzzzzzz", "20261122-153000-12345678"])
def test_a_name_that_is_no_version_reaches_no_file(registry: Registry, name: str) -> None:
    with pytest.raises(RegistryError):
        registry.card("penelope", name)
    with pytest.raises(RegistryError):
        registry.promote("penelope", name)


@pytest.mark.parametrize("policy", ["../x", "", "a/b", ".hidden"])
def test_a_name_that_is_no_policy_reaches_no_file(registry: Registry, policy: str) -> None:
    with pytest.raises(RegistryError, match="not the name of a policy"):
        registry.versions(policy)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, model: Model) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RegistryError, match="cannot be written"):
        Registry(tmp_path / "file" / "models").add(model, CARD)


def test_a_failed_write_leaves_no_version_and_no_draft(
    registry: Registry, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(room.storage, "save", full)
    with pytest.raises(RegistryError, match="No space left"):
        registry.add(model, CARD)
    assert [path for path in (registry.root / "penelope").iterdir() if path.is_dir()] == []


def test_readers_never_see_half_a_promotion(registry: Registry, model: Model) -> None:
    names = [
        registry.add(model, replace(CARD, created_at=datetime(2026, 1, day, tzinfo=UTC))).version for day in (1, 2)
    ]
    registry.promote("penelope", names[0])
    done = threading.Event()
    seen: set[str | None] = set()

    def read() -> None:
        while not done.is_set():
            seen.add(registry.current("penelope"))

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(100):
        registry.promote("penelope", names[turn % 2])
    done.set()
    reader.join()
    assert seen <= set(names)


def test_starters_are_copied_once_and_a_forged_one_is_refused(tmp_path: Path, registry: Registry, model: Model) -> None:
    shipped = Registry(tmp_path / "shipped")
    starter = shipped.add(model, CARD)
    assert registry.install_starters(shipped.root, ["penelope"]) == [], "nothing is in force there yet"
    shipped.promote("penelope", starter.version)
    assert registry.install_starters(shipped.root, ["penelope", "perfana"]) == ["penelope"]
    assert registry.load("penelope").version == starter.version
    assert registry.install_starters(shipped.root, ["penelope"]) == []
    (shipped.root / "penelope" / starter.version / "model.json").write_text("{}")
    with pytest.raises(RegistryError, match="was not loaded"):
        Registry(tmp_path / "fresh").install_starters(shipped.root, ["penelope"])


def test_a_model_of_an_earlier_format_is_refused_with_the_command_that_makes_the_next(
    tmp_path: Path, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(tmp_path / "models")
    with monkeypatch.context() as earlier:
        earlier.setattr("classifier.storage.FORMAT", 1)
        added = registry.add(model, CARD)
    with pytest.raises(OutdatedModel, match="mailtriage train --policy penelope"):
        registry.load("penelope", added.version)


def test_a_model_that_learned_from_another_network_is_refused_with_the_command_too(
    tmp_path: Path, model: Model
) -> None:
    registry = Registry(tmp_path / "models")
    added = registry.add(replace(model, network="0" * 64), CARD)
    with pytest.raises(OutdatedModel, match=r"another network.*mailtriage train --policy penelope"):
        registry.load("penelope", added.version)


def of_day(registry: Registry, model: Model, day: int) -> str:
    return registry.add(model, replace(CARD, created_at=datetime(2026, 1, day, tzinfo=UTC))).version


def test_a_model_succeeds_only_the_one_that_it_was_judged_against(registry: Registry, model: Model) -> None:
    first, second, third = (of_day(registry, model, day) for day in (1, 2, 3))
    assert registry.succeed("penelope", first, None)
    assert registry.succeed("penelope", second, first)
    assert not registry.succeed("penelope", third, first)
    assert registry.history("penelope") == [second, first]


def test_removed_versions_are_gone_and_no_way_leads_back_to_them(registry: Registry, model: Model) -> None:
    first, second, third = (of_day(registry, model, day) for day in (1, 2, 3))
    for version in (first, second, third):
        registry.promote("penelope", version)
    for kept in (second, third):
        with pytest.raises(RegistryError, match="stays"):
            registry.remove("penelope", [first, kept])
    registry.remove("penelope", [first])
    assert [card.version for card in registry.versions("penelope")] == [third, second]
    assert registry.rollback("penelope") == second
    with pytest.raises(RegistryError, match="no earlier model"):
        registry.rollback("penelope")


def test_what_a_killed_process_left_is_swept_but_no_draft_that_is_written(
    registry: Registry, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = of_day(registry, model, 1)
    folder = registry.root / "penelope"
    (folder / ".draft-half").mkdir()
    (folder / ".gone-old").mkdir()
    (folder / ".current-x").write_text("")
    swept: list[list[str]] = []
    write = room.storage.save

    def sweep_meanwhile(*args: object) -> None:
        swept.append(registry.sweep("penelope"))
        write(*args)

    monkeypatch.setattr(room.storage, "save", sweep_meanwhile)
    second = of_day(registry, model, 2)
    assert swept == [[]]
    assert registry.sweep("penelope") == [".current-x", ".draft-half", ".gone-old"]
    assert [card.version for card in registry.versions("penelope")] == [second, version]


def test_what_another_program_made_is_told_from_the_card_and_without_loading_it(
    registry: Registry, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = registry.add(model, CARD)
    assert registry.outdated(card) is None
    monkeypatch.setattr(room.storage, "FORMAT", room.storage.FORMAT + 1)
    assert "mailtriage train --policy penelope" in (registry.outdated(card) or "")
    with pytest.raises(OutdatedModel):
        registry.load("penelope", card.version)


def test_a_starter_whose_promotion_was_cut_short_is_promoted_at_the_next_start(
    tmp_path: Path, registry: Registry, model: Model
) -> None:
    shipped = Registry(tmp_path / "shipped")
    starter = shipped.add(model, CARD).version
    shipped.promote("penelope", starter)
    registry.install_starters(shipped.root, ["penelope"])
    (registry.root / "penelope" / "current").unlink()
    assert registry.install_starters(shipped.root, ["penelope"]) == ["penelope"]
    assert registry.current("penelope") == starter and len(registry.versions("penelope")) == 1
