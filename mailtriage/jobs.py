"""Background work: trainings that were asked for, and those that the schedule or the number of new labels asks for."""

from __future__ import annotations

import logging
import threading
from functools import partial
from hashlib import sha256

from huey import Huey, PostgresHuey, SqliteHuey, crontab
from huey.consumer import Consumer
from huey.serializer import SignedSerializer

from errors import MailtriageError
from mailtriage.following import put_in_order
from mailtriage.office import Office
from mailtriage.retraining import new_labels, untried_labels
from mailtriage.settings import Settings
from mailtriage.training_process import train_apart
from mailtriage.training_turn import TrainingBusy, training_alone
from tickets.training_runs import TrainingRun

log = logging.getLogger("mailtriage.jobs")
STOP_SECONDS = 20.0
WORKERS = 2
"""One may train for an hour; the other goes on looking."""


def open_queue(settings: Settings) -> Huey:
    """The job queue: a SQLite file in the data folder, or the store's PostgreSQL; its entries are signed.

    Machines that share a store share the queue where they have the same key, and cannot read each other's else.
    """
    secret = settings.web_secret()
    serializer = SignedSerializer(secret=secret.hex())
    if settings.database_url is None:
        return SqliteHuey("mailtriage", filename=str(settings.data_dir / "jobs.db"), serializer=serializer)
    dsn = settings.store_url().replace("postgresql+psycopg://", "postgresql://", 1)
    return PostgresHuey(f"mailtriage-{sha256(secret).hexdigest()[:12]}", dsn=dsn, serializer=serializer)


class BackgroundWork:
    """The queue's consumer in this process: trains what is asked for, by people, the schedule, or new labels."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._stop = threading.Event()
        self._turn = threading.Lock()
        queue = open_queue(office.settings)
        self._train = queue.task(name="train")(self._train_waiting)
        queue.periodic_task(crontab(), name="tend")(self._tend)
        retraining = office.settings.retraining
        if retraining.enabled:
            minute, hour, day, month, day_of_week = retraining.schedule.split()
            when = crontab(minute, hour, day, month, day_of_week)
            queue.periodic_task(when, name="retrain")(partial(ask_on_schedule, office))
        self._consumer: Consumer = queue.create_consumer(
            workers=WORKERS, worker_type="thread", shutdown_timeout=STOP_SECONDS
        )

    def start(self) -> None:
        """Starts the workers and the scheduler. The consumer takes the signal handlers; set your own afterwards."""
        self._consumer.start()

    def stop(self) -> None:
        """Ends after the task in flight, or after twenty seconds; a training that goes on is ended."""
        self._stop.set()
        self._consumer.stop(graceful=True)

    def ask(self, policy: str, actor: str) -> TrainingRun:
        """Asks for a training, which begins at once where none goes on."""
        run = self._office.store.ask_training(policy, actor=actor)
        self._train()
        return run

    def _tend(self) -> None:
        tend(self._office)
        self._train_waiting()

    def _train_waiting(self) -> None:
        if self._turn.acquire(blocking=False):
            try:
                train_waiting(self._office, self._stop)
            finally:
                self._turn.release()


def tend(office: Office) -> None:
    """Ends the runs whose process was killed, and asks for a training where enough labels are new."""
    store = office.store
    if store.training_runs(states=("running",)):
        try:
            with training_alone(store, office.settings.data_dir):
                put_in_order(store, office.registry, sorted(office.policies))
        except TrainingBusy:
            pass
    enough = office.settings.retraining.at_new_labels
    if not (enough and office.settings.retraining.enabled):
        return
    for name in sorted(office.policies):
        if untried_labels(name, office) >= enough:
            store.ask_training(name, actor="new labels")


def ask_on_schedule(office: Office) -> list[str]:
    """Asks for a training of each policy that has enough new labels; their names."""
    asked = []
    for name in sorted(office.policies):
        waiting = new_labels(name, office)
        if waiting < office.settings.retraining.minimum_new_labels:
            log.info("%s: %d new labels, not enough to retrain", name, waiting)
            continue
        office.store.ask_training(name, actor="schedule")
        asked.append(name)
    return asked


def train_waiting(office: Office, stop: threading.Event) -> list[TrainingRun]:
    """Trains what waits, the oldest first, until nothing does or another process trains; the runs as they ended."""
    ended: list[TrainingRun] = []
    while not stop.is_set():
        waiting = office.store.training_runs(states=("waiting",))
        if not waiting or office.store.training_runs(states=("running",)):
            break
        try:
            run = train_apart(waiting[-1], office, stop)
        except MailtriageError as error:
            log.warning("%s: not retrained: %s", waiting[-1].policy, error)
            break
        if run.live:
            break
        log.info("%s: training run %d: %s", run.policy, run.id, run.state)
        ended.append(run)
    return ended
