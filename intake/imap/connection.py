"""A connection to an IMAP server, encrypted as set, and what its failures are called."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import (
    CapabilityError,
    IMAPClientAbortError,
    IMAPClientError,
    IMAPClientReadOnlyError,
    ProtocolError,
)

from intake.imap.server_words import Meaning, advice, meaning, suggested_wait, words_of
from intake.imap.wire import Wire
from intake.mailbox_settings import (
    MailboxError,
    MailboxRefused,
    MailboxSettings,
    MailboxThrottled,
    MailboxUnavailable,
)

CONNECT_SECONDS = 20.0
GOODBYE_SECONDS = 3.0
NOT_IMAP = (ValueError, LookupError, AssertionError, AttributeError, TypeError)
"""What imaplib and IMAPClient raise for an answer that is not IMAP."""


class Client(IMAPClient):  # type: ignore[misc]  # IMAPClient is untyped
    """IMAPClient over a :class:`~intake.imap.wire.Wire`."""

    def __init__(self, settings: MailboxSettings, context: ssl.SSLContext | None) -> None:
        self._settings = settings
        super().__init__(
            settings.host,
            port=port_of(settings),
            ssl=settings.tls == "implicit",
            ssl_context=context,
            timeout=SocketTimeout(min(CONNECT_SECONDS, settings.timeout_seconds), settings.timeout_seconds),
        )
        # IMAPClient sets imaplib's debug level to 5 whatever one asks: 84% of its time goes into formatting bodies.
        self._imap.debug = 0
        self.normalise_times = False

    @property
    def wire(self) -> Wire:
        wire: Wire = self._imap
        return wire

    def _create_IMAP4(self) -> Wire:
        context = self.ssl_context if self.ssl else None
        return Wire(self.host, self.port, context, self._timeout.connect, self._timeout.read)


def connect(settings: MailboxSettings) -> Client:
    """A new connection, encrypted and verified as set, where nobody has signed in yet."""
    if settings.tls == "none" and not settings.allow_plaintext and not _is_loopback(settings.host):
        raise MailboxError(
            f"Mailbox {settings.name!r}: without TLS the password would cross the network readable. "
            'Set tls = "implicit" or "starttls", or allow_plaintext = true if the way there is safe.'
        )
    context = _tls_context(settings) if settings.tls != "none" else None
    at = f"{settings.host}:{port_of(settings)}"
    try:
        client = Client(settings, context)
        if settings.tls == "starttls":
            _start_tls(client, context)
    except ssl.SSLCertVerificationError as error:
        raise MailboxError(
            f"Mailbox {settings.name!r}: the certificate of {at} is not accepted ({error.verify_message}). Have it "
            "renewed, use the host name it was made for, or name the CA that signed it in ca_file."
        ) from error
    except ssl.SSLError as error:
        raise MailboxError(
            f"Mailbox {settings.name!r}: {at} does not speak TLS as expected ({error.reason or error}). "
            f"Check port and tls (now {settings.tls!r})."
        ) from error
    except CapabilityError as error:
        raise MailboxError(
            f"Mailbox {settings.name!r}: {at} does not offer STARTTLS, and mailtriage does not go on without it. "
            'Set tls = "implicit" (port 993).'
        ) from error
    except (OSError, IMAPClientError, *NOT_IMAP) as error:
        words = words_of(error)
        if meaning(words) is Meaning.THROTTLED:
            raise throttled(settings, words) from error
        raise MailboxUnavailable(
            f"Mailbox {settings.name!r}: no IMAP server answers at {at} ({words}). "
            "Check host, port and network; mailtriage tries again."
        ) from error
    return client


def port_of(settings: MailboxSettings) -> int:
    """The port set, or the one that belongs to the way of encryption."""
    return settings.port or (993 if settings.tls == "implicit" else 143)


@contextmanager
def faults(settings: MailboxSettings, what: str) -> Iterator[None]:
    """Says in words what went wrong: the connection (to be tried again), or a command the server refused."""
    name = f"Mailbox {settings.name!r}"
    try:
        yield
    except MailboxError:
        raise
    except IMAPClientReadOnlyError as error:
        raise MailboxError(
            f"{name}: folder {settings.folder!r} can only be read. "
            'Give the user more rights, or set acknowledge = "none".'
        ) from error
    except (IMAPClientAbortError, ProtocolError, OSError) as error:
        words = words_of(error)
        if meaning(words) is Meaning.THROTTLED:
            raise throttled(settings, words) from error
        raise MailboxUnavailable(
            f"{name}: the connection to {settings.host} broke ({words}); mailtriage tries again."
        ) from error
    except IMAPClientError as error:
        raise refusal(settings, what, words_of(error)) from error
    except NOT_IMAP as error:
        raise MailboxUnavailable(
            f"{name}: {settings.host} answered something that is not IMAP ({type(error).__name__}); "
            "mailtriage tries again."
        ) from error


def refusal(settings: MailboxSettings, what: str, words: str) -> MailboxError:
    """The error for a command that the server answered with NO or BAD and these ``words``."""
    kind = meaning(words)
    if kind is Meaning.THROTTLED:
        return throttled(settings, words)
    if kind is Meaning.LATER:
        return MailboxUnavailable(
            f"Mailbox {settings.name!r}: the server cannot {what} just now ({words}); mailtriage tries again."
        )
    told = f" {advice(words)}" if advice(words) else ""
    return MailboxRefused(f"Mailbox {settings.name!r}: the server refused to {what} ({words}).{told}")


def throttled(settings: MailboxSettings, words: str) -> MailboxThrottled:
    """The error for a server that wants to be asked less, with the wait it suggests."""
    return MailboxThrottled(
        f"Mailbox {settings.name!r}: {settings.host} asks to be left alone for a while ({words}). mailtriage waits; "
        "if this goes on, raise poll_seconds or let fewer programs use the account.",
        suggested_wait(words),
    )


def hang_up(client: Client, *, politely: bool = True) -> None:
    """Closes the connection; ``politely`` after a goodbye, for which a server that is well needs no time."""
    if politely:
        try:
            client.wire.sock.settimeout(GOODBYE_SECONDS)
            client.logout()
            return
        except (OSError, IMAPClientError, *NOT_IMAP):
            pass
    with suppress(OSError, IMAPClientError, *NOT_IMAP):
        client.shutdown()


def _start_tls(client: Client, context: ssl.SSLContext | None) -> None:
    try:
        client.starttls(context)
        # What was said before is forgotten: anybody on the way may have said it (RFC 9051, 6.2.1).
        client.wire.untagged_responses.clear()
    except BaseException:
        hang_up(client, politely=False)
        raise


def _tls_context(settings: MailboxSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise MailboxError(
            f"Mailbox {settings.name!r}: ca_file {settings.ca_file!r} cannot be used ({words_of(error)}). "
            "It must be a readable file of PEM certificates."
        ) from error
    if settings.ca_file is not None:
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the server's own certificate may be pinned as well
    return context


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() in ("localhost", "localhost.localdomain")
