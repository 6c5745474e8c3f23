"""Background work: what runs on a schedule, beside polling and the page."""

from __future__ import annotations

import logging
from functools import partial

from huey import Huey, PostgresHuey, SqliteHuey, crontab
from huey.consumer import Consumer
from huey.serializer import SignedSerializer

from errors import MailtriageError
from mailtriage.office import Office
from mailtriage.retraining import new_labels, retrain
from mailtriage.settings import Settings

log = logging.getLogger("mailtriage.jobs")
STOP_SECONDS = 20.0


def open_queue(settings: Settings) -> Huey:
    """The job queue: a SQLite file in the data folder, or the store's PostgreSQL; its entries are signed."""
    serializer = SignedSerializer(secret=settings.web_secret().hex())
    if settings.database_url is None:
        return SqliteHuey("mailtriage", filename=str(settings.data_dir / "jobs.db"), serializer=serializer)
    dsn = settings.store_url().replace("postgresql+psycopg://", "postgresql://", 1)
    return PostgresHuey("mailtriage", dsn=dsn, serializer=serializer)


class BackgroundWork:
    """The queue's consumer in this process: retrains on the schedule of the settings."""

    def __init__(self, office: Office) -> None:
        self._consumer: Consumer | None = None
        retraining = office.settings.retraining
        if not retraining.enabled:
            return
        queue = open_queue(office.settings)
        minute, hour, day, month, day_of_week = retraining.schedule.split()

        when = crontab(minute, hour, day, month, day_of_week)
        queue.periodic_task(when, name="retrain")(partial(scheduled_retraining, office))

        self._consumer = queue.create_consumer(workers=1, worker_type="thread", shutdown_timeout=STOP_SECONDS)

    def start(self) -> None:
        """Starts the worker and the scheduler. The consumer takes the signal handlers; set your own afterwards."""
        if self._consumer is not None:
            self._consumer.start()

    def stop(self) -> None:
        """Ends after the task in flight, or after twenty seconds."""
        if self._consumer is not None:
            self._consumer.stop(graceful=True)


def scheduled_retraining(office: Office) -> list[str]:
    """Retrains each policy that has enough new labels; the names of those that got a new model in force."""
    promoted = []
    for name in sorted(office.policies):
        waiting = new_labels(name, office)
        if waiting < office.settings.retraining.minimum_new_labels:
            log.info("%s: %d new labels, not enough to retrain", name, waiting)
            continue
        try:
            if retrain(name, office, actor="schedule").promoted:
                promoted.append(name)
        except MailtriageError as error:
            log.warning("%s: not retrained: %s", name, error)
    return promoted
