"""What the store hands out: frozen rows, never connections or table objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from classifier.verdict import Verdict
from intake.new_text.forwarded import Forwarded
from intake.span import Span
from policies.facts import Facts, FactValue
from policies.terms import Terms

State = Literal["review", "decided", "closed"]
Disposition = Literal["ticket", "reply", "set_aside", "duplicate", "quarantined"]


@dataclass(frozen=True, slots=True)
class Customer:
    """A company with an agreement under one policy; ``facts`` are the policy's customer facts, absent when unknown."""

    id: int
    policy: str
    name: str
    domains: tuple[str, ...]
    facts: Mapping[str, FactValue]


@dataclass(frozen=True, slots=True)
class Contact:
    """A person of a customer; ``facts`` (``contact_role``) come before those of the customer."""

    id: int
    customer_id: int
    address: str
    name: str
    facts: Mapping[str, FactValue]


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """One recorded mail. ``reason`` says why it was set aside, a duplicate or quarantined; empty otherwise."""

    id: int
    ticket: int | None
    disposition: Disposition
    reason: str
    kind: str
    mailbox: str | None
    digest: str
    identity: str
    message_id: str | None
    sender_name: str
    sender_address: str
    subject: str
    sent_at: datetime | None
    received_at: datetime
    text: str
    new_text: str
    quoted: str
    signature: str
    html: str | None
    attachments: tuple[Mapping[str, Any], ...]
    """Each with name, content_type, size, sha256, inline, content_id; the content is read from the raw mail."""
    defects: tuple[str, ...]
    spans: tuple[Span, ...] = ()
    """What of ``text`` is not new: quotation, forwarded mail, signature, disclaimer."""
    forwarded: Forwarded | None = None
    """What it claims of the mail it forwards."""
    step: str | None = None
    """The step of the trip at which a quarantined mail failed."""
    program_version: str | None = None
    """The program that quarantined it: a newer one tries again."""
    policy: str = ""
    """The policy of the mailbox it came by."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request: its conversation, its customer, the labels in force and where it stands."""

    number: int
    policy: str
    conversation: str
    state: State
    review_reasons: tuple[str, ...]
    subject: str
    sender_name: str
    sender_address: str
    customer_id: int | None
    customer_name: str | None
    severity: str
    scope: str
    issue_type: str
    topic: str
    clauses: tuple[str, ...]
    created_at: datetime
    due_at: datetime | None
    verdict: Verdict
    facts: Facts
    terms: Terms
    corrected: Mapping[str, str] = field(default_factory=dict)
    """Label to the value that an agent gave or confirmed; absent where no agent has spoken."""
    previous: int | None = None
    """The closed ticket that this one goes on with."""


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One line of the review queue or of a search: what is needed to show it, without verdict or text."""

    number: int
    policy: str
    state: State
    review_reasons: tuple[str, ...]
    subject: str
    sender_name: str
    sender_address: str
    customer_name: str | None
    severity: str
    scope: str
    issue_type: str
    topic: str
    created_at: datetime
    due_at: datetime | None
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """A person's word on one label of a ticket. ``from_value`` equal to ``to_value`` is a confirmation."""

    id: int
    ticket: int
    label: str
    from_value: str
    from_source: str
    to_value: str
    why: str
    agent: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, in order: what kind, to which ticket (if any), by whom, with its details."""

    id: int
    at: datetime
    kind: str
    ticket: int | None
    actor: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class User:
    """A person who signs in; ``password_hash`` is an argon2id encoding and never leaves the store but for checking."""

    id: int
    name: str
    role: str
    password_hash: str = field(repr=False)
