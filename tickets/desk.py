"""Where a mail belongs and what is known of its sender; and what an agent's word changes."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from errors import MailtriageError
from intake.message import Message
from intake.sender_proof import prove
from intake.ticket_reference import TicketReferences
from policies.facts import Facts, PastTicket
from policies.labels import LABELS, IssueType, Scope, Severity
from policies.policy import Policy
from policies.rule import Observation
from policies.terms import Terms
from tickets.columns import in_utc
from tickets.conversations import Home, PastRequest
from tickets.customers import Found
from tickets.faults import NoSuchTicket, TicketChanged
from tickets.recording import sameness
from tickets.rows import Correction, Ticket
from tickets.store import Placement, Store
from tickets.threads import Threads

MAX_PAST_OF_TOPIC = 50
"""So many earlier requests of one topic are told of a customer; no clause counts further."""

RACES = 5


class CorrectionError(MailtriageError):
    """A label or value that the policy does not have: names those that it has."""


def place(
    store: Store,
    policy: Policy,
    messages: Sequence[Message],
    received_at: Sequence[datetime],
    *,
    trusted_authserv: Sequence[str] = (),
    own_addresses: Collection[str] = (),
    references: TicketReferences | None = None,
) -> list[Placement]:
    """For each message, in order, its conversation, customer and :class:`~policies.facts.Facts`.

    A mail joins a conversation by the first of these that names one in which its sender already takes part, belongs
    to the same customer as a participant, or writes from one of ``own_addresses``: References and In-Reply-To; the
    answers that came before the mail they answer; a ticket's number that bears a true signature (``references``);
    References to a mail that nobody has but another answers, too; Thread-Index, where References name nothing known.
    Later messages of the batch may join earlier ones. A Message-ID used again for another content is neither a
    duplicate nor a reason to join.
    """
    if not messages:
        return []
    keys = [sameness(message) for message in messages]
    with store.looking_up(policy.name) as lookups:
        known = lookups.known_identities(keys)
        threads = Threads.over(lookups, messages, own_addresses, references)
        customers = [customer for customer, _ in map(threads.customer_of, messages) if customer is not None]
        past = lookups.past_requests({customer.id for customer in customers}, max(received_at))
    seen: set[str] = set()
    placements = []
    for message, moment, key in zip(messages, received_at, keys, strict=True):
        home = threads.home(message) or Home(uuid.uuid4().hex, None)
        found = threads.customer_of(message)
        placement = Placement(
            conversation=home.conversation,
            ticket=home.ticket,
            customer=found[0],
            facts=_facts(message, moment, found, past, home.ticket, trusted_authserv),
            duplicate_of=known.get(key),
            same_as=message.identity if key in seen and key not in known else None,
            awaits=threads.awaits(message),
        )
        placements.append(placement)
        if not placement.repeats:
            seen.add(key)
            threads.add(message, home)
    return placements


def _facts(
    message: Message,
    received_at: datetime,
    found: Found,
    past: Mapping[int, Sequence[PastRequest]],
    ticket: int | None,
    trusted_authserv: Sequence[str],
) -> Facts:
    customer, contact = found
    history = None
    if customer is not None:
        # A reply does not count the ticket it belongs to as an earlier request.
        history = history_before(received_at, [request for request in past[customer.id] if request.number != ticket])
    return Facts(
        received_at=received_at,
        customer={**(customer.facts if customer else {}), **(contact.facts if contact else {})},
        history=history,
        sender_proven=prove(message, trusted_authserv)[0] if trusted_authserv else None,
        language=message.language,
    )


def history_before(received_at: datetime, past: Sequence[PastRequest]) -> tuple[PastTicket, ...]:
    """The requests dated before ``received_at``, newest first, with the whole days between."""
    moment = in_utc(received_at)
    told: Counter[str] = Counter()
    history = []
    for request in past:
        if request.created_at < moment and told[request.topic] < MAX_PAST_OF_TOPIC:
            told[request.topic] += 1
            history.append(PastTicket(request.topic, (moment - request.created_at).days))
    return tuple(history)


def correct(
    store: Store, policy: Policy, ticket: int, changes: Mapping[str, str], *, agent: str, why: str = ""
) -> list[Correction]:
    """Corrects or confirms labels of a ticket: checks the values, works out the terms anew, writes it all together.

    A scope that an agent has set stands; otherwise it follows from a corrected topic by the policy. Raises
    :class:`~errors.MailtriageError` for a label or value that the policy does not have, or an unknown ticket.
    """
    check(policy, changes)
    for _ in range(RACES):
        found = store.ticket(ticket)
        if found is None:
            raise NoSuchTicket(ticket)
        if found.policy != policy.name:
            raise CorrectionError(f"Ticket {ticket} is under the policy {found.policy}, not {policy.name}.")
        before = {label: getattr(found, label) for label in LABELS}
        derived, clauses, terms = _consequences(store, policy, found, before, changes)
        with suppress(TicketChanged):
            return store.correct(
                ticket,
                changes,
                agent=agent,
                why=why,
                terms=terms,
                clauses=clauses,
                derived=derived,
                expected=before,
            )
    raise TicketChanged(ticket)


def check(policy: Policy, changes: Mapping[str, str]) -> None:
    """Raises :class:`CorrectionError` for a label or value that the policy does not have."""
    legal = {
        "severity": tuple(Severity),
        "scope": tuple(Scope),
        "issue_type": tuple(IssueType),
        "topic": tuple(policy.topics),
    }
    for label, value in changes.items():
        if label not in legal:
            raise CorrectionError(f"There is no label {label!r}; the labels are {', '.join(LABELS)}.")
        if value not in legal[label]:
            raise CorrectionError(
                f"{value!r} is not a {label.replace('_', ' ')} of {policy.name}; it has {', '.join(legal[label])}."
            )


def _consequences(
    store: Store, policy: Policy, ticket: Ticket, before: Mapping[str, str], changes: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...] | None, Terms | None]:
    """The labels, clauses and terms that follow from ``changes``; None where all was merely confirmed."""
    labels = {**before, **changes}
    if labels == before:
        return {}, None, None
    outcome = policy.decide(
        Observation(
            topic=labels["topic"],
            issue_type=IssueType(labels["issue_type"]),
            severity=Severity(labels["severity"]),
            scope=Scope(labels["scope"]),
            impact={fact: reading.value for fact, reading in ticket.verdict.impact.items()},
            signals=_signals(store, policy, ticket),
            facts=ticket.facts,
        )
    )
    agent_set_scope = "scope" in changes or "scope" in ticket.corrected
    if labels["topic"] != before["topic"] and not agent_set_scope:
        labels["scope"] = outcome.values.get("scope", ticket.verdict.labels["scope"].model_value)
    clauses = outcome.clauses
    if outcome.values.get("scope", labels["scope"]) != labels["scope"]:
        # Against an agent's scope the clauses that decide another one cannot be cited.
        clauses = tuple(c for c in clauses if policy.clauses[c].scope in (None, labels["scope"]))
    terms = policy.terms(labels, clauses, ticket.facts, ticket.facts.received_at)
    derived = {"scope": labels["scope"]} if labels["scope"] != before["scope"] and "scope" not in changes else {}
    return derived, clauses, terms


def _signals(store: Store, policy: Policy, ticket: Ticket) -> frozenset[str]:
    """The policy's signals in the mail that opened the ticket."""
    from classifier.signals import finder  # spaCy takes a second to import, which placing mails need not wait for

    opening = store.messages_of(ticket.number)[0]
    return frozenset(finder(policy).find(opening.subject, opening.new_text))
