"""One folder of a mailbox, taken through round after round in one session for as long as that lasts."""

from __future__ import annotations

import logging
import threading
from collections import Counter as Tally
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from intake.cursor import Cursor, Delivery
from intake.imap.obstacles import TRIES, Obstacles
from intake.mailbox import Fetched, Mailbox, MailboxRefused, MailboxThrottled, MailboxUnavailable
from mailtriage.mailbox_table import MailboxTable
from mailtriage.office import Office
from mailtriage.pipeline import Counter, Incoming, process
from mailtriage.stopwatch import Stopwatch
from tickets.recording import Recorded

log = logging.getLogger("mailtriage.polling")
ATTEMPTS = 2 * TRIES + 1
"""A single poll goes on by itself past a mail that breaks the connection: with the others, alone, its header."""


@dataclass(slots=True)
class PollReport:
    """What a poll of one mailbox did: mails by disposition, those recognised, and the seconds that each step took.

    ``problem`` says what did not work although the mails were recorded: the server refused to mark them.
    """

    mailbox: str
    recorded: Tally[str] = field(default_factory=Tally)
    known: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    problem: str | None = None

    def add(self, batch: list[Recorded]) -> None:
        self.recorded.update(recorded.disposition for recorded in batch if not recorded.known)
        self.known += sum(recorded.known for recorded in batch)

    def spend(self, seconds: Mapping[str, float]) -> None:
        """Adds what each step of one more try took."""
        for step, taken in seconds.items():
            self.seconds[step] = self.seconds.get(step, 0.0) + taken

    @property
    def total(self) -> int:
        return sum(self.recorded.values())


class Rounds:
    """Records what is new in ``table.folder``, each time it is asked to; the session stays open in between.

    ``obstacles`` are the mails at which the connection broke; they are fetched by themselves in the next round.
    """

    def __init__(self, table: MailboxTable, office: Office) -> None:
        self.table = table
        self.office = office
        self.obstacles = Obstacles()
        self._mailbox: Mailbox | None = None

    def round(self, report: PollReport, stop: threading.Event | None = None) -> None:
        """Records everything new, batch by batch, and acknowledges each batch once it is recorded.

        What it does is added to ``report`` as it is done. Ends between two batches when ``stop`` is set. Raises
        :class:`~intake.mailbox.MailboxError` or a store error; the next round then begins with a new session.
        """
        timed = Stopwatch()
        try:
            with timed("connect"):
                mailbox = self._open()
            self._record(mailbox, report, timed, stop)
        except BaseException:
            self.close()
            raise
        finally:
            report.spend(timed.seconds)

    @property
    def idles(self) -> bool:
        """Whether :meth:`wait` can be used."""
        return self._mailbox is not None and self._mailbox.idles

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Waits for at most ``seconds`` until the server tells of mail come or gone; whether it did."""
        if self._mailbox is None:
            return False
        try:
            return self._mailbox.wait(seconds, stop)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends the session."""
        mailbox, self._mailbox = self._mailbox, None
        if mailbox is not None:
            mailbox.__exit__()

    def _open(self) -> Mailbox:
        if self._mailbox is not None:
            try:
                self._mailbox.refresh()
                return self._mailbox
            except MailboxThrottled:
                raise
            except MailboxUnavailable as error:
                # Servers end sessions that are silent for long: no trouble as long as they take another one.
                log.info("%s: %s", self.table.name, error)
                self.close()
        self._mailbox = Mailbox(self.office.session(self.table), self.obstacles).__enter__()
        return self._mailbox

    def _record(self, mailbox: Mailbox, report: PollReport, timed: Stopwatch, stop: threading.Event | None) -> None:
        table, office = self.table, self.office
        # What was recorded just before a crash may not have been marked in the mailbox.
        self._acknowledge(mailbox, office.store.unacknowledged(table.name, table.folder), report)
        for fetched, cursor in _timed_batches(mailbox, office.store.cursor(table.name, table.folder), timed):
            counter = Counter(
                office.policy(table.policy),
                office.models.of(table.policy),
                table.own_addresses,
                table.trusted_authserv,
                office.references,
                office.settings.flood.limit(),
                office.policies,
                sent=table.is_sent(table.folder),
                sampling=office.sampling,
            )
            report.add(process([_incoming(mail) for mail in fetched], cursor, counter, office.store, timed))
            with timed("acknowledge"):
                self._acknowledge(mailbox, [mail.delivery for mail in fetched if mail.whole], report)
            if stop is not None and stop.is_set():
                break

    def _acknowledge(self, mailbox: Mailbox, deliveries: list[Delivery], report: PollReport) -> None:
        """Marks recorded mails. A server that refuses to keeps no mail from being recorded; it is asked again later."""
        if not deliveries:
            return
        try:
            mailbox.acknowledge(deliveries)
        except MailboxRefused as error:
            report.problem = str(error)
            return
        self.office.store.acknowledged(deliveries)


def past_obstacles(attempt: Callable[[], None], obstacles: Obstacles) -> None:
    """Makes ``attempt``, and makes it anew as long as it is single mails that break the connection."""
    for _ in range(ATTEMPTS - 1):
        try:
            attempt()
            return
        except MailboxThrottled:
            raise
        except MailboxUnavailable:
            if not obstacles:
                raise
    attempt()


def _timed_batches(mailbox: Mailbox, cursor: Cursor | None, timed: Stopwatch) -> Iterator[tuple[list[Fetched], Cursor]]:
    with timed("fetch"):
        batches = mailbox.fetch_new(cursor)
    while True:
        with timed("fetch"):
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


def _incoming(mail: Fetched) -> Incoming:
    received_at = mail.internal_date or datetime.now(UTC)
    return Incoming(mail.raw, received_at, mail.delivery, mail.oversize, fault=mail.fault)
