"""The bridge to training: agents' words on tickets as labelled mails."""

from __future__ import annotations

from classifier.example import Example
from tickets.rows import StoredMessage, Ticket
from tickets.store import Store


def examples(store: Store, policy: str) -> list[Example]:
    """A labelled mail for every ticket of the policy on which an agent's word stands, by ticket number.

    Its labels are those that agents corrected or confirmed and no others; its group is the conversation.
    """
    return [example(ticket, opening) for ticket, opening in store.agent_labelled(policy)]


def example(ticket: Ticket, opening: StoredMessage) -> Example:
    """The ticket's opening mail with the facts of its verdict and the labels that agents spoke on."""
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
        labels=dict(ticket.corrected),
        group=ticket.conversation,
        origin="agent",
    )
