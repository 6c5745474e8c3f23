"""Background work: retraining on a schedule, when there are enough new labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from intake import files
from mailtriage.demo import SAMPLES
from mailtriage.importing import import_mails
from mailtriage.jobs import BackgroundWork, ask_on_schedule, open_queue
from mailtriage.office import Office
from mailtriage.retraining import new_labels
from mailtriage.settings import RetrainingTable
from tickets import desk


def with_labels(office: Office, count: int) -> Office:
    import_mails(files.read([SAMPLES / "penelope"]), "penelope", office)
    for number in range(1, count + 1):
        desk.correct(office.store, office.policy("penelope"), number, {"severity": "SEV3"}, agent="ann")
    return office


@pytest.mark.parametrize(("labels", "asked"), [(2, []), (3, ["penelope"])])
def test_a_policy_is_retrained_from_enough_new_labels_on(
    labels: int, asked: list[str], make_office: Callable[..., Office]
) -> None:
    office = with_labels(make_office(retraining=RetrainingTable(minimum_new_labels=3)), labels)
    assert ask_on_schedule(office) == asked
    assert [(run.policy, run.actor) for run in office.store.training_runs()] == [(name, "schedule") for name in asked]


def test_labels_older_than_the_model_in_force_do_not_count(office: Office) -> None:

    with_labels(office, 2)
    assert new_labels("penelope", office) == 2
    card = office.registry.versions("penelope")[0]

    later = office.registry.add(office.models.of("penelope"), replace(card, created_at=datetime.now(UTC)))
    office.registry.promote("penelope", later.version)
    assert new_labels("penelope", office) == 0


def test_the_schedule_is_kept_by_a_worker_that_starts_and_stops(make_office: Callable[..., Office]) -> None:
    work = BackgroundWork(make_office(retraining=RetrainingTable(schedule="30 2 * * 1")))
    work.start()
    work.stop()
    off = BackgroundWork(make_office(retraining=RetrainingTable(enabled=False)))
    off.start()
    off.stop()


def test_a_job_that_this_installation_did_not_sign_is_not_run(office: Office) -> None:
    queue = open_queue(office.settings)
    queue.storage.enqueue(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(ValueError, match=r"ignature|eparator"):
        queue.dequeue()
