"""Takes what is due out of the outbox and tells it, a thread for each channel's server; what fails is tried again."""

from __future__ import annotations

import logging
import random
import threading
from collections import Counter as Tally
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from errors import MailtriageError
from mailtriage.notifying.delivery import Channel, NotDelivered
from mailtriage.notifying.mail import MailChannel
from mailtriage.notifying.message import message_of
from mailtriage.notifying.webhook import WebhookChannel
from mailtriage.office import Office
from mailtriage.settings import Settings
from tickets.notifying.notifications import LONGEST_ERROR, Notification
from tickets.notifying.subscriptions import Channel as ChannelName
from tickets.store import StoreUnavailable

log = logging.getLogger("mailtriage.notifying")
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(days=1)
SHORTEST_LEASE = timedelta(minutes=5)
ANSWERS = 20
"""More than a delivery waits for: of an SMTP session about a dozen, each as long as its timeout at most."""
MOST_FAILURES = 3
LOOK_SECONDS = 5.0

Outcome = Literal["sent", "failed", "given_up", "nothing"]


def pause_after(tries: int, random_share: float) -> timedelta:
    """How long to wait after so many tries in vain: twice as long each time, up to a day; of that at least half."""
    whole = min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(tries - 1, 20)))
    return whole * (0.5 + random_share / 2)


class Deliverer:
    """Delivers what the outbox holds for the targets of one channel.

    Several processes may deliver for the same targets: none takes what another one has in hand.
    """

    def __init__(
        self,
        name: ChannelName,
        targets: Sequence[str],
        channel: Channel,
        max_tries: int,
        timeout_seconds: float,
        office: Office,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name: ChannelName = name
        self.targets = tuple(targets)
        self.channel = channel
        self._max_tries = max_tries
        self._lease = max(SHORTEST_LEASE, ANSWERS * timedelta(seconds=timeout_seconds))
        self._office = office
        self._clock = clock
        # Not for secrecy: so that what failed together is not tried again together.
        self._random = random.Random()  # noqa: S311

    @property
    def label(self) -> str:
        """How it is called in the log and on pages."""
        return "mail" if self.name == "mail" else f"webhook {', '.join(self.targets)}"

    def deliver_due(self, stop: threading.Event, failures: int = 1) -> Tally[Outcome]:
        """Delivers what is due, until nothing is, so many failed or ``stop`` is set; counts what came of it.

        After a failure the others wait for the next round: most failures are the server's.
        """
        counts: Tally[Outcome] = Tally()
        while not stop.is_set() and counts["failed"] < failures:
            outcome = self.deliver_one()
            if outcome == "nothing":
                break
            counts[outcome] += 1
        return counts

    def deliver_one(self) -> Outcome:
        """Delivers the one that has been due longest; raises a store error when the store fails meanwhile."""
        store = self._office.store
        claimed = store.claim_notification(self.name, self.targets, self._clock(), self._lease)
        if claimed is None:
            return "nothing"
        try:
            message = message_of(claimed, store, self._office.policies, self._office.settings.web.address)
            self.channel.deliver(message, claimed.target)
        except StoreUnavailable:
            raise
        except NotDelivered as error:
            return self._failed(claimed, str(error), for_good=error.for_good)
        except Exception as error:  # one that cannot even be written must not stand before all others for ever
            log.exception("notification %d cannot be told", claimed.id)
            return self._failed(claimed, f"it cannot be written ({type(error).__name__}); see the log", for_good=False)
        store.notification_sent(claimed, self._clock())
        return "sent"

    def _failed(self, claimed: Notification, error: str, *, for_good: bool) -> Outcome:
        now = self._clock()
        gives_up = for_good or claimed.tries >= self._max_tries
        next_try = None if gives_up else now + pause_after(claimed.tries, self._random.random())
        self._office.store.notification_failed(claimed, error[:LONGEST_ERROR], next_try=next_try, now=now)
        what = "given up" if gives_up else f"tried again at {next_try:%Y-%m-%d %H:%M:%S} UTC"
        log.warning("%s: notification %d: %s; %s", self.label, claimed.id, error, what)
        return "given_up" if gives_up else "failed"


def deliverers(office: Office, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> list[Deliverer]:
    """One for mail and one for each webhook, where the settings name any."""
    found = []
    smtp = office.settings.smtp
    if smtp is not None and smtp.recipients:
        mail = MailChannel(smtp, clock)
        found.append(Deliverer("mail", smtp.recipients, mail, smtp.max_tries, smtp.timeout_seconds, office, clock))
    for table in office.settings.webhooks:
        channel = WebhookChannel(table, clock)
        tries, seconds = table.max_tries, table.timeout_seconds
        found.append(Deliverer("webhook", (table.name,), channel, tries, seconds, office, clock))
    return found


def channels(settings: Settings) -> dict[str, Channel]:
    """Every channel of the settings by its name: ``mail``, ``webhook NAME``."""
    named: dict[str, Channel] = {"mail": MailChannel(settings.smtp)} if settings.smtp else {}
    return named | {f"webhook {table.name}": WebhookChannel(table) for table in settings.webhooks}


class DelivererThread(threading.Thread):
    """Delivers until ``stop`` is set; not yet started. A delivery in hand is finished first."""

    def __init__(self, deliverer: Deliverer, stop: threading.Event) -> None:
        super().__init__(name=f"notify-{deliverer.label}", daemon=True)
        self.deliverer = deliverer
        self.stop = stop

    def run(self) -> None:
        while not self.stop.is_set():
            self.round()
            self.stop.wait(LOOK_SECONDS)

    def round(self, failures: int = 1) -> None:
        """One round; what fails is logged and done in the next one."""
        try:
            counts = self.deliverer.deliver_due(self.stop, failures)
        except MailtriageError as error:
            log.warning("%s: notifications wait: %s", self.deliverer.label, error)
        except Exception:  # a thread that dies silently would keep everybody uninformed
            log.exception("%s: telling failed", self.deliverer.label)
        else:
            if counts["sent"]:
                log.info("%s: sent %d notifications", self.deliverer.label, counts["sent"])
