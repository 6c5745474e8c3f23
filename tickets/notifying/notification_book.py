"""The store's part on deadlines and on what is told of events."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from tickets.clocks import deadlines
from tickets.clocks.deadlines import DeadlineNotice, Due, Kind
from tickets.connected import Connected
from tickets.connections import reading
from tickets.notifying import notifications
from tickets.notifying.notifications import Notification, Trouble
from tickets.notifying.subscriptions import Channel


class NotificationBook(Connected):
    """Deadlines told once for each due time, and the outbox of notifications. Moments are aware datetimes."""

    def deadlines_untold(
        self,
        kind: Kind,
        *,
        after: datetime,
        until: datetime,
        limit: int,
        beyond: tuple[datetime, int] | None = None,
    ) -> list[Due]:
        """Open, unanswered tickets on a running clock, due in that time, of which this was not told; soonest first.

        ``beyond`` is the due time and the number of the last one of the list before.
        """
        with reading(self._engine) as connection:
            return deadlines.untold(connection, kind, after, until, limit, beyond)

    def tell_deadlines(self, notices: Sequence[DeadlineNotice], now: datetime) -> int:
        """Writes the notices with their events, those left out that no longer hold or that another process has told.

        Returns how many were written.
        """
        return self._write(lambda c: deadlines.tell(c, notices, now))

    def claim_notification(
        self, channel: Channel, targets: Sequence[str], now: datetime, lease: timedelta
    ) -> Notification | None:
        """The notification of these targets that has been due longest; no other process gets it while the lease lasts.

        Once the lease has ended without a word on it, it is due again.
        """
        with reading(self._engine) as connection:
            if not notifications.is_due(connection, channel, targets, now):
                return None
        return self._write(lambda c: notifications.claim(c, channel, targets, now, now + lease))

    def notification_sent(self, claimed: Notification, now: datetime) -> None:
        """Marks a claimed notification as sent."""
        self._write(lambda c: notifications.sent(c, claimed, now))

    def notification_failed(
        self, claimed: Notification, error: str, *, next_try: datetime | None, now: datetime
    ) -> bool:
        """Notes why a claimed notification was not sent and when it is tried again; None gives it up, with an event.

        False, and nothing written, when the lease had ended and another process has taken it.
        """
        return self._write(lambda c: notifications.failed(c, claimed, error, next_try, now))

    def notification(self, number: int) -> Notification | None:
        """The notification of that number; None when there is none."""
        with reading(self._engine) as connection:
            return notifications.one(connection, number)

    def notifications(self, *, failed: bool = False, limit: int = 100, before: int | None = None) -> list[Notification]:
        """Notifications, newest first, below the id ``before``; with ``failed`` those given up or failing."""
        with reading(self._engine) as connection:
            return notifications.newest(connection, failed=failed, limit=limit, before=before)

    def retry_notifications(self, number: int | None, now: datetime, *, actor: str) -> list[int]:
        """Makes one notification due now, or without a number all that were given up, with an event; their ids.

        Raises :class:`~.notifications.NoSuchNotification` for a number that there is not or that was sent.
        """
        return self._write(lambda c: notifications.retry(c, number, now, actor=actor))

    def notification_troubles(self, targets: Collection[tuple[str, str]]) -> list[Trouble]:
        """Which of these targets (channel and target) cannot be told; what others were not told is left out."""
        with reading(self._engine) as connection:
            return notifications.troubles(connection, targets)

    def notifications_waiting(self) -> dict[tuple[str, str], int]:
        """How many notifications wait for each channel and target."""
        with reading(self._engine) as connection:
            return notifications.waiting(connection)
