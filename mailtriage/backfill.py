"""The history of an IMAP folder, recorded batch by batch, and taken up again where an earlier run ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

from intake.cursor import Cursor
from intake.imap.obstacles import Obstacles
from intake.mailbox import Mailbox
from mailtriage.mailbox_table import MailboxTable
from mailtriage.office import Office
from mailtriage.pipeline import Counter, Incoming, process
from mailtriage.rounds import PollReport, past_obstacles
from mailtriage.stopwatch import Stopwatch


def import_history(
    table: MailboxTable,
    office: Office,
    since: date | None = None,
    progress: Callable[[int, int], None] = lambda recorded, there: None,
) -> PollReport:
    """Records every mail of ``table.folder`` (since that day) that is not recorded yet; marks nothing in the mailbox.

    A mail that polling has recorded, or will fetch later, is the same delivery and stays one record. ``progress`` is
    called with the mails gone through and the mails in the folder. Raises :class:`~intake.mailbox.MailboxError` or a
    store error; what was recorded until then stays, and the next call goes on after it.
    """
    report = PollReport(table.label)
    obstacles = Obstacles()
    past_obstacles(lambda: _go_on(table, office, since, obstacles, report, progress), obstacles)
    return report


def _go_on(
    table: MailboxTable,
    office: Office,
    since: date | None,
    obstacles: Obstacles,
    report: PollReport,
    progress: Callable[[int, int], None],
) -> None:
    with Mailbox(replace(office.session(table), acknowledge="none"), obstacles) as mailbox:
        bookmark = bookmark_of(table, since)
        done = office.store.cursor(bookmark, table.folder)
        # The bookmark has a name of its own: polling must not skip what an import has gone through, nor the reverse.
        start = replace(done, mailbox=table.name) if done else None
        for fetched, cursor in mailbox.history(start, since):
            counter = Counter(
                office.policy(table.policy),
                office.models.of(table.policy),
                table.own_addresses,
                table.trusted_authserv,
                office.references,
                policies=office.policies,
                old_mail=True,
                sent=table.is_sent(table.folder),
            )
            incoming = [
                Incoming(
                    mail.raw,
                    mail.internal_date or datetime.now(UTC),
                    mail.delivery,
                    mail.oversize,
                    fault=mail.fault,
                    leave_unmarked=True,
                )
                for mail in fetched
            ]
            place = Cursor(bookmark, cursor.folder, cursor.uidvalidity, cursor.uid)
            report.add(process(incoming, place, counter, office.store, Stopwatch()))
            progress(len(fetched), mailbox.exists)


def bookmark_of(table: MailboxTable, since: date | None) -> str:
    """The name under which the store keeps how far an import has come; no mailbox can be called so."""
    return f"{table.name}#import" + (f" since {since.isoformat()}" if since else "")
