"""Bytes to a message."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from intake import language
from intake.address import Address
from intake.attachment import Attachment as Attachment
from intake.content import attached, body
from intake.decoding import headers
from intake.decoding.address_list import MAX_ADDRESSES, addresses
from intake.decoding.mime import Part, Splitter
from intake.identity import identity
from intake.new_text import reply
from intake.new_text.forwarded import Forwarded as Forwarded
from intake.span import Span
from intake.thread_index import conversation_guid

MAX_DEFECTS = 50

WRITTEN_BY_SERVERS = frozenset({"authentication-results", "arc-authentication-results", "received"})


@dataclass(frozen=True, slots=True)
class Message:
    """One mail, decoded as far as it can be; what could not be read is listed in ``defects`` in plain sentences.

    ``message_id``, ``in_reply_to`` and ``references`` are msg-ids without their angle brackets (RFC 5322, 3.6.4).
    ``digest`` is the SHA-256 (hex) of the raw bytes; ``identity`` is the SHA-256 (hex) of what stays the same when
    one mail reaches two mailboxes (Message-ID, Date, From, Subject and the decoded text and attachments).
    """

    raw: bytes = field(repr=False)
    digest: str
    identity: str
    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    date: datetime | None
    subject: str
    sender: Address | None
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    text: str = field(repr=False)
    html: str | None = field(repr=False)
    new_text: str
    quoted: str = field(repr=False)
    signature: str = field(repr=False)
    forwarded: Forwarded | None
    attachments: tuple[Attachment, ...]
    language: str | None
    defects: tuple[str, ...]
    spans: tuple[Span, ...] = ()
    """What of ``text`` is not new, in order and without overlap: quotation, forwarded mail, signature, disclaimer."""
    thread_index: str | None = None
    """The conversation's part of Thread-Index (hex of its 16-byte GUID), as Outlook and Exchange write it."""

    def header(self, name: str) -> str | None:
        """The first header field of that name (case-insensitive), decoded; None when absent."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key == wanted), None)

    def header_all(self, name: str) -> tuple[str, ...]:
        """Every header field of that name (case-insensitive), decoded, in order."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key == wanted)


def parse(raw: bytes) -> Message:
    """The message in ``raw``. Never raises on content: each fault costs one field and is named in ``defects``."""
    splitter = Splitter(raw)
    root = splitter.root()
    defects = list(splitter.defects)
    fields = _Fields(root, defects)
    subject = fields.text("subject")
    # In "Lee, Ann <ann@example.org>" without quotation marks the first "address" is but a name: it goes last.
    sender = sorted(fields.addresses("from") or fields.addresses("sender"), key=lambda each: "@" not in each.address)
    message_id = fields.ids("message-id")
    in_reply_to, references = fields.ids("in-reply-to"), fields.ids("references")
    date = fields.date()
    text_parts, html_parts, attached_parts = body.choose(root)
    reading = body.read(text_parts, html_parts)
    gathered = attached.gather(attached_parts)
    defects += [*reading.defects, *gathered.defects]
    text, html = reading.text, reading.html
    if not text.strip() and gathered.text:
        text, html = gathered.text[: body.MAX_TEXT_CHARACTERS], gathered.html or html
    defects += _encrypted(root)
    signer = " ".join(f"{each.name} {each.address}" for each in sender)
    split = reply.split(text, subject, is_reply=bool(in_reply_to or references), sender=signer)
    return Message(
        raw=raw,
        digest=hashlib.sha256(raw).hexdigest(),
        identity=identity(
            message_id[0] if message_id else None,
            date,
            sender[0].key if sender else "",
            subject,
            text,
            [each.sha256 for each in gathered.attachments],
        ),
        message_id=message_id[0] if message_id else None,
        in_reply_to=in_reply_to,
        references=references,
        date=date,
        subject=subject,
        sender=sender[0] if sender else None,
        to=fields.addresses("to"),
        cc=fields.addresses("cc"),
        reply_to=fields.addresses("reply-to"),
        headers=fields.decoded(),
        text=text,
        html=html,
        new_text=split.new_text,
        quoted=split.quoted,
        signature=split.signature,
        forwarded=split.forwarded,
        attachments=gathered.attachments,
        language=language.detect(split.new_text or text),
        defects=tuple(dict.fromkeys(defects))[:MAX_DEFECTS],
        spans=split.spans,
        thread_index=conversation_guid(fields.text("thread-index")),
    )


def unread(raw: bytes) -> Message:
    """A message that holds its raw bytes and nothing else, for what could not be parsed at all."""
    digest = hashlib.sha256(raw).hexdigest()
    return Message(
        raw=raw,
        digest=digest,
        identity=digest,
        message_id=None,
        in_reply_to=(),
        references=(),
        date=None,
        subject="",
        sender=None,
        to=(),
        cc=(),
        reply_to=(),
        headers=(),
        text="",
        html=None,
        new_text="",
        quoted="",
        signature="",
        forwarded=None,
        attachments=(),
        language=None,
        defects=("Nothing of this mail could be read.",),
    )


class _Fields:
    """The header fields of a mail, each read by itself; faults are added to ``defects``."""

    def __init__(self, root: Part, defects: list[str]) -> None:
        self.values: dict[str, list[bytes]] = {}
        for name, value in root.header.fields:
            self.values.setdefault(name, []).append(value)
        self.fields = root.header.fields
        parts = (root, *root.children)
        declared = (part.type_parameters["charset"] for part in parts if part.type_parameters.get("charset"))
        self.charset = next(declared, None) or headers.undeclared_charset(root.header, root.raw[root.start : root.end])
        self.defects = defects

    def text(self, name: str) -> str:
        """The first field of that name as readable text; empty when absent."""
        values = self.values.get(name)
        if values is None:
            return ""
        text, fault = headers.unstructured(values[0], self.charset)
        if fault:
            self.defects.append(f"{name.capitalize()}: {fault}")
        return text

    def addresses(self, name: str) -> tuple[Address, ...]:
        """The addresses of every field of that name."""
        found: list[Address] = []
        for value in self.values.get(name, ()):
            some, fault = addresses(headers.to_text(value, self.charset))
            found += some
            if fault:
                self.defects.append(f"{name.capitalize()}: {fault}")
            if len(found) >= MAX_ADDRESSES:
                break
        return tuple(found)

    def ids(self, name: str) -> tuple[str, ...]:
        """The msg-ids of every field of that name, in order."""
        values = [headers.to_text(value) for value in self.values.get(name, ())]
        found = headers.message_ids(" ".join(values)) if values else ()
        if not found and any(value.strip(" <>\t") for value in values):
            self.defects.append(f"{name.capitalize()}: no msg-id could be read in {values[0][:80]!a}.")
        if len(found) >= headers.MAX_MESSAGE_IDS:
            self.defects.append(f"{name.capitalize()}: only the last {headers.MAX_MESSAGE_IDS} msg-ids were read.")
        return found

    def date(self) -> datetime | None:
        """The moment of the Date field; None when absent or unreadable."""
        values = self.values.get("date")
        if values is None:
            self.defects.append("The mail has no Date.")
            return None
        text = headers.to_text(values[0])
        moment = headers.date(text)
        if moment is None:
            self.defects.append(f"Date: {text[:80]!a} could not be read.")
        return moment

    def decoded(self) -> tuple[tuple[str, str], ...]:
        """Every field as lower-case name and readable value.

        What servers write is not decoded: an encoded word in it is a sender's, made to look like a server's.
        """
        return tuple(
            (name, " ".join(headers.to_text(value).split()))
            if name in WRITTEN_BY_SERVERS
            else (name, headers.unstructured(value, self.charset)[0])
            for name, value in self.fields
        )


def _encrypted(root: Part) -> list[str]:
    parts = [root]
    for part in parts:
        if part.type == "multipart/encrypted":
            return ["The mail is encrypted (RFC 1847, multipart/encrypted); its text cannot be read."]
        parts += part.children
    return []


def to_json(message: Message, screening: Mapping[str, Any]) -> dict[str, Any]:
    """The object that ``mailtriage parse --json`` prints (shared format "A parsed mail"), without ``file``.

    ``screening`` maps ``kind``, ``reason``, ``recipients`` and ``permanent``.
    """
    forwarded = message.forwarded
    return {
        "message_id": message.message_id,
        "in_reply_to": list(message.in_reply_to),
        "references": list(message.references),
        "date": message.date.isoformat() if message.date else None,
        "subject": message.subject,
        "from": _address(message.sender),
        "to": [_address(each) for each in message.to],
        "cc": [_address(each) for each in message.cc],
        "reply_to": [_address(each) for each in message.reply_to],
        "text": message.text,
        "new_text": message.new_text,
        "quoted": message.quoted,
        "signature": message.signature,
        "language": message.language,
        "attachments": [
            {
                "name": each.name,
                "content_type": each.content_type,
                "size": each.size,
                "sha256": each.sha256,
                "inline": each.inline,
            }
            for each in message.attachments
        ],
        "screening": {
            "kind": screening.get("kind"),
            "reason": screening.get("reason"),
            "recipients": list(screening.get("recipients") or ()),
            "permanent": screening.get("permanent"),
        },
        "forwarded": None
        if forwarded is None
        else {"from": _address(forwarded.sender), "subject": forwarded.subject, "date": forwarded.date},
        "defects": list(message.defects),
    }


def _address(address: Address | None) -> dict[str, str] | None:
    return None if address is None else {"name": address.name, "address": address.address}
