"""What a mail leaves out, and the reply that asks for it."""

from __future__ import annotations

from policies.policy import Policy
from policies.reply_draft import reply_draft
from tickets.rows import Ticket


def draft(ticket: Ticket, policy: Policy | None, agent: str) -> str:
    """The reply that asks the sender for what is missing, signed by the agent; empty for a closed or clear ticket."""
    if ticket.state == "closed":
        return ""
    return reply_draft(
        ticket.terms.questions,
        sender_name=ticket.sender_name,
        language=ticket.facts.language,
        sign="\n".join(filter(None, [agent, policy.title if policy else ""])),
    )
