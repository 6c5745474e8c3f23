"""What the store hands out: frozen rows, never connections or table objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Literal

from classifier.verdict import Verdict
from intake.new_text.forwarded import Forwarded
from intake.span import Span
from policies.facts import Facts, FactValue
from policies.terms import ResponseTarget, Terms

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
    left_on: date | None = None
    """The day from which on the person no longer speaks for the customer."""


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A customer and its contacts, by address."""

    customer: Customer
    contacts: tuple[Contact, ...] = ()

    @property
    def mark(self) -> str:
        """What changes whenever anything of the record does (RFC 9110, 8.8.3): hex digits."""
        customer = self.customer
        told = [customer.id, customer.policy, customer.name, customer.domains, sorted(customer.facts.items())]
        told += [[c.address, c.name, sorted(c.facts.items()), str(c.left_on)] for c in self.contacts]
        return sha256(json.dumps(told, default=str).encode()).hexdigest()[:32]

    def contact(self, address: str) -> Contact | None:
        """The contact that has the address, as it is kept."""
        return next((contact for contact in self.contacts if contact.address == address), None)

    def to_json(self) -> dict[str, Any]:
        """The record as a JSON object; facts that are unknown are absent."""
        customer = self.customer
        return {
            "id": customer.id,
            "policy": customer.policy,
            "name": customer.name,
            "domains": list(customer.domains),
            "facts": dict(customer.facts),
            "contacts": [
                {
                    "address": contact.address,
                    "name": contact.name,
                    "facts": dict(contact.facts),
                    "left_on": contact.left_on.isoformat() if contact.left_on else None,
                }
                for contact in self.contacts
            ],
        }


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
    answered_at: datetime | None = None
    """When the first response was given."""
    answered_by: str | None = None
    """The address it was sent from, or the agent who said so."""
    paused_at: datetime | None = None
    """Since when the clock stands still, waiting for the customer."""
    charge_state: str | None = None
    """Of a charge that a person has to confirm: ``proposed``, ``confirmed`` or ``waived``."""
    origin: int | None = None
    """The ticket this one was opened from."""
    erased_at: datetime | None = None
    """When all that its customer wrote was erased; what is left is a shell to be counted."""

    @property
    def target(self) -> ResponseTarget | None:
        """The response target as it stands: moved on by the pauses so far, and whether the clock stands still."""
        promised = self.terms.response_target
        if promised is None or self.due_at is None:
            return promised
        return replace(promised, due=self.due_at, paused=self.paused_at is not None)

    @property
    def terms_now(self) -> Terms:
        """The terms with :attr:`target`."""
        return replace(self.terms, response_target=self.target)


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One line of the review queue or of a search: what is needed to show it, without verdict or text.

    Of a ticket whose ``audit`` is open nobody is shown what was decided: labels and reasons are empty.
    """

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
    paused_at: datetime | None = None
    answered_at: datetime | None = None
    excerpt: str = ""
    audit: bool = False

    @property
    def blind(self) -> QueueItem:
        """The line as it may be shown while the ticket's audit is open."""
        return replace(self, review_reasons=(), severity="", scope="", issue_type="", topic="", audit=True)


@dataclass(frozen=True, slots=True)
class How:
    """How a person came to say what they said of labels; None where it is not known."""

    blind: bool | None = None
    """Whether they had not been shown the model's answer."""
    seconds: float | None = None
    """How long they looked before they said it, all labels of one act together."""
    bulk: bool = False
    """Whether they said it of many tickets at once."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A person's word on one label of a ticket. ``from_value`` equal to ``to_value`` is a confirmation.

    ``from_source`` is whose value it was before: ``model``, ``rule`` or ``agent``.
    """

    id: int
    ticket: int
    label: str
    from_value: str
    from_source: str
    to_value: str
    why: str
    agent: str
    at: datetime
    how: How = How()

    def to_json(self) -> dict[str, Any]:
        """The correction as a JSON object."""
        told = {name: getattr(self, name) for name in ("id", "ticket", "label", "from_value", "from_source")}
        told |= {"to_value": self.to_value, "why": self.why, "agent": self.agent, "at": self.at.isoformat()}
        return {**told, "blind": self.how.blind, "seconds": self.how.seconds, "bulk": self.how.bulk}


@dataclass(frozen=True, slots=True)
class Dispute:
    """Two people's words on one label that differ; ``settlement`` is the word of the lead who settled it.

    Settled without a settlement: they came to agree, or one took theirs back.
    """

    id: int
    policy: str
    ticket: int
    label: str
    first: Correction
    second: Correction
    opened_at: datetime
    settled_at: datetime | None = None
    settled_by: str | None = None
    settlement: Correction | None = None

    @property
    def settled_value(self) -> str | None:
        """What the lead settled it on."""
        return self.settlement.to_value if self.settlement else None

    def to_json(self) -> dict[str, Any]:
        """The dispute as a JSON object."""
        return {
            "id": self.id,
            "policy": self.policy,
            "ticket": self.ticket,
            "label": self.label,
            "first": self.first.to_json(),
            "second": self.second.to_json(),
            "opened_at": self.opened_at.isoformat(),
            "settled_at": self.settled_at.isoformat() if self.settled_at else None,
            "settled_by": self.settled_by,
            "settled_value": self.settled_value,
            "why": self.settlement.why if self.settlement else None,
        }


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
