"""A mailbox polled: once, or for as long as the program runs."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from errors import MailtriageError
from intake.mailbox import LoginRefused, MailboxError, MailboxRefused, MailboxThrottled, MailboxUnavailable
from mailtriage.mailbox_health import Health as Health
from mailtriage.mailbox_health import retry_after as retry_after
from mailtriage.mailbox_health import retry_after_refusal, retry_after_throttling
from mailtriage.mailbox_table import MailboxTable
from mailtriage.office import Office
from mailtriage.rounds import PollReport as PollReport
from mailtriage.rounds import Rounds, past_obstacles
from tickets.store import StoreUnavailable

log = logging.getLogger("mailtriage.polling")
FULL_POLL_SECONDS = 240.0
"""How often a folder is read to its end whatever IDLE says: servers forget to tell, and connections die silently."""
BURST_SECONDS = 0.2
"""Mails that come together are recorded together."""
TOKEN_LOOK_SECONDS = 1.0


def poll(table: MailboxTable, office: Office, stop: threading.Event | None = None) -> PollReport:
    """Records everything new in one mailbox, folder by folder, batch by batch, and acknowledges what is recorded.

    Ends between two batches when ``stop`` is set. Raises :class:`~intake.mailbox.MailboxError`, once every folder has
    been tried, or a store error.
    """
    report = PollReport(table.name)
    failures: list[MailboxError] = []
    for one in table.each_folder():
        rounds = Rounds(one, office)
        try:
            past_obstacles(partial(rounds.round, report, stop), rounds.obstacles)
        except MailboxError as error:
            failures.append(error)
        finally:
            rounds.close()
    if failures:
        raise failures[0]
    return report


class Poller(threading.Thread):
    """Reads one folder again and again until stopped: when IDLE tells of new mail, else every ``poll_seconds``.

    After failures it waits longer each time, with jitter; a server that wants to be asked less is left alone for as
    long as it says.
    """

    def __init__(self, table: MailboxTable, office: Office, stop: threading.Event) -> None:
        super().__init__(name=f"poll-{table.label}", daemon=True)
        self.table = table
        self.office = office
        self.stop = stop
        self.health = Health()
        self.began = datetime.now(UTC)
        self._rounds = Rounds(table, office)
        self._failures = 0

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                if self._poll():
                    self._wait_for_mail()
        finally:
            self._rounds.close()

    def _poll(self) -> bool:
        """One round; False when it failed, after the wait that this asks for."""
        try:
            report = PollReport(self.table.label)
            self._rounds.round(report, self.stop)
            self._failures = 0
            self._well(report, self._rounds.idles)
            return True
        except MailboxThrottled as error:
            self._failures += 1
            self._trouble(str(error), retry_after_throttling(self._failures, error.wait))
        except LoginRefused as error:
            self._failures += 1
            self._trouble(f"{error} (polling goes on)", retry_after_refusal(self._failures))
        except (MailboxUnavailable, StoreUnavailable) as error:
            self._failures += 1
            self._trouble(str(error), retry_after(self._failures))
        except MailtriageError as error:
            self._failures += 1
            self._trouble(f"{error} (polling goes on)", retry_after(self._failures))
        except Exception as error:  # a thread that dies silently would lose mail silently
            log.exception("%s: polling failed", self.table.label)
            self._failures += 1
            self._trouble(f"{type(error).__name__}: {error}", retry_after(self._failures))
        return False

    def _wait_for_mail(self) -> None:
        """Until there is news, or it is time to look anyway; without IDLE when the server hangs up on it."""
        began = time.monotonic()
        try:
            if self.health.idle:
                if self._rounds.wait(FULL_POLL_SECONDS, self.stop):
                    self.stop.wait(BURST_SECONDS)
                return
        except MailboxRefused as error:
            log.info("%s: %s", self.table.label, error)
        except MailboxUnavailable as error:
            log.info("%s: waiting for mail ended: %s", self.table.label, error)
        except Exception:  # as in _poll
            log.exception("%s: waiting for mail failed", self.table.label)
        self.health = replace(self.health, idle=False)
        self.stop.wait(self.office.settings.poll_seconds - (time.monotonic() - began))

    def _well(self, report: PollReport, idle: bool) -> None:
        now = datetime.now(UTC)
        last_mail = now if report.total else self.health.last_mail
        self.health = Health(now, report.problem, last_mail, idle)
        if report.total:
            log.info("%s: recorded %d mails", self.table.label, report.total)
        if report.problem:
            log.warning("%s: %s", self.table.label, report.problem)

    def _trouble(self, problem: str, seconds: float) -> None:
        retry_at = datetime.now(UTC) + timedelta(seconds=seconds)
        self.health = replace(self.health, problem=problem, idle=False, retry_at=retry_at)
        log.warning("%s: %s; failure %d in a row", self.table.label, problem, self._failures)
        self._leave_alone(seconds)

    def _leave_alone(self, seconds: float) -> None:
        """Waits that long; where there was no access token, only until somebody authorises mailtriage anew."""
        keeper = self.office.tokens.get(self.table.name)
        if keeper is None or keeper.state().usable:
            self.stop.wait(seconds)
            return
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not keeper.state().usable:
            if self.stop.wait(min(left, TOKEN_LOOK_SECONDS)):
                return
