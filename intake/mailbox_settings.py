"""Where a mailbox is, how its mails are acknowledged, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Authentication = Literal["login", "plain", "xoauth2", "oauthbearer"]

from errors import MailtriageError


class MailboxError(MailtriageError):
    """The mailbox cannot be used as set (wrong password, no such folder, bad certificate): says what to change."""


class MailboxUnavailable(MailboxError):
    """The server does not answer or hung up: an infrastructure fault, to be tried again later."""


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """Where a mailbox is and how mails are acknowledged after they are recorded.

    ``tls``: ``implicit`` (port 993), ``starttls``, or ``none`` (loopback only unless ``allow_plaintext``).
    ``acknowledge``: ``seen`` sets \\Seen, ``move`` moves to ``move_to``, ``keyword`` sets ``keyword``, ``none`` marks
    nothing.
    ``authentication``: with ``xoauth2`` and ``oauthbearer`` (RFC 7628) ``token`` is called for an access token at each
    login and ``password`` is not used.
    """

    name: str
    host: str
    username: str
    password: str
    port: int | None = None
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    ca_file: str | None = None
    allow_plaintext: bool = False
    folder: str = "INBOX"
    acknowledge: Literal["seen", "move", "keyword", "none"] = "seen"
    move_to: str = "Processed"
    keyword: str = "$MailtriageRecorded"
    batch_size: int = 100
    max_message_bytes: int = 50 * 1024 * 1024
    timeout_seconds: float = 60.0
    authentication: Authentication = "login"
    token: Callable[[], str] | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        return f"MailboxSettings({self.name!r}, {self.username!r}@{self.host!r})"
