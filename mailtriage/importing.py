"""Mail from files into the store: .eml, folders, mbox and Maildir as they are, labelled mails as agents' labels."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import islice
from typing import TypeVar

from classifier.example import Example
from intake import message as messages
from intake.files import RawMail
from mailtriage.header_text import header_text
from mailtriage.office import Office
from mailtriage.pipeline import Counter, Incoming, process
from mailtriage.stopwatch import Stopwatch
from tickets import desk
from tickets.recording import Recorded

BATCH = 100
FIRST_BELIEVED = datetime(1990, 1, 1, tzinfo=UTC)
"""A date before it comes from a clock that was not set."""
AHEAD = timedelta(days=1)
"""So far the clock of a sender may be ahead of ours."""
Item = TypeVar("Item")


def import_mails(
    mails: Iterable[RawMail], policy: str, office: Office, progress: Callable[[int], None] = lambda n: None
) -> Tally[str]:
    """Records raw mails from files; the counts by disposition, with ``known`` for those that were recorded before.

    A mail's own Date stands for the time it was received, as no server's is known; the present for one that cannot
    be true. ``progress`` is called with the bytes of each batch that is recorded.
    """
    counts: Tally[str] = Tally()
    for batch in batches(mails):
        incoming = [Incoming(mail.raw, received(messages.parse(mail.raw).date)) for mail in batch]
        counts.update(_outcome(recorded) for recorded in _process(incoming, policy, office))
        progress(sum(len(mail.raw) for mail in batch))
    return counts


def import_labelled(
    examples: Iterable[Example],
    policy: str,
    office: Office,
    agent: str,
    progress: Callable[[int], None] = lambda n: None,
) -> Tally[str]:
    """Records labelled mails as tickets, and their labels as the word of ``agent``; counts by disposition."""
    counts: Tally[str] = Tally()
    for batch in batches(examples):
        incoming = [Incoming(raw_mail(example), received(example.received)) for example in batch]
        for example, mail, recorded in zip(batch, incoming, _process(incoming, policy, office), strict=True):
            counts[_outcome(recorded)] += 1
            if recorded.ticket is not None and not recorded.known and example.labels:
                desk.correct(
                    office.store,
                    office.policies.at(policy, mail.received_at),
                    recorded.ticket,
                    dict(example.labels),
                    agent=agent,
                    why="imported",
                )
        progress(len(batch))
    return counts


def received(written: datetime | None) -> datetime:
    """When a mail counts as received that says it was written then: now, where it does not say so or cannot be."""
    now = datetime.now(UTC)
    return written if written is not None and FIRST_BELIEVED <= written <= now + AHEAD else now


def raw_mail(example: Example) -> bytes:
    """A labelled mail as an RFC 5322 message, with a Message-ID made from its id."""
    mail = EmailMessage()
    mail["From"] = header_text(example.sender or "") or "unknown@mailtriage.invalid"
    mail["Subject"] = header_text(example.subject)
    mail["Message-ID"] = f"<{example.id}@{example.policy or 'labelled'}.mailtriage.invalid>"
    if example.received is not None:
        mail["Date"] = format_datetime(example.received)
    mail.set_content(example.body)
    return mail.as_bytes()


def _process(incoming: list[Incoming], policy: str, office: Office) -> list[Recorded]:
    own = office.settings.own_addresses(policy)
    model, references = office.models.of(policy), office.references
    counter = Counter(office.policy(policy), model, own, references=references, policies=office.policies, old_mail=True)
    return process(incoming, None, counter, office.store, Stopwatch())


def _outcome(recorded: Recorded) -> str:
    return "known" if recorded.known else recorded.disposition


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The items in lists of up to :data:`BATCH`."""
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
