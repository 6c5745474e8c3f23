"""``[smtp]`` and ``[[webhooks]]``: who is told of which events, and by what way."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from mailtriage.oauth.table import is_loopback_url
from mailtriage.secret_file import SettingsError, read_secret
from policies.labels import Severity
from tickets.notifying.subscriptions import OTHER_EVENTS, TICKET_EVENTS, Subscription, Wish

DEADLINES = ("deadline_near", "deadline_missed")
ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}){0,8}"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})){0,8}"
)
"""A dot-atom and a domain (RFC 5321, 4.1.2), without what only SMTPUTF8 could carry."""
SHORTEST_SECRET = 16


def _address(value: str) -> str:
    if not ADDRESS.fullmatch(value):
        raise ValueError(f"{value!r} is not an address such as 'lead@example.org'")
    return value


def _wish(value: Any) -> Any:
    """``"ticket_opened SEV1 SEV2"`` as a wish."""
    if isinstance(value, Wish):
        return value
    kind, *severities = value.split() if isinstance(value, str) else [""]
    if kind not in (*TICKET_EVENTS, *OTHER_EVENTS):
        raise ValueError(f"{value!r} names no event; allowed: {', '.join((*TICKET_EVENTS, *OTHER_EVENTS))}")
    levels = [str(level) for level in Severity]
    wrong = [word for word in severities if word not in levels]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is not a severity; allowed: {', '.join(levels)}")
    if severities and kind not in TICKET_EVENTS:
        raise ValueError(f"{kind} is of no ticket and has no severity")
    return Wish(kind, frozenset(severities))


EmailAddress = Annotated[str, AfterValidator(_address)]
WishList = Annotated[tuple[Annotated[Wish, BeforeValidator(_wish)], ...], Field(min_length=1)]
DEADLINE_WISHES = tuple(Wish(kind) for kind in DEADLINES)


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class MailWishTable(_Table):
    """``[[smtp.notify]]``: addresses, and the events that they are told of (of all policies, unless some are named)."""

    to: Annotated[tuple[EmailAddress, ...], Field(min_length=1)]
    events: WishList = DEADLINE_WISHES
    policies: tuple[str, ...] = ()


class SmtpTable(_Table):
    """``[smtp]``: the server that mail is given to (RFC 6409), and who gets some."""

    host: str = Field(min_length=1, max_length=255)
    port: int | None = Field(default=None, ge=1, le=65535)
    tls: Literal["implicit", "starttls", "none"] = "starttls"
    ca_file: Path | None = None
    allow_plaintext: bool = False
    username: str | None = None
    password_file: Path | None = None
    password_env: str | None = None
    sender: EmailAddress = Field(alias="from")
    timeout_seconds: float = Field(default=30.0, gt=0, le=120)
    max_tries: int = Field(default=15, ge=1, le=100)
    notify: tuple[MailWishTable, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> SmtpTable:
        passwords = sum(given is not None for given in (self.password_file, self.password_env))
        if (self.username is None) != (passwords == 0) or passwords > 1:
            raise ValueError("username goes with exactly one of password_file and password_env")
        if self.tls == "none" and not self.allow_plaintext and not is_loopback_host(self.host):
            raise ValueError('tls = "none" is for 127.0.0.1 and [::1]; set allow_plaintext = true if the way is safe')
        return self

    @property
    def effective_port(self) -> int:
        """The port set, or the one that belongs to the way of encryption (RFC 8314, 3.3; RFC 6409)."""
        return self.port or {"implicit": 465, "starttls": 587, "none": 25}[self.tls]

    @property
    def recipients(self) -> tuple[str, ...]:
        """Every address that is told anything, each once."""
        return tuple(dict.fromkeys(address for table in self.notify for address in table.to))

    def password(self) -> str | None:
        """The password, read now; None where nobody signs in."""
        return _secret(self.password_file, self.password_env, "smtp.password")

    def subscriptions(self) -> Iterator[Subscription]:
        for table in self.notify:
            for address in table.to:
                yield Subscription("mail", address, table.events, frozenset(table.policies))


class WebhookTable(_Table):
    """``[[webhooks]]``: an address that is sent a signed JSON object for each event."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")
    url: str | None = Field(default=None, repr=False)
    url_file: Path | None = None
    secret_file: Path | None = None
    secret_env: str | None = None
    events: WishList = DEADLINE_WISHES
    policies: tuple[str, ...] = ()
    ca_file: Path | None = None
    allow_plaintext: bool = False
    allow_private: bool = False
    timeout_seconds: float = Field(default=15.0, gt=0, le=120)
    max_tries: int = Field(default=15, ge=1, le=100)

    @model_validator(mode="after")
    def _complete(self) -> WebhookTable:
        if (self.url is None) == (self.url_file is None):
            raise ValueError("give either url or url_file")
        if (self.secret_file is None) == (self.secret_env is None):
            raise ValueError("give either secret_file or secret_env, the key that its messages are signed with")
        if self.url is not None:
            self._check(self.url)
        return self

    def _check(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
        except ValueError:
            named = False
        if not named or parts.username is not None or parts.fragment or not (url.isascii() and url.isprintable()):
            raise ValueError("url must be an https:// address without user, password and fragment")
        if " " in url or parts.scheme not in ("https", "http"):
            raise ValueError("url must be an https:// address without user, password and fragment")
        if parts.scheme == "http" and not self.allow_plaintext and not is_loopback_url(url):
            raise ValueError("url must begin with https:// (or set allow_plaintext = true if the way there is safe)")
        return parts

    def place(self) -> SplitResult:
        """Where it is sent, read now; :class:`SettingsError` never quotes it, since an address may be a secret."""
        if self.url is not None:
            return self._check(self.url)
        try:
            return self._check(read_secret(self.url_file or Path(), f"webhooks.{self.name}.url_file"))
        except ValueError as error:
            raise SettingsError(f"webhooks.{self.name}.url_file: {error}.") from None

    def secret(self) -> bytes:
        """The key that its messages are signed with, read now."""
        key = f"webhooks.{self.name}.secret"
        secret = _secret(self.secret_file, self.secret_env, key) or ""
        if len(secret) < SHORTEST_SECRET:
            raise SettingsError(f"{key}: shorter than {SHORTEST_SECRET} characters; take a long random one.")
        return secret.encode()

    def subscription(self) -> Subscription:
        return Subscription("webhook", self.name, self.events, frozenset(self.policies))


def is_loopback_host(host: str) -> bool:
    """Whether ``host`` is a loopback address, where nobody can listen in between."""
    return is_loopback_url(f"//[{host}]" if ":" in host else f"//{host}")


def _secret(file: Path | None, variable: str | None, key: str) -> str | None:
    if file is not None:
        return read_secret(file, f"{key}_file")
    if variable is None:
        return None
    secret = os.environ.get(variable)
    if not secret:
        raise SettingsError(f"{key}_env: the environment has no {variable}.")
    return secret
