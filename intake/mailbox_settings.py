"""Where a mailbox is, how its mails are acknowledged, and what can be wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from errors import MailtriageError

Authentication = Literal["login", "plain", "xoauth2", "oauthbearer"]


class MailboxError(MailtriageError):
    """The mailbox cannot be used as set (wrong password, no such folder, bad certificate): says what to change."""


class MailboxRefused(MailboxError):
    """The server refused one command (NO or BAD); the session goes on."""


class MailboxUnavailable(MailboxError):
    """The server does not answer or hung up: an infrastructure fault, to be tried again later."""


class MailboxThrottled(MailboxUnavailable):
    """The server wants to be asked less; ``wait`` is for how many seconds it wants to be left alone (0: unsaid)."""

    def __init__(self, text: str, wait: float = 0.0) -> None:
        super().__init__(text)
        self.wait = wait


class TokenSource(Protocol):
    """Gives access tokens for one account."""

    def token(self) -> str:
        """An access token that is good now; raises :class:`MailboxError` when none can be had."""

    def refused(self, token: str) -> None:
        """Says that the server refused ``token``, so that the next :meth:`token` gives another one."""


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """Where a mailbox is and how mails are acknowledged after they are recorded.

    ``tls``: ``implicit`` (port 993), ``starttls``, or ``none`` (loopback only unless ``allow_plaintext``).
    ``acknowledge``: ``seen`` sets \\Seen, ``move`` moves to ``move_to``, ``keyword`` sets ``keyword``, ``none`` marks
    nothing and opens the folder read-only.
    ``authentication``: with ``xoauth2`` and ``oauthbearer`` (RFC 7628) ``token`` gives an access token at each
    login and ``password`` is not used.
    ``idle``: wait for new mail by IDLE (RFC 2177) where the server offers it.
    ``timeout_seconds``: how long the server may be silent before it owes an answer no longer.
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
    token: TokenSource | None = field(default=None, repr=False, compare=False)
    idle: bool = True

    def __repr__(self) -> str:
        return f"MailboxSettings({self.name!r}, {self.username!r}@{self.host!r})"
