"""The bridge to training: agents' words on tickets as labelled mails."""

from __future__ import annotations

from classifier.example import Example
from classifier.figures.slicing import MAILBOX
from classifier.given import KEY, Given
from tickets.rows import Correction, StoredMessage
from tickets.standing import Labelled
from tickets.store import Store


def examples(store: Store, policy: str) -> list[Example]:
    """A labelled mail for every ticket of the policy on which an agent's word stands, by ticket number.

    Its labels are those that agents corrected or confirmed and no others, none in dispute among them; its group is the
    conversation. :func:`classifier.given.given` says how each label was given.
    """
    return [example(labelled) for labelled in store.agent_labelled(policy) if labelled.words]


def example(labelled: Labelled) -> Example:
    """The ticket's opening mail with the facts of its verdict and the labels that agents spoke on."""
    ticket, opening, words = labelled.ticket, labelled.opening, labelled.words
    history = ticket.facts.history
    return Example(
        id=f"ticket-{ticket.number}",
        subject=opening.subject,
        body=opening.new_text,
        policy=ticket.policy,
        sender=opening.sender_address or None,
        received=ticket.facts.received_at,
        customer=dict(ticket.facts.customer),
        history=None if history is None else tuple((past.topic, past.days_ago) for past in history),
        labels={label: word.to_value for label, word in words.items()},
        group=ticket.conversation,
        account=None if ticket.customer_id is None else f"customer {ticket.customer_id}",
        origin="agent",
        extra={KEY: {label: _given(word).to_json() for label, word in words.items()}} | _mailbox(opening),
    )


def _mailbox(opening: StoredMessage) -> dict[str, str]:
    return {MAILBOX: opening.mailbox} if opening.mailbox else {}


def _given(word: Correction) -> Given:
    return Given(word.agent, word.at, word.how.blind, word.how.bulk, word.how.seconds)
