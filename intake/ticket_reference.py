"""A ticket's number, signed, so that an answer finds its ticket without the msg-ids that a mail client may drop."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from intake.message import Message

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is read as a digit, and none that differs by case alone."""
MISREAD = str.maketrans("ILO", "110")
SIGNATURE_CHARACTERS = 8
"""40 bits: who guesses one mail a second finds one after 17,000 years, and must take part in the conversation too."""
MIN_KEY_BYTES = 16
PURPOSE = b"mailtriage ticket reference 1:"

HYPHENS = "-\u2010\u2011\u2012\u2013\u2014"
"""The hyphen, and what mail clients write for it."""
SUBJECT_TAG = re.compile(r"\[\s{0,3}#([^\[\]#]{10,60})\]")
TAG = re.compile(rf"([0-9]{{1,10}})[{HYPHENS}]([0-9A-Z]{{{SIGNATURE_CHARACTERS}}})")
PLUS_TAG = re.compile(rf"\+[tT]([0-9]{{1,10}})-([0-9A-Za-z]{{{SIGNATURE_CHARACTERS}}})@")
DELIVERY_FIELDS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
"""Where servers write to which address a mail was delivered; only the first is registered (RFC 9228)."""

MAX_TAGS = 20
"""So many of a mail's tags are checked; a hostile mail may bear thousands."""
MAX_VALUES = 50
MAX_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class TicketReferences:
    """Writes ticket numbers with a signature (HMAC-SHA-256 under ``key``) and reads back those that bear a true one."""

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) < MIN_KEY_BYTES:
            raise ValueError(f"a key of {len(self.key)} bytes is too short to sign with")

    def subject_tag(self, ticket: int) -> str:
        """What goes into a subject: ``[#1234-K7QX2M9P]``."""
        return f"[#{ticket}-{self._signature(ticket)}]"

    @staticmethod
    def untagged(subject: str) -> str:
        """``subject`` without anything that looks like a tag, whichever ticket it names."""
        return " ".join(SUBJECT_TAG.sub(" ", subject).split())

    def address(self, ticket: int, mailbox: str) -> str:
        """The plus-address (RFC 5233) of ``mailbox`` that names the ticket: ``support+t1234-k7qx2m9p@example.org``."""
        local, _, domain = mailbox.rpartition("@")
        return f"{local}+t{ticket}-{self._signature(ticket).lower()}@{domain}"

    def tickets(self, message: Message) -> tuple[int, ...]:
        """The tickets that ``message`` names with a true signature: in its subject from the end, then where
        it was sent to."""
        found: dict[int, None] = {}
        for number, (digits, signature) in enumerate(_tags(message)):
            if number == MAX_TAGS:
                break
            true = self._signature(int(digits))
            if hmac.compare_digest(true, signature.upper().translate(MISREAD)):
                found[int(digits)] = None
        return tuple(found)

    def _signature(self, ticket: int) -> str:
        mac = hmac.digest(self.key, PURPOSE + str(ticket).encode(), hashlib.sha256)
        bits = int.from_bytes(mac[:8], "big")
        return "".join(ALPHABET[bits >> 5 * place & 31] for place in range(SIGNATURE_CHARACTERS))


def _tags(message: Message) -> Iterator[tuple[str, str]]:
    """The number and signature of everything in ``message`` that looks like a reference."""
    # Programs add their tag to the end: of several the last is of the mail that is answered.
    for tag in reversed(list(SUBJECT_TAG.finditer(message.subject[:MAX_CHARACTERS]))):
        # A long subject is folded, at worst in the middle of a tag.
        match = TAG.fullmatch("".join(tag[1].split()).upper())
        if match:
            yield match[1], match[2]
    addresses = [address.address for address in (*message.to, *message.cc)[:MAX_VALUES]]
    fields = [value for name, value in message.headers if name in DELIVERY_FIELDS][:MAX_VALUES]
    for value in (*addresses, *fields):
        for match in PLUS_TAG.finditer(value[:MAX_CHARACTERS]):
            yield match[1], match[2]
