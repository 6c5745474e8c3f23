"""Mails, verdicts and recordings as the tests of this room need them."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from classifier.verdict import FactReading, LabelDecision, RuleHit, Verdict, Versions, WordWeight
from intake.address import Address
from intake.cursor import Delivery
from intake.message import Attachment, Message
from intake.screening import Screening
from policies.facts import Facts, PastTicket
from policies.terms import ResponseTarget, Terms
from tickets.recording import Fault
from tickets.rows import Customer
from tickets.store import Placement, Recording

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LABELS = {"severity": "SEV3", "scope": "included", "issue_type": "bug", "topic": "technical_issue"}
ACCEPTED = Screening("accept", "")
_numbers = itertools.count(1)


def mail(
    text: str = "It does not start.",
    *,
    subject: str = "Help",
    sender: str | None = "anna@river.example",
    name: str = "Anna",
    to: Sequence[str] = ("support@vendor.example",),
    message_id: str | None = "",
    in_reply_to: Sequence[str] = (),
    references: Sequence[str] = (),
    date: datetime | None = NOON,
    raw: bytes | None = None,
    headers: Sequence[tuple[str, str]] = (),
    language: str | None = "en",
    quoted: str = "",
    html: str | None = None,
    attachments: Sequence[Attachment] = (),
    thread_index: str | None = None,
) -> Message:
    """A mail with a Message-ID of its own, unless one or None is given."""
    number = next(_numbers)
    message_id = f"m{number}@river.example" if message_id == "" else message_id
    content = "\n".join((str(message_id), str(date), str(sender), subject, text))
    raw = raw if raw is not None else f"X-Number: {number}\n{content}".encode("utf-8", "replace")
    return Message(
        raw=raw,
        digest=hashlib.sha256(raw).hexdigest(),
        identity=hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest(),
        message_id=message_id,
        in_reply_to=tuple(in_reply_to),
        references=tuple(references),
        date=date,
        subject=subject,
        sender=Address(name, sender) if sender is not None else None,
        to=tuple(Address("", address) for address in to),
        cc=(),
        reply_to=(),
        headers=tuple(headers),
        text=f"{text}\n{quoted}".strip() if quoted else text,
        html=html,
        new_text=text,
        quoted=quoted,
        signature="",
        forwarded=None,
        attachments=tuple(attachments),
        language=language,
        defects=(),
        thread_index=thread_index,
    )


def decision(value: str, probability: float = 0.98, *, alone: bool = True, source: Any = "model") -> LabelDecision:
    return LabelDecision(value, source, value, probability, ((value, probability), ("other", 1 - probability)), alone)


def verdict(
    *, unsure: Mapping[str, float] | None = None, ask: Sequence[str] = (), hits: Sequence[RuleHit] = (), **labels: str
) -> Verdict:
    """A verdict that acts alone but on the labels named in ``unsure``."""
    unsure = unsure or {}
    values = {**LABELS, **labels}
    return Verdict(
        policy="penelope",
        labels={
            label: decision(value, unsure.get(label, 0.98), alone=label not in unsure)
            for label, value in values.items()
        },
        impact={"kind": FactReading("fault", 0.9, "does not start"), "data": FactReading("unknown", 0.6, None)},
        severity_by_table="SEV3",
        severity_by_head=values["severity"],
        clauses=("penelope/included.4",),
        evidence={"severity": (WordWeight("does not start", 1.25),)},
        rule_hits=tuple(hits),
        missing_facts=("hosting",),
        ask=tuple(ask),
        language="en",
        versions=Versions("penelope-1", "1.0.0", "0.1.0"),
    )


def terms(due: datetime | None = NOON + timedelta(hours=2)) -> Terms:
    target = ResponseTarget(due, "2 support hours", "penelope hours") if due else None
    return Terms({"penelope/included.4": "Faults are repaired."}, "covered", None, target, ("a note",))


def facts(received_at: datetime = NOON, **customer: Any) -> Facts:
    return Facts(received_at, customer, (PastTicket("odbc_account", 3),), None, "en")


def delivered(uid: int, uidvalidity: int = 1, mailbox: str = "support", folder: str = "INBOX") -> Delivery:
    return Delivery(mailbox, folder, uidvalidity, uid)


def recording(
    message: Message | None = None,
    *,
    uid: int | None = None,
    delivery: Delivery | None = None,
    conversation: str | None = None,
    ticket: int | None = None,
    customer: Customer | None = None,
    said: Verdict | None = None,
    promised: Terms | None = None,
    screening: Screening | None = ACCEPTED,
    quarantine: Fault | str | None = None,
    received_at: datetime | None = NOON,
    policy: str = "penelope",
    duplicate_of: int | None = None,
    same_as: str | None = None,
) -> Recording:
    """A recording of an accepted mail; one with a verdict unless it is set aside, quarantined or a duplicate."""
    takes_part = quarantine is None and screening is not None and screening.accepted
    takes_part = takes_part and duplicate_of is None and same_as is None
    placement = Placement(
        conversation or uuid.uuid4().hex, ticket, customer, facts(received_at or NOON), duplicate_of, same_as
    )
    return Recording(
        policy=policy,
        message=message or mail(),
        screening=screening,
        placement=None if quarantine else placement,
        verdict=(said or verdict()) if takes_part else None,
        terms=(promised or terms()) if takes_part else None,
        delivery=delivered(uid) if uid is not None else delivery,
        quarantine=Fault("parsing", quarantine) if isinstance(quarantine, str) else quarantine,
        received_at=received_at,
    )
