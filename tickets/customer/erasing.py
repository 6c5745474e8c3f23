"""A customer erased: all that its people wrote and all that names them goes; what is left are shells to be counted.

Kept are numbers, labels, dates, the hours booked and what was charged, which accounts may need, and digests of the
mails, by which one that is fetched again is recognised and not recorded anew.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Text, and_, cast, delete, or_, select, update

from classifier.verdict import Reading, Verdict
from policies.facts import Facts
from tickets import schema
from tickets.clocks import answers
from tickets.columns import countable
from tickets.connections import is_sqlite
from tickets.customer.assignments import ASSIGNED
from tickets.events import add, happening
from tickets.faults import NoSuchCustomer
from tickets.message_rows import forget_words
from tickets.schema import contact, customer, customer_domain, event, message, ticket

ERASED = "customer_erased"
CHUNK = 500
"""Ids in one statement; SQLite takes some thousands."""

NO_TEXT: dict[str, Any] = {
    **dict.fromkeys(("subject", "sender_name", "sender_address", "sender_key", "text", "new_text"), ""),
    **dict.fromkeys(("quoted", "signature"), ""),
    **dict.fromkeys(("html", "forwarded", "message_id", "thread_index"), None),
    **{name: [] for name in ("attachments", "defects", "spans")},
}
"""What becomes of a mail's columns."""

TOLD = frozenset(
    {
        *("labels", "changes", "derived", "state", "from", "to", "one", "said_by", "bulk", "message", "ticket"),
        *("dispute", "label", "value", "first", "second", "against", "share", "wrong", "quota", "left", "charge"),
        *("at", "by", "via", "late", "since", "due_at", "late_seconds", "support_seconds_left", answers.RESPONSE),
    }
)
"""What an event of an erased ticket goes on telling: labels, states and times, and which of our people did it."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: which tickets, how many mails, and the digests of the files that no mail has any more."""

    policy: str
    tickets: tuple[int, ...]
    mails: int
    files: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The numbers as a JSON object."""
        return {"policy": self.policy, "tickets": list(self.tickets), "mails": self.mails, "files": len(self.files)}


def erase(connection: Connection, customer_id: int, *, actor: str) -> Erased:
    """Erases a customer, its contacts and all their mail; raises :class:`NoSuchCustomer`."""
    chosen = select(customer).where(customer.c.id == countable(customer_id))
    found = connection.execute(chosen.with_for_update()).one_or_none()
    if found is None:
        raise NoSuchCustomer(f"There is no customer {customer_id}.")
    now = datetime.now(UTC)
    if is_sqlite(connection):
        connection.exec_driver_sql("PRAGMA secure_delete = ON")  # what is deleted is overwritten, not only forgotten
    name = f"erased customer {customer_id}"
    senders = _senders(connection, found)
    numbers = _tickets(connection, found, senders)
    mails, digests = _mails(connection, found.policy, numbers, senders)
    for number in numbers:
        _shell(connection, number, now)
    for part in _parts(mails):
        connection.execute(update(message).where(message.c.id.in_(part)).values(NO_TEXT))
        connection.execute(delete(schema.raw_mail).where(schema.raw_mail.c.message_id.in_(part)))
        connection.execute(
            update(message)
            .where(message.c.id.in_(part), message.c.disposition == "quarantined")
            .values(disposition="duplicate", reason="erased with its customer")
        )
    for each in mails:
        forget_words(connection, each)
    _forget_events(connection, customer_id, numbers, name)
    connection.execute(delete(contact).where(contact.c.customer_id == customer_id))
    connection.execute(delete(customer_domain).where(customer_domain.c.customer_id == customer_id))
    connection.execute(update(customer).where(customer.c.id == customer_id).values(name=name, facts={}))
    details = {"customer": customer_id, "policy": found.policy, "tickets": len(numbers), "mails": len(mails)}
    add(connection, [happening(ERASED, details, actor=actor)])
    return Erased(found.policy, tuple(numbers), len(mails), _unused(connection, digests))


def _senders(connection: Connection, found: Row[Any]) -> list[ColumnElement[bool]]:
    """The conditions by which a mail's sender is of the customer and of no other: its contacts, its own domains."""
    addresses = list(connection.scalars(select(contact.c.address).where(contact.c.customer_id == found.id)))
    others = select(customer_domain.c.domain).join(customer, customer_domain.c.customer_id == customer.c.id)
    shared = others.where(customer.c.policy == found.policy, customer.c.id != found.id)
    domains = select(customer_domain.c.domain).where(
        customer_domain.c.customer_id == found.id, customer_domain.c.domain.not_in(shared)
    )
    elsewhere = select(contact.c.address).where(contact.c.policy == found.policy, contact.c.customer_id != found.id)
    at = [
        message.c.sender_key.endswith(f"@{domain}", autoescape=True) & message.c.sender_key.not_in(elsewhere)
        for domain in connection.scalars(domains)
    ]
    return [*(message.c.sender_key.in_(part) for part in _parts(addresses)), *at]


def _tickets(connection: Connection, found: Row[Any], senders: Sequence[ColumnElement[bool]]) -> list[int]:
    """The customer's tickets, and those of nobody that its people opened; locked."""
    own = [ticket.c.customer_id == found.id]
    if senders:
        opened = select(message.c.ticket).where(message.c.disposition == "ticket", or_(*senders))
        own.append(and_(ticket.c.customer_id.is_(None), ticket.c.policy == found.policy, ticket.c.number.in_(opened)))
    query = select(ticket.c.number).where(or_(*own)).order_by(ticket.c.number)
    return list(connection.scalars(query.with_for_update()))


def _mails(
    connection: Connection, policy: str, numbers: Sequence[int], senders: Sequence[ColumnElement[bool]]
) -> tuple[list[int], set[str]]:
    """The mails of the tickets, of their conversations and of the senders, and the digests of what is attached."""
    found: dict[int, Any] = {}
    conversations: set[str] = set()
    columns = (message.c.id, message.c.attachments)
    for part in _parts(numbers):
        conversations |= set(connection.scalars(select(ticket.c.conversation).where(ticket.c.number.in_(part))))
        found |= {row.id: row for row in connection.execute(select(*columns).where(message.c.ticket.in_(part)))}
    for each in _parts(sorted(conversations)):
        found |= {row.id: row for row in connection.execute(select(*columns).where(message.c.conversation.in_(each)))}
        for table in (schema.participant, schema.awaited):
            connection.execute(delete(table).where(table.c.conversation.in_(each)))
    if senders:
        query = select(*columns).where(message.c.policy == policy, message.c.ticket.is_(None), or_(*senders))
        found |= {row.id: row for row in connection.execute(query)}
    return sorted(found), {part["sha256"] for row in found.values() for part in row.attachments}


def _shell(connection: Connection, number: int, now: datetime) -> None:
    row = connection.execute(select(ticket.c.verdict, ticket.c.facts).where(ticket.c.number == number)).one()
    facts = Facts.from_json(row.facts)
    bare = Facts(facts.received_at, history=facts.history, sender_proven=facts.sender_proven, language=facts.language)
    values: dict[str, Any] = dict.fromkeys(("subject", "sender_name", "sender_address"), "")
    values |= {"state": "closed", "review_reasons": [], "paused_at": None, "erased_at": now}
    values |= {"verdict": _wordless(Verdict.from_json(row.verdict)).to_json(), "facts": bare.to_json()}
    connection.execute(update(ticket).where(ticket.c.number == number).values(values))
    open_audit = schema.audit.c.ticket == number, schema.audit.c.answered_at.is_(None)
    connection.execute(delete(schema.audit).where(*open_audit))
    open_dispute = schema.dispute.c.ticket == number, schema.dispute.c.settled_at.is_(None)
    connection.execute(update(schema.dispute).where(*open_dispute).values(settled_at=now))
    words = schema.correction
    connection.execute(update(words).where(words.c.ticket == number).values(why=""))


def _wordless(verdict: Verdict) -> Verdict:
    """The verdict without a word of the mail."""
    read: Reading | None = verdict.reading
    return replace(
        verdict,
        impact={fact: replace(reading, words=None) for fact, reading in verdict.impact.items()},
        evidence={},
        rule_hits=tuple(replace(hit, because=(), matched_text=()) for hit in verdict.rule_hits),
        ask=(),
        reading=read and replace(read, signals=dict.fromkeys(read.signals, ())),
    )


def _forget_events(connection: Connection, customer_id: int, numbers: Sequence[int], name: str) -> None:
    """Of tickets' events labels, states and times are kept; of those about the customer that there were some."""
    rows = [
        row
        for part in _parts(numbers)
        for row in connection.execute(select(event.c.id, event.c.kind, event.c.details).where(event.c.ticket.in_(part)))
    ]
    for row in rows:
        kept = {key: value for key, value in row.details.items() if key in TOLD}
        if row.kind == ASSIGNED:
            kept["customer"] = {"from": None, "to": name}
        connection.execute(update(event).where(event.c.id == row.id).values(details=kept))
    about = select(event.c.id, event.c.details).where(event.c.kind.in_(("customer_saved", "contact_saved")))
    mine = [row.id for row in connection.execute(about) if row.details.get("customer") == customer_id]
    for part in _parts(mine):
        connection.execute(update(event).where(event.c.id.in_(part)).values(details={"customer": customer_id}))


def _unused(connection: Connection, digests: Collection[str]) -> tuple[str, ...]:
    """Those digests of attached files that no mail names any more."""
    left = set(digests)
    if left:
        query = select(message.c.attachments).where(cast(message.c.attachments, Text) != "[]")
        for attachments in connection.execution_options(yield_per=CHUNK).scalars(query):
            left -= {part["sha256"] for part in attachments}
    return tuple(sorted(left))


def _parts(items: Sequence[Any]) -> list[Sequence[Any]]:
    return [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]
