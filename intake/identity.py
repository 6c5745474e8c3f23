"""What makes two raw mails the same mail."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime


def identity(
    message_id: str | None,
    date: datetime | None,
    sender: str,
    subject: str,
    text: str,
    attachments: Iterable[str],
) -> str:
    """SHA-256 (hex) over what stays the same when one mail reaches two mailboxes.

    ``attachments`` are their digests. Trace headers, flags and white space are left out: they differ by route. The
    Message-ID alone is not enough, for senders reuse it; nor is its absence, for senders leave it out.
    """
    whole = hashlib.sha256()
    for value in (
        message_id or "",
        str(int(date.timestamp())) if date else "",
        sender,
        subject,
        " ".join(text.split()),
        *attachments,
    ):
        data = value.encode("utf-8", "replace")
        whole.update(len(data).to_bytes(8, "big") + data)
    return whole.hexdigest()
