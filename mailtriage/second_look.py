"""Recorded mails taken through the trip once more: those in quarantine, and those set aside that are requests."""

from __future__ import annotations

import logging
import threading
from collections import Counter as Tally
from collections.abc import Iterator
from dataclasses import replace

from classifier.program import program_version
from errors import MailtriageError
from intake.cursor import Delivery
from intake.mailbox import Mailbox
from mailtriage.mailbox_table import MEBIBYTE, MailboxTable
from mailtriage.office import Office
from mailtriage.pipeline import Counter, Incoming, decide, written
from mailtriage.stopwatch import Stopwatch
from tickets.events import PROGRAM
from tickets.recording import HEADER_ALONE, Recorded
from tickets.store import Held, SomebodyDecided, StoreUnavailable
from webui.room import SecondLook

log = logging.getLogger("mailtriage.second_look")
BATCH = 100


class CannotLookAgain(MailtriageError):
    """A mail that cannot be taken through the trip once more: says why and what to do first."""


def retry(message: int, office: Office, *, actor: str) -> Recorded:
    """Takes a mail of the quarantine through the trip again; its own record gets what comes of it.

    It is decided by the policy of the mailbox it came by, as of when it was received; one of which the header alone
    was kept is fetched again first. Raises :class:`~tickets.store.SomebodyDecided` when it is no longer in quarantine,
    and :class:`CannotLookAgain`.
    """
    held = office.store.held(message, "quarantined")
    raw = fetch_again(held, office) if held.step == HEADER_ALONE else held.raw
    return _look(Incoming(raw, held.received_at, _first_delivery(held), held=held), held, office, actor)


def accept(message: int, office: Office, *, agent: str) -> Recorded:
    """Makes a mail that was set aside a ticket or a reply, for ``agent`` says that it is a request.

    Raises :class:`~tickets.store.SomebodyDecided` when it is no longer set aside, and :class:`CannotLookAgain`.
    """
    held = office.store.held(message, "set_aside")
    incoming = Incoming(held.raw, held.received_at, _first_delivery(held), held=held, accepted_by=agent)
    return _look(incoming, held, office, agent)


def for_pages(office: Office) -> SecondLook:
    """:func:`retry` and :func:`accept` as the pages call them."""
    return SecondLook(
        retry=lambda message, agent: retry(message, office, actor=agent),
        accept=lambda message, agent: accept(message, office, agent=agent),
    )


def _first_delivery(held: Held) -> Delivery | None:
    return next(iter(held.deliveries), None)


def _look(incoming: Incoming, held: Held, office: Office, actor: str) -> Recorded:
    counter = counter_of(held, office)
    [work] = decide([incoming], counter, office.store, Stopwatch())
    if work.fault is not None and held.disposition == "set_aside":
        raise CannotLookAgain(f"Mail {held.id} stays set aside, for it cannot be made a ticket: {work.fault.says}")
    return written([work], counter, lambda recordings: office.store.reconsider(held, recordings[0], actor=actor))


def counter_of(held: Held, office: Office) -> Counter:
    """What the mailbox decides with by which the mail came; its settings may be gone by now, its policy may not."""
    table = _table(held.mailbox, office)
    policy = office.policy(held.policy)
    model = office.models.of(policy.name)
    own, trusted = (table.own_addresses, table.trusted_authserv) if table else ((), ())
    sent = table is not None and any(table.is_sent(delivery.folder) for delivery in held.deliveries)
    return Counter(
        policy,
        model,
        own,
        trusted,
        office.references,
        policies=office.policies,
        sent=sent,
        sampling=office.sampling,
    )


def _table(mailbox: str | None, office: Office) -> MailboxTable | None:
    return next((table for table in office.settings.mailboxes if table.name == mailbox), None)


def fetch_again(held: Held, office: Office) -> bytes:
    """The whole of a mail of which the header alone was kept, from where it was delivered."""
    for delivery in held.deliveries:
        table = _table(delivery.mailbox, office)
        if table is None:
            continue
        with Mailbox(replace(office.session(table), folder=delivery.folder)) as mailbox:
            found = mailbox.fetch_again([delivery])
        for mail in found:
            if mail.whole:
                return mail.raw
            if mail.oversize is None:
                raise CannotLookAgain(f"Mail {held.id}: {mail.fault}")
            raise CannotLookAgain(
                f"Mail {held.id} is still too large ({mail.oversize / MEBIBYTE:.0f} MB): set max_message_mb of mailbox "
                f"{table.name} (now {table.max_message_mb}) above that, then try it again."
            )
    where = ", ".join(f"{d.folder} of {d.mailbox}, UID {d.uid}" for d in held.deliveries) or "no mailbox"
    raise CannotLookAgain(
        f"Mail {held.id} was not fetched whole and is no longer where it was ({where}): its header alone is kept."
    )


class UpgradeRetry(threading.Thread):
    """Retries after an upgrade while the program runs; a store that does not answer leaves it to the next start."""

    def __init__(self, office: Office, stop: threading.Event) -> None:
        super().__init__(name="second-look", daemon=True)
        self.office = office
        self.stop = stop

    def run(self) -> None:
        try:
            retry_after_upgrade(self.office, self.stop)
        except Exception:  # a thread that dies silently would leave nobody the wiser
            log.exception("what is in quarantine is looked at again at the next start")


def in_quarantine(office: Office, *, not_by: str | None = None, whole: bool = False) -> Iterator[int]:
    """The ids of the mails in quarantine, oldest first; see :meth:`tickets.store.Store.quarantined_ids`."""
    last = 0
    while ids := office.store.quarantined_ids(after=last, limit=BATCH, not_by=not_by, whole=whole):
        yield from ids
        last = ids[-1]


def retry_after_upgrade(office: Office, stop: threading.Event | None = None) -> Tally[str]:
    """Looks once more at every mail that another version of the program put into quarantine; counts by disposition.

    What fails again stays, marked with this version, so that it is not tried again. Mails of which the header alone
    was kept are left to a person. Ends between two mails when ``stop`` is set.
    """
    version = program_version()
    counts: Tally[str] = Tally()
    for message in in_quarantine(office, not_by=version, whole=True):
        if stop is not None and stop.is_set():
            break
        try:
            counts[retry(message, office, actor=PROGRAM).disposition] += 1
        except SomebodyDecided:
            continue
        except StoreUnavailable:
            raise
        except MailtriageError as error:
            log.warning("mail %d stays in quarantine: %s", message, error)
            counts["quarantined"] += 1
    if counts:
        told = ", ".join(f"{count} {disposition}" for disposition, count in sorted(counts.items()))
        log.warning("version %s looked again at what was in quarantine: %s", version, told)
        office.store.add_event("quarantine_retried", actor=PROGRAM, details={"program": version, **counts})
    return counts
