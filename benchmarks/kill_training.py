"""Trainings killed (SIGKILL) at random moments, again and again: the registry always loads, the old model or the new.

Run ``python -m benchmarks.kill_training`` (``--kills 100``, ``--seed 0``). A forked process trains, promotes, rolls
back and prunes without end. Half of the kills fall at any moment of a training, a quarter while its version is written,
a quarter while versions are promoted, rolled back and pruned. After each: the version in force and every other one load
with all their digests right, the lock is free, the run is told as failed (or as promoted where its model is in force),
and drafts are gone. Leaves with 1 when anything is wrong. Beside it, the same kills of a registry that writes its files
in their places.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import mmap
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.small_office import POLICY, learning_from, small_office, small_settings
from classifier import storage
from classifier.figures.figures import Figures
from classifier.model import Model
from classifier.registry import CARD, CURRENT, ModelCard, Registry, RegistryError
from mailtriage.following import put_in_order
from mailtriage.promoting import promote, rollback
from mailtriage.pruning import prune
from mailtriage.retraining import retrain
from mailtriage.settings import Settings
from mailtriage.training_turn import training_alone
from tests import small_model

LONGEST_LIFE = 3.0
WITHIN_WRITING = 1.0
AIMING_SECONDS = 60.0
TURNS = 5
TRAINING, WRITING, PROMOTING = b"t", b"w", b"p"
DOING = {TRAINING: "training", WRITING: "writing the version it made", PROMOTING: "promoting, rolling back and pruning"}
AIMS = (None, WRITING, None, PROMOTING)
"""Where the kills fall, in turn; None: at any moment of a training."""


class InPlace(Registry):
    """The baseline: a registry that writes every file where it belongs, with no draft and no lock."""

    def add(self, model: Model, card: ModelCard, figures: Figures | None = None) -> ModelCard:
        named = replace(card, version=f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.urandom(4).hex()}")
        folder = self.folder(model.policy) / named.version
        folder.mkdir(parents=True)
        (self.folder(model.policy) / CURRENT).write_text(f"{named.version}\n{card.version}\n", encoding="utf-8")
        storage.save(model, folder)
        files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        (folder / CARD).write_text(json.dumps(replace(named, files=files).to_json()), encoding="utf-8")
        return named


class Worker:
    """A forked process that works until it is killed; ``aim`` waits until it does something."""

    def __init__(self, work: Callable[[mmap.mmap], None]) -> None:
        self._told = mmap.mmap(-1, 1)
        self.pid = os.fork()
        if self.pid == 0:
            try:
                work(self._told)
            except BaseException:
                traceback.print_exc()
            os._exit(1)

    @property
    def doing(self) -> bytes:
        return self._told[:1]

    def aim(self, at: bytes) -> None:
        ends = time.monotonic() + AIMING_SECONDS
        while self.doing != at and time.monotonic() < ends:
            time.sleep(0.002)

    def kill(self) -> bool:
        """Whether it lived until then."""
        os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        return os.WIFSIGNALED(status)


def train_and_promote(settings: Settings, number: int, training: bool, told: mmap.mmap) -> None:
    """Trains (first, or later), adds versions, promotes, rolls back and prunes until it is killed."""

    def progress(step: str, share: float) -> None:
        told[:1] = WRITING if share >= 1 else TRAINING

    office = small_office(settings)
    while True:
        if training:
            told[:1] = TRAINING
            retrain(POLICY, office, actor="kill", seed=number, progress=progress)
        told[:1] = PROMOTING
        version = office.registry.current(POLICY) or ""
        for _ in range(TURNS):
            card = office.registry.card(POLICY, version)
            version = office.registry.add(office.registry.load(POLICY, version), card).version
            promote(POLICY, version, office, actor="kill")
            rollback(POLICY, office, actor="kill")
            promote(POLICY, version, office, actor="kill")
            with training_alone(office.store, settings.data_dir):
                prune(POLICY, office)
        training = True
        number += 1


def write_in_place(root: Path, told: mmap.mmap) -> None:
    """Adds and promotes versions as the baseline does, until it is killed."""
    registry = InPlace(root)
    told[:1] = PROMOTING
    while True:
        card = registry.card(POLICY, registry.current(POLICY) or "")
        registry.add(registry.load(POLICY), card)


def faults(root: Path) -> list[str]:
    """What is wrong with a registry as a killed process left it."""
    registry = Registry(root)
    try:
        in_force = registry.current(POLICY)
        if in_force is None or registry.load(POLICY).version != in_force:
            return [f"{in_force} is in force and another one loads"]
        for card in registry.versions(POLICY):
            registry.load(POLICY, card.version)
        for version in registry.history(POLICY)[:2]:
            registry.card(POLICY, version)
    except RegistryError as error:
        return [str(error)]
    return []


def left_overs(settings: Settings) -> list[str]:
    """Puts the store and the registry in order as the next training does; what is wrong afterwards."""
    found = []
    with closing(small_office(settings).store) as store:
        registry = Registry(settings.models_dir)
        with training_alone(store, settings.data_dir):
            for run in put_in_order(store, registry, [POLICY]):
                promoted = run.version is not None and run.version == registry.current(POLICY)
                if run.state != ("promoted" if promoted else "failed"):
                    found.append(f"run {run.id} is told as {run.state}")
        if store.training_runs(states=("running",)):
            found.append("a run goes on without a process")
    return found + [f"{path.name} is left" for path in (settings.models_dir / POLICY).glob(".[dgc]*-*")]


def killed(folder: Path, kills: int, chance: random.Random) -> tuple[list[str], Counter[str]]:
    """Kills trainings so often; what was wrong after which kill, and what they were doing."""
    settings = small_settings(folder)
    with closing(small_office(settings)) as office:
        retrain(POLICY, office, actor="before", seed=0)
    wrong: list[str] = []
    at: Counter[str] = Counter()
    for number in range(kills):
        aim = AIMS[number % len(AIMS)]
        worker = Worker(partial(train_and_promote, settings, number, aim != PROMOTING))
        if aim is None:
            time.sleep(chance.uniform(0.05, LONGEST_LIFE))
        else:
            worker.aim(aim)
            time.sleep(chance.uniform(0, WITHIN_WRITING))
        at[DOING.get(worker.doing, "starting")] += 1
        if not worker.kill():
            wrong.append(f"kill {number}: the process had ended by itself")
        wrong += [f"kill {number}: {fault}" for fault in (*faults(settings.models_dir), *left_overs(settings))]
    with closing(small_office(settings)) as office:
        if not retrain(POLICY, office, actor="after", seed=0).promoted:
            wrong.append("the training after all kills promotes nothing")
        at.update(f"runs {run.state}" for run in office.store.training_runs(limit=1000))
    return wrong, at


def killed_in_place(folder: Path, root: Path, kills: int, chance: random.Random) -> int:
    """After how many kills a registry that writes in place did not load; each begins with a copy of ``root``."""
    broken = 0
    for number in range(kills):
        copy = folder / str(number)
        shutil.copytree(root, copy)
        worker = Worker(partial(write_in_place, copy))
        worker.aim(PROMOTING)
        time.sleep(chance.uniform(0, WITHIN_WRITING))
        worker.kill()
        broken += bool(faults(copy))
    return broken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name, learning_from(small_model.examples()):
        folder = Path(name)
        wrong, at = killed(folder / "data", arguments.kills, chance)
        broken = killed_in_place(folder, folder / "data" / "models", arguments.kills, chance)
    print(f"{arguments.kills} kills: " + ", ".join(f"{count} {what}" for what, count in sorted(at.items())))
    for fault in wrong:
        print(f"  {fault}")
    print(f"wrong after a kill: {len(wrong)}; of a registry that writes in place: {broken}")
    print(f"{time.monotonic() - began:.0f} s")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
