"""Signing in: LOGIN, or SASL with PLAIN, XOAUTH2 and OAUTHBEARER."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field

from imapclient.exceptions import IMAPClientError

from intake.imap.connection import NOT_IMAP, Client, connect, hang_up, throttled
from intake.imap.server_words import Meaning, advice, meaning, words_of
from intake.mailbox_settings import MailboxError, MailboxSettings, MailboxUnavailable

LONG_RUN = re.compile(r"[A-Za-z0-9+/]{16,}={0,2}")
"""What may be a piece of a SASL response in a server's words."""
KVSEP = "\x01"
"""What separates the fields of XOAUTH2 and OAUTHBEARER (RFC 7628, 3.1)."""


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A SASL mechanism of one response; ``after_error`` is what the client says to an error challenge."""

    name: str
    response: bytes = field(repr=False)
    after_error: bytes = b""


class LoginRefused(MailboxError):
    """The server does not take the password or the token."""


def sign_in(settings: MailboxSettings) -> Client:
    """A connection on which the user of ``settings`` is signed in.

    An access token that the server refuses is reported to its source, and the login tried once more with the next one.
    """
    if settings.authentication not in ("xoauth2", "oauthbearer"):
        return _signed_in(settings, settings.password)
    if settings.token is None:
        raise MailboxError(f"Mailbox {settings.name!r}: authentication by {settings.authentication} needs a token.")
    token = settings.token.token()
    try:
        return _signed_in(settings, token)
    except LoginRefused:
        settings.token.refused(token)
        renewed = settings.token.token()
        if renewed == token:
            raise
        return _signed_in(settings, renewed)


def _signed_in(settings: MailboxSettings, secret: str) -> Client:
    client = connect(settings)
    try:
        _login(client, settings, secret)
    except BaseException as error:
        hang_up(client, politely=isinstance(error, LoginRefused))
        raise
    return client


def _login(client: Client, settings: MailboxSettings, secret: str) -> None:
    hidden = [secret, _quoted(secret)[1:-1]]
    try:
        if client.wire.state == "AUTH":  # PREAUTH: the connection itself says who we are (RFC 9051, 7.1.4)
            return
        mechanism = _mechanism(client, settings, secret)
        if mechanism is None:
            status, words = client.wire.exchange("LOGIN", _quoted(settings.username), _quoted(secret))
        else:
            hidden.append(base64.b64encode(mechanism.response).decode())
            status, words = _sasl(client, mechanism)
    except MailboxError:
        raise
    except (OSError, IMAPClientError, *NOT_IMAP) as error:
        words = _without(hidden, words_of(error))
        if meaning(words) is Meaning.THROTTLED:
            raise throttled(settings, words) from None
        raise MailboxUnavailable(
            f"Mailbox {settings.name!r}: {settings.host} hung up during the login ({words}). mailtriage tries again."
        ) from None
    if status != "OK":
        raise _refused(settings, _without(hidden, words))
    client.wire.state = "AUTH"


def _mechanism(client: Client, settings: MailboxSettings, secret: str) -> Mechanism | None:
    """How to sign in: the SASL mechanism, or None for LOGIN."""
    user = settings.username
    _must_be_one_line(settings, user, secret)
    offered = {bytes(each).decode("ascii", "replace") for each in client.capabilities()}
    if settings.authentication == "xoauth2":
        bearer = f"user={user}{KVSEP}auth=Bearer {secret}{KVSEP}{KVSEP}"
        return _offered(settings, offered, Mechanism("XOAUTH2", bearer.encode()))
    if settings.authentication == "oauthbearer":
        name = user.replace("=", "=3D").replace(",", "=2C")
        bearer = f"n,a={name},{KVSEP}auth=Bearer {secret}{KVSEP}{KVSEP}"
        return _offered(settings, offered, Mechanism("OAUTHBEARER", bearer.encode(), KVSEP.encode()))
    plain = Mechanism("PLAIN", f"\0{user}\0{secret}".encode())
    if settings.authentication == "plain":
        return _offered(settings, offered, plain)
    if not (user.isascii() and secret.isascii()):
        return plain  # LOGIN is ASCII; PLAIN carries UTF-8 (RFC 4616, 2)
    if "LOGINDISABLED" not in offered:
        return None
    if "AUTH=PLAIN" in offered and settings.tls != "none":
        return plain
    raise MailboxError(
        f"Mailbox {settings.name!r}: {settings.host} takes no password on this connection (LOGINDISABLED). "
        'Set tls = "starttls" or "implicit".'
    )


def _offered(settings: MailboxSettings, offered: set[str], mechanism: Mechanism) -> Mechanism:
    if f"AUTH={mechanism.name}" in offered:
        return mechanism
    names = ", ".join(sorted(each.removeprefix("AUTH=") for each in offered if each.startswith("AUTH="))) or "none"
    raise MailboxError(
        f"Mailbox {settings.name!r}: {settings.host} does not offer {mechanism.name} on this connection "
        f"(it offers: {names}). Check authentication and tls."
    )


def _sasl(client: Client, mechanism: Mechanism) -> tuple[str, str]:
    """AUTHENTICATE (RFC 9051, 6.2.2), the response sent at once where the server takes that (RFC 4959).

    XOAUTH2 and OAUTHBEARER describe a refused token in one more challenge; the server says NO after its answer.
    """
    encoded, after_error = base64.b64encode(mechanism.response), base64.b64encode(mechanism.after_error)
    if client.has_capability("SASL-IR"):
        return client.wire.exchange("AUTHENTICATE", mechanism.name, encoded, answers=[after_error])
    return client.wire.exchange("AUTHENTICATE", mechanism.name, answers=[encoded, after_error])


def _refused(settings: MailboxSettings, words: str) -> MailboxError:
    name, host = f"Mailbox {settings.name!r}", settings.host
    kind = meaning(words)
    if kind is Meaning.THROTTLED:
        return throttled(settings, words)
    if kind is Meaning.LATER:
        return MailboxUnavailable(f"{name}: {host} cannot check passwords just now ({words}).")
    if settings.authentication in ("xoauth2", "oauthbearer"):
        told = "Check that the token is for this user and may read mail by IMAP; else authorise mailtriage again."
        return LoginRefused(f"{name}: {host} refuses the access token of {settings.username!r} ({words}). {told}")
    told = advice(words) or "Check user name and password; some providers ask for an app password."
    return LoginRefused(f"{name}: {host} refuses user {settings.username!r} ({words}). {told}")


def _without(hidden: list[str], words: str) -> str:
    """The words without what is to be hidden, also where a server repeats part of the line it did not understand."""
    for secret in hidden:
        words = words.replace(secret, "***") if secret else words
    return LONG_RUN.sub(lambda run: "***" if any(run.group().rstrip("=") in each for each in hidden) else run[0], words)


def _must_be_one_line(settings: MailboxSettings, *texts: str) -> None:
    if any(character in text for text in texts for character in "\r\n\0"):
        raise MailboxError(f"Mailbox {settings.name!r}: user name and password may not hold a line break or NUL.")


def _quoted(text: str) -> str:
    """A quoted string, RFC 9051, 4.3."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
