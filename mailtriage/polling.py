"""A mailbox polled: once, or for as long as the program runs."""

from __future__ import annotations

import logging
import random
import threading
from collections import Counter as Tally
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from intake.cursor import Cursor
from intake.mailbox import Fetched, Mailbox, MailboxError, MailboxUnavailable
from mailtriage.office import Office
from mailtriage.pipeline import Counter, Incoming, process
from mailtriage.settings import MailboxTable
from mailtriage.stopwatch import Stopwatch
from tickets.recording import Recorded
from tickets.store import StoreUnavailable

log = logging.getLogger("mailtriage.polling")
FIRST_RETRY_SECONDS = 5.0
LONGEST_RETRY_SECONDS = 300.0


@dataclass(slots=True)
class PollReport:
    """What one poll of one mailbox did: mails by disposition, those recognised, and the seconds each step took."""

    mailbox: str
    recorded: Tally[str] = field(default_factory=Tally)
    known: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, batch: list[Recorded]) -> None:
        self.recorded.update(recorded.disposition for recorded in batch if not recorded.known)
        self.known += sum(recorded.known for recorded in batch)

    @property
    def total(self) -> int:
        return sum(self.recorded.values())


@dataclass(slots=True)
class Health:
    """How a mailbox is doing, for the health page; ``problem`` is None while all is well."""

    last_poll: datetime | None = None
    problem: str | None = None


def poll(table: MailboxTable, office: Office, stop: threading.Event | None = None) -> PollReport:
    """Records everything new in one mailbox, batch by batch, and acknowledges each batch once it is recorded.

    Ends between two batches when ``stop`` is set. Raises :class:`~intake.mailbox.MailboxError` or a store error.
    """
    report = PollReport(table.name)
    timed = Stopwatch()
    policy = office.policy(table.policy)
    try:
        with timed("connect"):
            mailbox = Mailbox(table.session()).__enter__()
        with mailbox:
            _acknowledge_again(mailbox, table, office)
            for fetched, cursor in _timed_batches(mailbox, office.store.cursor(table.name, table.folder), timed):
                counter = Counter(policy, office.models.of(policy.name), table.own_addresses, table.trusted_authserv)
                report.add(process([_incoming(mail) for mail in fetched], cursor, counter, office.store, timed))
                with timed("acknowledge"):
                    _acknowledge(mailbox, fetched, office)
                if stop is not None and stop.is_set():
                    break
    finally:
        report.seconds = timed.seconds
    return report


def _timed_batches(mailbox: Mailbox, cursor: Cursor | None, timed: Stopwatch) -> Iterator[tuple[list[Fetched], Cursor]]:
    batches = mailbox.fetch_new(cursor)
    while True:
        with timed("fetch"):
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


def _incoming(mail: Fetched) -> Incoming:
    return Incoming(mail.raw, mail.internal_date or datetime.now(UTC), mail.delivery, mail.oversize)


def _acknowledge(mailbox: Mailbox, fetched: list[Fetched], office: Office) -> None:
    deliveries = [mail.delivery for mail in fetched if mail.oversize is None]
    mailbox.acknowledge(deliveries)
    office.store.acknowledged(deliveries)


def _acknowledge_again(mailbox: Mailbox, table: MailboxTable, office: Office) -> None:
    """What was recorded just before a crash may not have been marked in the mailbox."""
    left_over = office.store.unacknowledged(table.name, table.folder)
    if left_over:
        mailbox.acknowledge(left_over)
        office.store.acknowledged(left_over)


class Poller(threading.Thread):
    """Polls one mailbox every ``poll_seconds`` until stopped; after failures it waits longer each time, with jitter."""

    def __init__(self, table: MailboxTable, office: Office, stop: threading.Event) -> None:
        super().__init__(name=f"poll-{table.name}", daemon=True)
        self.table = table
        self.office = office
        self.stop = stop
        self.health = Health()

    def run(self) -> None:
        failures = 0
        while not self.stop.is_set():
            try:
                report = poll(self.table, self.office, self.stop)
                failures = 0
                self.health = Health(datetime.now(UTC))
                if report.total:
                    log.info("%s: recorded %d mails", self.table.name, report.total)
            except (MailboxUnavailable, StoreUnavailable) as error:
                failures += 1
                self._trouble(str(error), failures)
            except MailboxError as error:
                failures += 1
                self._trouble(f"{error} (polling goes on)", failures)
            except Exception as error:  # a thread that dies silently would lose mail silently
                log.exception("%s: polling failed", self.table.name)
                failures += 1
                self._trouble(f"{type(error).__name__}: {error}", failures)
            self.stop.wait(self.office.settings.poll_seconds if failures == 0 else retry_after(failures))

    def _trouble(self, problem: str, failures: int) -> None:
        self.health = Health(self.health.last_poll, problem)
        log.warning("%s: %s; failure %d in a row", self.table.name, problem, failures)


def retry_after(failures: int) -> float:
    """Seconds to wait after that many failures in a row: doubling up to five minutes, between half and all of it."""
    longest: float = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2.0 ** min(failures - 1, 16))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
