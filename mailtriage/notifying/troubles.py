"""What is wrong with telling: the targets that cannot be told, for pages, /healthz and the log."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from errors import MailtriageError
from mailtriage.alerts import AlertLog
from mailtriage.settings import Settings
from tickets.notifying.notifications import Trouble
from tickets.store import Store
from webui.alerts import Alert

log = logging.getLogger("mailtriage.notifying")
LOOK_SECONDS = 60.0
GIVEN_UP = "notifications_given_up"
FAILING = "notifications_fail"


def alert_of(trouble: Trouble) -> Alert:
    """The alert for a target that cannot be told; what was given up before what is tried again."""
    name = trouble.target if trouble.channel == "webhook" else "mail"
    to = f" to {trouble.target}" if trouble.channel == "mail" else ""
    error = trouble.error.rstrip(".") or "see the log"
    if trouble.given_up:
        says = f"{_count(trouble.given_up)}{to} given up ({error})"
        remedy = "Once it works: mailtriage notifications retry --all"
        return Alert(name, GIVEN_UP, f"{GIVEN_UP} {trouble.target}", says, remedy, part="notifications")
    says = f"{_count(trouble.failing)}{to} cannot be sent and will be tried again ({error})"
    return Alert(name, FAILING, f"{FAILING} {trouble.target}", says, part="notifications")


def _count(number: int) -> str:
    return "one notification" if number == 1 else f"{number} notifications"


class TroubleWatcher(threading.Thread):
    """Asks the outbox once a minute until ``stop`` is set; pages read what it found. Not yet started."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        stop: threading.Event,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(name="notification-troubles", daemon=True)
        self.alerts: list[Alert] = []
        self._store = store
        self._settings = settings
        self._stop_asking = stop
        self._clock = clock
        self._log = AlertLog()

    def run(self) -> None:
        while not self._stop_asking.is_set():
            self.look()
            self._stop_asking.wait(LOOK_SECONDS)

    def look(self) -> None:
        """One look; when the store does not answer, what was found before stays."""
        try:
            known = self._settings.subscriptions().known
            self.alerts = [alert_of(trouble) for trouble in self._store.notification_troubles(known)]
            self._log.note(self.alerts, self._clock())
        except MailtriageError as error:
            log.warning("notifications could not be looked at: %s", error)
        except Exception:  # as in the other watchers
            log.exception("looking at notifications failed")
