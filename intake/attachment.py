"""Parts of a mail that are no text of it: safe names, sizes and digests."""

from __future__ import annotations

import hashlib
import mimetypes
import re
import unicodedata
from dataclasses import dataclass, field

from intake.content import tnef
from intake.content.real_type import contradiction, type_by_name
from intake.decoding import headers
from intake.decoding.charset import clean
from intake.decoding.mime import TYPE, Part

MAX_NAME_BYTES = 180
"""File systems allow 255; what stores a file may add to it."""

# Path separators, characters that shells and Windows forbid, and controls that turn or hide text (Unicode UAX 9).
UNSAFE = re.compile('[\x00-\x1f\x7f-\x9f<>:"|?*\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]')
RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)

UNKNOWN_TYPE = "application/octet-stream"
EXTENSIONS = {
    "message/rfc822": ".eml",
    "message/delivery-status": ".txt",
    "message/feedback-report": ".txt",
    "message/disposition-notification": ".txt",
    "text/rfc822-headers": ".txt",
    "text/plain": ".txt",
    "text/html": ".html",
    "image/jpeg": ".jpg",
    "text/calendar": ".ics",
    "application/pgp-signature": ".asc",
    "application/pkcs7-signature": ".p7s",
    "application/ms-tnef": ".dat",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attached or inline part: a safe file name, the declared type, size in bytes, SHA-256 (hex) and content."""

    name: str
    content_type: str
    size: int
    sha256: str
    inline: bool
    content_id: str | None = None
    content: bytes = field(default=b"", repr=False)
    real_type: str | None = None
    """The media type that the content itself shows, where it can be told; the declared one may lie."""
    summary: str | None = None
    """What a calendar object says, in a few lines; None for anything else."""
    fault: str | None = None
    """A sentence where the content contradicts the name or the declared type."""


def safe_name(name: str | None, content_type: str, number: int) -> str:
    """A file name without path or control characters; ``attachment-NUMBER`` and an ending if none is left."""
    name = unicodedata.normalize("NFC", clean(name or "")).replace("\\", "/").rpartition("/")[2]
    name = " ".join(UNSAFE.sub("", name).split()).strip(" .")
    if not name:
        return f"attachment-{number}{_extension(content_type)}"
    if RESERVED.match(name):
        name = f"_{name}"
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > 20:
        stem, dot, ending = name, "", ""
    room = MAX_NAME_BYTES - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + ending


def from_part(part: Part, number: int, *, inline: bool, ask: bool = True) -> Attachment:
    """The attachment that ``part`` is; a nested mail takes its subject for a name.

    ``ask`` as in :func:`intake.content.real_type.contradiction`.
    """
    content = part.content() if not part.is_multipart else part.raw[part.start : part.end]
    name = part.file_name
    if name is None and part.type == "message/rfc822":
        subject = headers.split(content, 0, min(len(content), headers.MAX_HEADER_BYTES))[0].first("subject")
        readable = headers.unstructured(subject)[0].replace("/", "-").replace("\\", "-") if subject else ""
        name = f"{readable[:80]}.eml" if readable else None
    content_id = part.header.first("content-id")
    ids = headers.message_ids(headers.to_text(content_id)) if content_id else ()
    return _made(name, part.type, content, number, inline=inline, ask=ask, content_id=ids[0] if ids else None)


def from_file(file: tnef.File, number: int, *, inline: bool, ask: bool = True) -> Attachment:
    """The attachment that a file in a ``winmail.dat`` is."""
    content_type = file.content_type.lower() if TYPE.match(file.content_type.lower()) else None
    content_type = content_type or type_by_name(file.name) or UNKNOWN_TYPE
    return _made(
        file.name, content_type, file.content, number, inline=inline, ask=ask, content_id=file.content_id or None
    )


def _made(
    name: str | None,
    content_type: str,
    content: bytes,
    number: int,
    *,
    inline: bool,
    ask: bool,
    content_id: str | None,
) -> Attachment:
    safe = safe_name(name, content_type, number)
    real, fault = contradiction(safe, content_type, content, ask=ask)
    return Attachment(
        name=safe,
        content_type=content_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        inline=inline,
        content_id=content_id,
        content=content,
        real_type=real,
        fault=fault,
    )


def _extension(content_type: str) -> str:
    return EXTENSIONS.get(content_type) or mimetypes.guess_extension(content_type) or ".bin"
