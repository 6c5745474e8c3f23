"""Mail for many readers: lists and bulk (RFC 2919, RFC 2369, Precedence)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from intake.message import Message

PRECEDENCES = frozenset({"bulk", "list", "junk"})
LIST_FIELDS = ("list-id", "list-post")
"""RFC 2919, 3 and RFC 2369, 3.4."""


def passed_on(message: Message, fields: Mapping[str, str], own: Collection[str]) -> bool:
    """Whether a mailing list that is not ours passed the mail on to its readers."""
    return all(name in fields for name in LIST_FIELDS) and not for_us(message, fields, own)


def recognise(message: Message, fields: Mapping[str, str], own: Collection[str]) -> str | None:
    """The reason why ``message`` is list or bulk mail, as a sentence; None when it is none.

    ``own`` are our own addresses in lower case. A group that is one of them (Google Groups and Microsoft 365 write
    list headers into all that they pass on) is how requests reach us, and an answer addressed to us is one, through
    whatever list it went.
    """
    precedence = fields.get("precedence", "").strip().lower()
    if precedence in PRECEDENCES and not (precedence == "list" and for_us(message, fields, own)):
        return f"The header Precedence: {precedence} marks bulk or list mail (RFC 2076, 3.9)."
    for name in LIST_FIELDS:
        if name in fields and not for_us(message, fields, own):
            return f"The header {name.title()} marks list mail (RFC 2369, RFC 2919)."
    if "list-unsubscribe" in fields and not message.in_reply_to and not for_us(message, fields, own):
        return "The header List-Unsubscribe marks bulk mail (RFC 2369, 3.2)."
    return None


def for_us(message: Message, fields: Mapping[str, str], own: Collection[str]) -> bool:
    """Whether the list is one of our own addresses, or the mail answers one and is addressed to us."""
    if not own:
        return False
    list_id = fields.get("list-id", "").lower()
    list_post = fields.get("list-post", "").lower()
    if any(f"mailto:{address}" in list_post or f"<{address.replace('@', '.')}>" in list_id for address in own):
        return True
    return bool(message.in_reply_to) and any(address.key in own for address in (*message.to, *message.cc))
