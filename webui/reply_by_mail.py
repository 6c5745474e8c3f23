"""The link with which an agent answers from a mail client of his own, so that the answer's answers find the ticket."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from intake.ticket_reference import TicketReferences
from tickets.rows import StoredMessage, Ticket

ADDRESS = re.compile(r"[^\s<>()\[\],;:\"@\x00-\x1f]{1,64}@[^\s<>()\[\],;:\"@\x00-\x1f]{1,255}")
"""What may stand in a link: a dot-atom and a domain (RFC 5321, 4.5.3.1); other addresses a person copies by hand."""
REPLY_PREFIX = re.compile(r"(?:\s*(?:re|aw|antw|sv)\s*:)+", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
"""What could end a line of a header, should a mail client write it there as it is (RFC 6068, 7)."""
LONGEST_SUBJECT = 150
LONGEST_MESSAGE_ID = 250
LONGEST_BODY = 4000
"""Characters; mail programs cut longer links off, and half a text is worse than none."""


@dataclass(frozen=True, slots=True)
class Answering:
    """How answers by mail are marked: who signs ticket numbers, and where a copy of the answer goes.

    ``copy_to`` gives that address for a policy and a ticket; None where no mailbox of the policy names its own.
    """

    references: TicketReferences
    copy_to: Callable[[str, int], str | None]

    def link(self, ticket: Ticket, messages: Sequence[StoredMessage], body: str = "") -> str | None:
        """A ``mailto:`` (RFC 6068) to the customer; None where the customer's address cannot stand in a link.

        ``body`` is the text to begin with; one that is too long for a link is left out.
        """
        if not ADDRESS.fullmatch(ticket.sender_address):
            return None
        tag = self.references.subject_tag(ticket.number)
        subject = CONTROL.sub(" ", ticket.subject)
        prefix = REPLY_PREFIX.match(subject)
        # Another ticket's tag, which a stranger may have copied, must not lead the answer there.
        plain = self.references.untagged(subject[prefix.end() :] if prefix else subject)
        fields = {"subject": f"Re: {plain[:LONGEST_SUBJECT]} {tag}"}
        copy = self.copy_to(ticket.policy, ticket.number)
        if copy is not None:
            fields["cc"] = copy
        answered = next((m.message_id for m in reversed(messages) if m.disposition in ("ticket", "reply")), None)
        if answered is not None and len(answered) <= LONGEST_MESSAGE_ID:
            fields["in-reply-to"] = f"<{CONTROL.sub('', answered)}>"
        text = "\r\n".join(body.splitlines())  # RFC 6068, 5
        if text and len(quote(text)) <= LONGEST_BODY:
            fields["body"] = text
        return f"mailto:{quote(ticket.sender_address, safe='@')}?{urlencode(fields, quote_via=quote)}"
