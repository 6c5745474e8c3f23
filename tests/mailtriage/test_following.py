"""A training that can be followed, cancelled and killed: its row says what came of it."""

from __future__ import annotations

import random
import sys
import threading
import time
from pathlib import Path

import pytest

from benchmarks import kill_training, promotions
from benchmarks.small_office import POLICY, learning_from, small_settings
from classifier.training import GateReport
from mailtriage import following, retraining, training_process
from mailtriage.following import followed, put_in_order
from mailtriage.jobs import BackgroundWork, ask_on_schedule, tend, train_waiting
from mailtriage.office import Office
from mailtriage.retraining import retrain
from mailtriage.settings import Settings
from mailtriage.starters import TrainingError
from mailtriage.training_turn import training_alone
from tests import small_model
from tests.mailtriage.quick_training import STEPS, changed, office, quick_challenge
from tests.servers.postgres import server
from tickets.training_runs import RunEnded

__all__ = ["office"]


def test_a_training_says_how_far_it_is_and_what_came_of_it(office: Office) -> None:
    told: list[tuple[str, float]] = []
    assert retrain(POLICY, office, actor="ann", progress=lambda step, share: told.append((step, share))).promoted
    [run] = office.store.training_runs()
    assert (run.state, run.actor, run.reasons) == ("promoted", "ann", ("Not worse.",))
    assert run.version == office.registry.current(POLICY) and run.champion is None
    assert [step for step, _ in told] == [*STEPS, "judged"]
    assert [event.details["version"] for event in office.store.events()] == [run.version]


def test_a_failure_is_told_on_the_row_with_what_to_do(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> GateReport:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(retraining, "challenge", fails)
    with pytest.raises(ZeroDivisionError):
        retrain(POLICY, office, actor="ann")
    [run] = office.store.training_runs()
    assert run.state == "failed" and run.error is not None
    assert "ZeroDivisionError: by zero" in run.error and "mailtriage train --policy penelope" in run.error


def test_a_cancelled_training_ends_at_its_next_step_and_promotes_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "BEAT_SECONDS", 0.01)
    with pytest.raises(RunEnded), followed(POLICY, office, actor="ann") as run:
        office.store.cancel_training(run.run.id, actor="bob")
        for _ in range(1000):
            run.progress("heads", 0.5)
            time.sleep(0.01)
    [ended] = office.store.training_runs()
    assert (ended.state, ended.cancelled_by) == ("cancelled", "bob")


def test_a_training_cancelled_at_the_last_moment_puts_nothing_in_force(office: Office) -> None:
    def cancel(step: str, share: float) -> None:
        office.store.cancel_training(office.store.training_runs()[0].id, actor="bob")

    with pytest.raises(RunEnded):
        retrain(POLICY, office, actor="ann", progress=cancel)
    assert office.registry.current(POLICY) is None
    assert office.store.training_runs()[0].state == "cancelled"


def test_a_training_that_takes_too_long_is_ended_and_says_which_setting(office: Office) -> None:
    with pytest.raises(TrainingError, match="longest_minutes"):
        retrain(POLICY, changed(office, longest_minutes=1e-9), actor="ann")
    assert office.store.training_runs()[0].state == "failed"


def test_a_model_put_in_force_meanwhile_stays(office: Office) -> None:
    retrain(POLICY, office, actor="ann")
    first = office.registry.current(POLICY) or ""

    def promote_another(step: str, share: float) -> None:
        if step == "judged":
            card = office.registry.card(POLICY, first)
            office.registry.promote(POLICY, office.registry.add(small_model.model(), card).version)

    report = retrain(POLICY, office, actor="ann", progress=promote_another)
    assert not report.promoted and "Another model was put in force" in report.reasons[-1]
    assert office.store.training_runs()[0].state == "refused"
    assert office.registry.current(POLICY) not in (first, office.store.training_runs()[0].version)


def test_a_run_whose_process_was_killed_is_told_by_what_is_in_force(office: Office) -> None:
    retrain(POLICY, office, actor="ann")
    in_force = office.registry.current(POLICY) or ""
    for made, state in ((None, "failed"), ("20200101-000000-0123abcd", "failed"), (in_force, "promoted")):
        run = office.store.begin_training(office.store.ask_training(POLICY, actor="ann").id, None)
        if made:
            office.store.training_made(run.id, made)
        (office.registry.folder(POLICY) / ".draft-half").mkdir()
        with training_alone(office.store, office.settings.data_dir):
            [ended] = put_in_order(office.store, office.registry, [POLICY])
        assert ended.state == state
        assert (ended.error is None) == (state == "promoted")
        assert not list(office.registry.folder(POLICY).glob(".draft-*"))
    assert retrain(POLICY, office, actor="ann").promoted


def test_killed_at_any_moment_the_registry_loads_and_the_next_training_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retraining, "challenge", quick_challenge)
    monkeypatch.setattr(kill_training, "LONGEST_LIFE", 0.4)
    monkeypatch.setattr(kill_training, "WITHIN_WRITING", 0.4)
    with learning_from(small_model.examples()[:20]):
        wrong, at = kill_training.killed(tmp_path, 4, random.Random(0))
    assert wrong == []
    assert at["runs promoted"] >= 2 and at["runs running"] == 0


@pytest.mark.postgres
def test_tickets_name_one_version_each_while_two_workers_record_and_models_change(tmp_path: Path) -> None:
    settings = small_settings(tmp_path, server().emptied_database())
    found = promotions.change(settings, 3, 20, random.Random(0))
    assert found.wrong == ()
    assert sum(found.by_version.values()) == 40 and len(found.by_version) > 1


PROCESS = """
import sys
from benchmarks.small_office import small_office
from mailtriage import training_process
from mailtriage.following import followed

def retrain(policy, office, *, actor, seed, run):
    with followed(policy, office, actor=actor, seed=seed, run=run):
        {work}

training_process.open_office = lambda settings, train_own: small_office(settings)
training_process.retrain = retrain
sys.exit(training_process.main())
"""


def trained_apart(office: Office, folder: Path, monkeypatch: pytest.MonkeyPatch, process: str, **bounds: object) -> str:
    """The error of a run that is trained apart by ``process``, a script."""
    script = folder / "training.py"
    script.write_text(process, encoding="utf-8")
    monkeypatch.setattr(training_process, "PROCESS", (sys.executable, str(script)))
    monkeypatch.setenv("PYTHONPATH", str(Path(training_process.__file__).parents[1]))
    bounded = changed(office, **bounds)
    run = office.store.ask_training(POLICY, actor="ann")
    [ended] = train_waiting(bounded, threading.Event())
    assert (ended.id, ended.state) == (run.id, "failed")
    assert ended.error is not None
    return ended.error


def test_a_training_that_needs_too_much_memory_fails_by_itself_and_says_which_setting(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = PROCESS.format(work="bytearray(3_000 * 1024 * 1024)")
    error = trained_apart(office, tmp_path, monkeypatch, process, memory_mb=1500)
    assert "more memory than the 1,500 MB that memory_mb of [retraining] allows" in error


def test_a_training_process_that_dies_without_a_word_fails_its_run_and_the_next_goes(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = trained_apart(office, tmp_path, monkeypatch, "import os\nos.kill(os.getpid(), 9)")
    assert "SIGKILL" in error and "mailtriage train --policy penelope" in error
    assert retrain(POLICY, office, actor="ann").promoted


def test_new_labels_ask_for_a_training_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    retrain(POLICY, office, actor="ann")
    monkeypatch.setattr(type(office.store), "labels_since", lambda self, policy, moment: 7)
    tend(changed(office, at_new_labels=8))
    assert office.store.training_runs(states=("waiting",)) == []
    for _ in range(2):
        tend(changed(office, at_new_labels=7))
    assert [run.actor for run in office.store.training_runs(states=("waiting",))] == ["new labels"]
    assert ask_on_schedule(changed(office, minimum_new_labels=8)) == []
    assert ask_on_schedule(changed(office, minimum_new_labels=7)) == [POLICY]


def test_a_training_that_is_asked_for_begins_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = threading.Event()
    monkeypatch.setattr("mailtriage.jobs.train_waiting", lambda office, stop: begun.set())
    work = BackgroundWork(office)
    work.start()
    try:
        run = work.ask(POLICY, "ann")
        assert begun.wait(20) and run.state == "waiting"
    finally:
        work.stop()


def test_the_process_that_trains_gets_every_setting(office: Office) -> None:
    sent = office.settings.model_dump(mode="json")
    assert Settings(**sent) == office.settings
