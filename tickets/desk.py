"""Where a mail belongs and what is known of its sender; and what an agent's word changes."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from errors import MailtriageError
from intake.message import Message
from intake.sender_proof import prove
from intake.ticket_reference import TicketReferences
from policies.facts import Facts, FactValue, PastTicket
from policies.labels import LABELS, IssueType, Scope, Severity
from policies.policy import Policy
from policies.rule import Observation
from policies.terms import Terms
from policies.values import whole_number
from tickets.columns import in_utc
from tickets.conversations import Home, PastRequest
from tickets.customer.customers import Found
from tickets.faults import NoSuchTicket
from tickets.races import until_it_holds
from tickets.recording import sameness
from tickets.rows import Contact, Correction, Customer, How, Ticket
from tickets.store import Placement, Store
from tickets.threads import Threads
from tickets.work.quotas import with_own

MAX_PAST_OF_TOPIC = 50
"""So many earlier requests of one topic are told of a customer; no clause counts further."""


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
        zone = ZoneInfo(policy.file.time_zone)
        days = [in_utc(moment).astimezone(zone).date() for moment in received_at]
        threads = Threads.over(lookups, messages, own_addresses, references, days)
        customers = {found.customer.id for found in map(threads.customer_of, messages) if found.customer is not None}
        past = lookups.past_requests(customers, max(received_at))
    seen: set[str] = set()
    placements = []
    for message, moment, key in zip(messages, received_at, keys, strict=True):
        home = threads.home(message) or Home(uuid.uuid4().hex, None)
        found = threads.customer_of(message)
        placement = Placement(
            conversation=home.conversation,
            ticket=home.ticket,
            customer=found.customer,
            facts=_facts(policy, message, moment, found, past, home.ticket, trusted_authserv),
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
    policy: Policy,
    message: Message,
    received_at: datetime,
    found: Found,
    past: Mapping[int, Sequence[PastRequest]],
    ticket: int | None,
    trusted_authserv: Sequence[str],
) -> Facts:
    customer = found.customer
    history = None
    proven, proof = prove(message, trusted_authserv)
    if customer is not None:
        # A reply does not count the ticket it belongs to as an earlier request.
        earlier = [request for request in past[customer.id] if request.number != ticket]
        history = history_before(policy, received_at, earlier, proven)
    return Facts(
        received_at=received_at,
        customer=facts_of(customer, found.contact) if customer else {},
        history=history,
        sender_proven=proven,
        language=message.language,
        proof=proof,
        sender=found.kind,
        candidates=tuple(candidate.name for candidate in found.candidates),
    )


def facts_of(customer: Customer, contact: Contact | None) -> dict[str, FactValue]:
    """What is known of a mail of that customer; what is known of the contact comes first."""
    return {**customer.facts, **(contact.facts if contact else {})}


def history_before(
    policy: Policy, received_at: datetime, past: Sequence[PastRequest], proven: bool | None
) -> tuple[PastTicket, ...]:
    """The requests dated before ``received_at``, newest first, with the whole days between.

    Where the policy asks for proof, a proven mail (``proven``) counts proven requests alone: what others send in the
    customer's name does not use up what it has once. A mail that is not proven counts them all.
    """
    moment = in_utc(received_at)
    if policy.file.sender_proof == "required" and proven is True:
        past = [request for request in past if request.proven]
    told: Counter[str] = Counter()
    history = []
    for request in past:
        if request.created_at < moment and told[request.topic] < MAX_PAST_OF_TOPIC:
            told[request.topic] += 1
            history.append(PastTicket(request.topic, (moment - request.created_at).days))
    return tuple(history)


def correct(
    store: Store,
    policy: Policy,
    ticket: int,
    changes: Mapping[str, str],
    *,
    agent: str,
    why: str = "",
    how: How | None = None,
    settles: int | None = None,
) -> list[Correction]:
    """Corrects or confirms labels of a ticket: checks the values, works out the terms anew, writes it all together.

    Labels on which an agent has spoken stand; the others follow from them by the policy. ``how`` says how the agent
    came to say so, ``settles`` names the dispute that the one change settles. Raises
    :class:`~errors.MailtriageError` for a label or value that the policy does not have, or an unknown ticket.
    """
    check(policy, changes)

    def attempt(left: Mapping[str, int | None]) -> list[Correction]:
        found = store.ticket(ticket)
        if found is None:
            raise NoSuchTicket(ticket)
        if found.policy != policy.name:
            raise CorrectionError(f"Ticket {ticket} is under the policy {found.policy}, not {policy.name}.")
        check_there(found)
        before = {label: getattr(found, label) for label in LABELS}
        known = known_now(store, policy, found, left)
        derived, clauses, terms = consequences(
            store, policy, replace(found, facts=known), before, changes, again=bool(left)
        )
        return store.correct(
            ticket,
            changes,
            agent=agent,
            why=why,
            terms=terms,
            clauses=clauses,
            derived=derived,
            expected=found,
            how=how,
            settles=settles,
        )

    return until_it_holds(ticket, attempt)


def known_now(store: Store, policy: Policy, ticket: Ticket, left: Mapping[str, int | None]) -> Facts:
    """The ticket's facts with what is left now of its customer's quotas; ``left`` has what is known better."""
    return with_left(ticket.facts, {**_left_now(store, policy, ticket), **left})


def _left_now(store: Store, policy: Policy, ticket: Ticket) -> dict[str, int | None]:
    """What is left now, by fact, of the quotas of the ticket's customer; what the ticket uses itself is not gone."""
    record = store.customer(ticket.customer_id) if ticket.customer_id is not None else None
    if record is None:
        return {}
    own = store.quotas_of(ticket.number)
    known = with_own(record.customer.facts, own, record.customer.id)
    left = {quota.fact: whole_number(known.get(quota.fact)) for quota in policy.file.quotas}
    # What it uses it goes on using, even when the record counts no longer.
    return {**left, **{use.fact: max(1, left.get(use.fact) or 0) for use in own if use.fact in left}}


def with_left(facts: Facts, left: Mapping[str, int | None]) -> Facts:
    """``facts`` with what is left now of the quotas that they name."""
    return replace(facts, customer={**facts.customer, **left}) if left else facts


def check_there(ticket: Ticket) -> None:
    """Raises :class:`CorrectionError` for a ticket whose mail was erased."""
    if ticket.erased_at is not None:
        raise CorrectionError(f"Ticket {ticket.number} was erased: there is nothing left to judge it by.")


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


def consequences(
    store: Store,
    policy: Policy,
    ticket: Ticket,
    before: Mapping[str, str],
    changes: Mapping[str, str],
    *,
    again: bool = False,
) -> tuple[dict[str, str], tuple[str, ...] | None, Terms | None]:
    """The labels, clauses and terms that follow from an agent's ``changes``; None where all was merely confirmed.

    ``before`` are the four labels in force. A label on which no agent has spoken is what rules and topic make of those
    of the agents and, for the rest, of what the model read. ``again`` says that the ticket's facts are not those it was
    decided with: then nothing is merely confirmed.
    """
    if {**before, **changes} == before and not again:
        return {}, None, None
    said = {**ticket.corrected, **changes}
    read = {label: ticket.verdict.labels[label].model_value for label in LABELS} | said
    impact, signals = ticket.verdict.impact_values, signals_of(store, policy, ticket)
    outcome = policy.decide(
        Observation(
            topic=read["topic"],
            issue_type=IssueType(read["issue_type"]),
            severity=Severity(read["severity"]),
            scope=Scope(said["scope"]) if "scope" in said else None,
            impact=impact,
            signals=signals,
            facts=ticket.facts,
        )
    )
    labels = {**read, **outcome.values, **said}
    clauses = outcome.clauses
    if outcome.values.get("scope", labels["scope"]) != labels["scope"]:
        # Against an agent's scope the clauses that decide another one cannot be cited.
        clauses = tuple(c for c in clauses if policy.clauses[c].scope in (None, labels["scope"]))
    terms = policy.terms(labels, clauses, ticket.facts, ticket.facts.received_at, impact=impact, signals=signals)
    derived = {label: labels[label] for label in LABELS if label not in changes and labels[label] != before[label]}
    return derived, clauses, terms


def signals_of(store: Store, policy: Policy, ticket: Ticket) -> frozenset[str]:
    """The policy's signals in the mail that opened the ticket."""
    from classifier.signals import finder  # spaCy takes a second to import, which placing mails need not wait for

    opening = store.messages_of(ticket.number)[0]
    return frozenset(finder(policy).find(opening.subject, opening.new_text))
