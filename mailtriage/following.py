"""A training that everybody can follow: its row says how far it is and what came of it, whatever happens to it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from classifier.fitting import Progress, silent
from classifier.registry import Registry
from errors import MailtriageError
from mailtriage.office import Office
from mailtriage.pruning import prune
from mailtriage.starters import TrainingError
from mailtriage.training_turn import training_alone
from tickets.store import Store
from tickets.training_runs import RunEnded, RunState, TrainingRun

log = logging.getLogger("mailtriage.training")
BEAT_SECONDS = 1.0
"""How often a run says that it lives and how far it is."""
NOT_CHANGED = "Nothing was put in force. Train again on the models page or with `mailtriage train --policy {policy}`."
LOST = "The process that trained was killed, or its machine went down."


class Followed:
    """A training that runs: what it is told goes to its row, once a second, from a thread of its own."""

    def __init__(self, run: TrainingRun, store: Store, told: Progress, longest_minutes: float) -> None:
        self.run = run
        self._store = store
        self._told = told
        self._longest_minutes = longest_minutes
        self._ends = time.monotonic() + longest_minutes * 60
        self._where = (run.step, run.share)
        self._done = threading.Event()
        self._ended_by_others = threading.Event()
        self._beat = threading.Thread(target=self._beats, name=f"training-{run.id}", daemon=True)

    def progress(self, step: str, share: float) -> None:
        """Says what is being done now. Raises :class:`RunEnded` once somebody has cancelled the run."""
        self._where = (step, min(max(share, 0.0), 1.0))
        self._told(*self._where)
        if self._ended_by_others.is_set():
            raise RunEnded(self.run.id)
        if time.monotonic() > self._ends:
            raise TrainingError(too_long(self._longest_minutes))

    def made(self, version: str) -> None:
        """Notes the version that is about to be put in force; raises :class:`RunEnded` when it may not be."""
        self._store.training_made(self.run.id, version)

    def done(self, promoted: bool, reasons: Sequence[str], version: str) -> None:
        """Ends the run, with the event that says what the gate decided."""
        self._stop()
        state: RunState = "promoted" if promoted else "refused"
        self._store.end_training(self.run.id, state, reasons=reasons, version=version)

    def failed(self, error: str) -> None:
        """Ends the run that failed, or that was cancelled."""
        self._stop()
        with suppress(RunEnded):
            cancelled = self._store.training_run(self.run.id).cancelled_by
            state: RunState = "cancelled" if cancelled else "failed"
            self._store.end_training(self.run.id, state, error=error)

    def start(self) -> None:
        """Begins to say that the run lives."""
        self._beat.start()

    def _stop(self) -> None:
        self._done.set()
        if self._beat.is_alive():
            self._beat.join()

    def _beats(self) -> None:
        while not self._done.wait(BEAT_SECONDS):
            try:
                run = self._store.beat_training(self.run.id, *self._where)
                if run.cancelled_by is not None:
                    self._ended_by_others.set()
            except RunEnded:
                self._ended_by_others.set()
            except MailtriageError as error:
                log.warning("training run %d: how far it is cannot be written: %s", self.run.id, error)


@contextmanager
def followed(
    policy: str,
    office: Office,
    *,
    actor: str,
    seed: int = 0,
    run: TrainingRun | None = None,
    progress: Progress = silent,
) -> Iterator[Followed]:
    """Alone with the training of ``policy``: as ``run``, which waits for its turn, or as a new one.

    What earlier trainings that were killed left behind is put in order first, and old versions go afterwards. A block
    that raises ends the run as failed. Raises :class:`~mailtriage.training_turn.TrainingBusy`.
    """
    store, registry = office.store, office.registry
    with training_alone(store, office.settings.data_dir):
        put_in_order(store, registry, sorted(office.policies))
        asked = run or store.ask_training(policy, actor=actor, seed=seed)
        begun = store.begin_training(asked.id, registry.current(policy))
        following = Followed(begun, store, progress, office.settings.retraining.longest_minutes)
        try:
            following.start()
            yield following
        except BaseException as error:
            following.failed(_explained(error, policy, office))
            raise
        try:
            prune(policy, office)
        except MailtriageError as error:
            log.warning("%s: old models stay: %s", policy, error)


def put_in_order(store: Store, registry: Registry, policies: Sequence[str]) -> list[TrainingRun]:
    """Ends the runs whose process was killed, and removes their drafts; those runs. The training lock must be held."""
    ended = [end_lost(run, store, registry, LOST) for run in store.training_runs(states=("running",))]
    for policy in policies:
        for name in registry.sweep(policy):
            log.warning("%s: removed %s, which a killed process left", policy, name)
    return ended


def end_lost(run: TrainingRun, store: Store, registry: Registry, why: str) -> TrainingRun:
    """Ends a run whose process is gone: as promoted where its model is in force already, else as failed."""
    if run.version is not None and registry.current(run.policy) == run.version:
        card = registry.card(run.policy, run.version)
        return store.end_training(run.id, "promoted", reasons=[card.note] if card.note else [], version=run.version)
    state: RunState = "cancelled" if run.cancelled_by else "failed"
    return store.end_training(run.id, state, error=f"{why} {NOT_CHANGED.format(policy=run.policy)}")


def out_of_memory(megabytes: int) -> str:
    """Why a training that had so much memory failed, and what to do."""
    limit = f"the {megabytes:,} MB that memory_mb of [retraining] allows" if megabytes else "there is"
    return f"The training needed more memory than {limit}: raise it, or train on a machine that has more."


def too_long(minutes: float) -> str:
    """Why a training that took longer than that was ended, and what to do."""
    return f"The training took longer than {minutes:g} minutes: raise longest_minutes of [retraining]."


def _explained(error: BaseException, policy: str, office: Office) -> str:
    if isinstance(error, RunEnded):
        return "It was cancelled."
    if isinstance(error, MailtriageError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{out_of_memory(office.settings.retraining.memory_mb)} {NOT_CHANGED.format(policy=policy)}"
    if isinstance(error, KeyboardInterrupt):
        return f"It was interrupted. {NOT_CHANGED.format(policy=policy)}"
    return f"{type(error).__name__}: {error}. {NOT_CHANGED.format(policy=policy)}"
