"""The threads that look at deadlines and tell what happened, beside polling and the page."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from mailtriage.deadlines import DeadlineWatcher
from mailtriage.notifying.deliverer import MOST_FAILURES, DelivererThread, deliverers
from mailtriage.notifying.troubles import TroubleWatcher
from mailtriage.office import Office
from webui.alerts import Alert


class Telling:
    """Deadlines watched, the outbox delivered, and what is wrong with that; runs until ``stop`` is set."""

    def __init__(self, office: Office, stop: threading.Event) -> None:
        self._deadlines = DeadlineWatcher(office, stop)
        self._troubles = TroubleWatcher(office.store, office.settings, stop)
        self._deliverers = [DelivererThread(one, stop) for one in deliverers(office)]

    @property
    def threads(self) -> tuple[threading.Thread, ...]:
        return (self._deadlines, self._troubles, *self._deliverers)

    def alerts(self) -> list[Alert]:
        """What is wrong with telling, as of a minute ago at most."""
        return self._troubles.alerts


def tell_once(office: Office, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
    """Looks at deadlines and delivers what is due, once; what fails is logged and waits for the next time."""
    stop = threading.Event()
    if office.settings.deadlines.enabled:
        DeadlineWatcher(office, stop, clock).look()
    for one in deliverers(office, clock):
        DelivererThread(one, stop).round(MOST_FAILURES)
    TroubleWatcher(office.store, office.settings, stop, clock).look()
