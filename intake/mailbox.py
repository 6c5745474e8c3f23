"""A session with one folder of an IMAP mailbox."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError, LoginError, ProtocolError

from intake.cursor import Cursor, Delivery
from intake.mailbox_settings import MailboxError as MailboxError
from intake.mailbox_settings import MailboxSettings as MailboxSettings
from intake.mailbox_settings import MailboxUnavailable as MailboxUnavailable

MAX_BATCH_BYTES = 64 * 1024 * 1024
"""How much raw mail one batch may hold, however many mails that is."""
SEARCH_WINDOW = 100_000
"""UIDs asked for at a time: imaplib refuses an answer line of more than a million bytes."""
STORE_CHUNK = 500
"""UIDs of one command: RFC 7162, 4 advises lines of at most 8,192 octets."""
CONNECT_SECONDS = 20.0
SHOWN_FOLDERS = 20


@dataclass(frozen=True, slots=True)
class Fetched:
    """One raw mail with where it was found. ``oversize`` is its size in bytes when it is over the limit; then ``raw``
    holds its header alone."""

    delivery: Delivery
    raw: bytes
    internal_date: datetime | None
    oversize: int | None = None


class Mailbox:
    """An open session; a context manager. No mail is marked by fetching (``BODY.PEEK[]``)."""

    def __init__(self, settings: MailboxSettings) -> None:
        self.settings = settings
        self._client: IMAPClient | None = None
        self._uidvalidity = 0
        self._move_target: str | None = None

    def __enter__(self) -> Mailbox:
        client = self._connect()
        try:
            self._login(client)
            self._select(client)
        except BaseException:
            _hang_up(client)
            raise
        self._client = client
        return self

    def __exit__(self, *exc: object) -> None:
        client, self._client = self._client, None
        if client is not None:
            _hang_up(client)

    def fetch_new(self, cursor: Cursor | None) -> Iterator[tuple[list[Fetched], Cursor]]:
        """Batches of the mails after ``cursor``, by rising UID, each with the cursor to store once it is recorded.

        When UIDVALIDITY changed (or ``cursor`` is None) the whole folder is read; the store recognises what it knows.
        """
        start = 1
        settings = self.settings
        if cursor is not None and (cursor.folder, cursor.uidvalidity) == (settings.folder, self._uidvalidity):
            start = cursor.uid + 1
        size = max(1, settings.batch_size)
        for window in self._uids_from(start):
            for at in range(0, len(window), size):
                uids = window[at : at + size]
                for batch in self._portions(uids):
                    fetched = self._fetch(batch)
                    last = max(batch)
                    yield (
                        fetched,
                        Cursor(settings.name, settings.folder, self._uidvalidity, last),
                    )

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """Marks recorded mails as the settings say; those that are gone meanwhile are passed over."""
        settings = self.settings
        if settings.acknowledge == "none":
            return
        here = (settings.name, settings.folder, self._uidvalidity)
        uids = sorted({d.uid for d in deliveries if (d.mailbox, d.folder, d.uidvalidity) == here})
        with self._talk("mark mails") as client:
            for at in range(0, len(uids), STORE_CHUNK):
                chunk = uids[at : at + STORE_CHUNK]
                if settings.acknowledge == "seen":
                    client.add_flags(chunk, [b"\\Seen"], silent=True)
                elif settings.acknowledge == "keyword":
                    client.add_flags(chunk, [settings.keyword], silent=True)
                else:
                    self._move(client, chunk)

    def _connect(self) -> IMAPClient:
        settings = self.settings
        if settings.tls == "none" and not settings.allow_plaintext and not _is_loopback(settings.host):
            raise MailboxError(
                f"Mailbox {settings.name!r}: without TLS the password would cross the network readable. "
                'Set tls = "implicit" or "starttls", or allow_plaintext = true if the way there is safe.'
            )
        context = self._tls_context() if settings.tls != "none" else None
        port = settings.port or (993 if settings.tls == "implicit" else 143)
        at = f"{settings.host}:{port}"
        try:
            client = IMAPClient(
                settings.host,
                port=port,
                ssl=settings.tls == "implicit",
                ssl_context=context,
                timeout=SocketTimeout(min(CONNECT_SECONDS, settings.timeout_seconds), settings.timeout_seconds),
            )
            # IMAPClient sets imaplib's debug level to 5 whatever one asks: 84% of its time goes into formatting bodies.
            client._imap.debug = 0
            if settings.tls == "starttls":
                try:
                    client.starttls(context)
                except BaseException:
                    _hang_up(client)
                    raise
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
        except (OSError, IMAPClientError) as error:
            raise MailboxUnavailable(
                f"Mailbox {settings.name!r}: no IMAP server answers at {at} ({_words(error)}). "
                "Check host, port and network; mailtriage tries again."
            ) from error
        return client

    def _tls_context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.settings.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise MailboxError(
                f"Mailbox {self.settings.name!r}: ca_file {self.settings.ca_file!r} cannot be used ({_words(error)}). "
                "It must be a readable file of PEM certificates."
            ) from error

    def _login(self, client: IMAPClient) -> None:
        settings = self.settings
        try:
            if client.has_capability("LOGINDISABLED"):
                raise MailboxError(
                    f"Mailbox {settings.name!r}: {settings.host} takes no password on this connection (LOGINDISABLED). "
                    'Set tls = "starttls" or "implicit".'
                )
            if settings.password.isascii() and settings.username.isascii():
                client.login(settings.username, settings.password)
            else:
                # LOGIN is ASCII; PLAIN carries UTF-8 (RFC 4616, 2).
                client.plain_login(settings.username, settings.password)
            return
        except LoginError as error:
            words = _words(error).replace(settings.password, "***") if settings.password else _words(error)
        except (OSError, IMAPClientError, ValueError) as error:
            raise MailboxUnavailable(
                f"Mailbox {settings.name!r}: {settings.host} hung up during the login ({type(error).__name__}). "
                "mailtriage tries again."
            ) from None
        if "[UNAVAILABLE]" in words.upper() or "[INUSE]" in words.upper():  # RFC 5530, 3
            raise MailboxUnavailable(
                f"Mailbox {settings.name!r}: {settings.host} cannot check passwords just now ({words})."
            )
        raise MailboxError(
            f"Mailbox {settings.name!r}: {settings.host} refuses user {settings.username!r} ({words}). "
            "Check user name and password; some providers ask for an app password."
        )

    def _select(self, client: IMAPClient) -> None:
        settings = self.settings
        client.normalise_times = False
        readonly = settings.acknowledge == "none"
        with self._faults("open the folder"):
            try:
                answer = client.select_folder(settings.folder, readonly=readonly)
            except (IMAPClientAbortError, ProtocolError):
                raise
            except IMAPClientError as error:
                raise self._no_folder(client, error) from error
        if not readonly and b"READ-ONLY" in answer:
            raise MailboxError(
                f"Mailbox {settings.name!r}: folder {settings.folder!r} can only be read. "
                'Give the user more rights, or set acknowledge = "none".'
            )
        allowed = {flag.lower() for flag in answer.get(b"PERMANENTFLAGS", ())}
        keyword = settings.keyword.encode("ascii", "replace").lower()
        if settings.acknowledge == "keyword" and allowed and b"\\*" not in allowed and keyword not in allowed:
            raise MailboxError(
                f"Mailbox {settings.name!r}: the server keeps no keywords in {settings.folder!r}. "
                'Set acknowledge = "seen" or "move".'
            )
        self._uidvalidity = int(answer.get(b"UIDVALIDITY", 0))

    def _no_folder(self, client: IMAPClient, error: IMAPClientError) -> MailboxError:
        names = sorted(str(name) for _, _, name in client.list_folders())
        shown = ", ".join(names[:SHOWN_FOLDERS]) + (", ..." if len(names) > SHOWN_FOLDERS else "")
        return MailboxError(
            f"Mailbox {self.settings.name!r}: folder {self.settings.folder!r} cannot be opened ({_words(error)}). "
            f"There are: {shown or 'none'}."
        )

    def _uids_from(self, start: int) -> Iterator[list[int]]:
        """The UIDs from ``start``, rising, in lists of bounded length."""
        with self._talk("look for mails") as client:
            # What changed since the last command shows only after one that may say so (RFC 9051, 7.5.1).
            client.noop()
            # "n:*" always names the last mail, even when its UID is below n (RFC 9051, 9, seq-range).
            last = max(client.search(["UID", "*"]), default=0)
        low, width = start, SEARCH_WINDOW
        while low <= last:
            high = min(last, low + width - 1)
            with self._talk("look for mails") as client:
                uids = sorted(uid for uid in client.search(["UID", f"{low}:{high}"]) if low <= uid <= high)
            if uids:
                yield uids
            low = high + 1
            width = SEARCH_WINDOW if len(uids) * 10 > width else width * 10

    def _portions(self, uids: list[int]) -> Iterator[dict[int, dict[bytes, Any]]]:
        """``uids`` with size and INTERNALDATE, in portions of bounded size; those expunged meanwhile are left out."""
        with self._talk("read sizes") as client:
            answers = client.fetch(uids, [b"RFC822.SIZE", b"INTERNALDATE"])
        portion: dict[int, dict[bytes, Any]] = {}
        total = 0
        for uid in uids:
            if uid not in answers:
                continue
            size = min(answers[uid].get(b"RFC822.SIZE", 0), self.settings.max_message_bytes)
            if portion and total + size > MAX_BATCH_BYTES:
                yield portion
                portion, total = {}, 0
            portion[uid] = answers[uid]
            total += size
        if portion:
            yield portion

    def _fetch(self, portion: dict[int, dict[bytes, Any]]) -> list[Fetched]:
        limit = self.settings.max_message_bytes
        large = [uid for uid, answer in portion.items() if answer.get(b"RFC822.SIZE", 0) > limit]
        whole = [uid for uid in portion if uid not in large]
        with self._talk("fetch mails") as client:
            bodies = client.fetch(whole, [b"BODY.PEEK[]"]) if whole else {}
            heads = client.fetch(large, [b"BODY.PEEK[HEADER]"]) if large else {}
            fetched = []
            for uid, answer in portion.items():
                raw = bodies.get(uid, {}).get(b"BODY[]") if uid in bodies else heads.get(uid, {}).get(b"BODY[HEADER]")
                if raw is None and not client.search(["UID", str(uid)]):
                    continue
                date = answer.get(b"INTERNALDATE")
                fetched.append(
                    Fetched(
                        Delivery(self.settings.name, self.settings.folder, self._uidvalidity, uid),
                        raw or b"",
                        date if isinstance(date, datetime) and date.tzinfo else None,
                        answer[b"RFC822.SIZE"] if uid in large else None,
                    )
                )
        return fetched

    def _move(self, client: IMAPClient, uids: list[int]) -> None:
        """Moves what is still there; a mail that goes in between makes the server refuse the rest, too (RFC 5530)."""
        for last_try in (False, True):
            client.noop()
            there = client.search(["UID", ",".join(map(str, uids))])
            if not there:
                return
            try:
                self._move_now(client, there)
            except (IMAPClientAbortError, ProtocolError):
                raise
            except IMAPClientError:
                if last_try:
                    raise
            else:
                return

    def _move_now(self, client: IMAPClient, uids: list[int]) -> None:
        """MOVE (RFC 6851), else COPY, \\Deleted and UID EXPUNGE (RFC 4315)."""
        target = self._target(client)
        if client.has_capability("MOVE"):
            client.move(uids, target)
            return
        client.copy(uids, target)
        client.add_flags(uids, [b"\\Deleted", b"\\Seen"], silent=True)
        if client.has_capability("UIDPLUS"):
            # A plain EXPUNGE would remove what other programs marked as deleted.
            client.uid_expunge(uids)

    def _target(self, client: IMAPClient) -> str:
        """The folder to move to, made when missing; below the personal namespace where the server insists on it."""
        if self._move_target is None:
            name = self.settings.move_to
            if not client.folder_exists(name):
                try:
                    client.create_folder(name)
                except (IMAPClientAbortError, ProtocolError):
                    raise
                except IMAPClientError:
                    prefix = client.namespace().personal[0][0] if client.has_capability("NAMESPACE") else ""
                    if not prefix:
                        raise
                    name = f"{prefix}{name}"
                    if not client.folder_exists(name):
                        client.create_folder(name)
            self._move_target = name
        return self._move_target

    @contextmanager
    def _talk(self, what: str) -> Iterator[IMAPClient]:
        if self._client is None:
            raise MailboxError(f"Mailbox {self.settings.name!r} is not open.")
        with self._faults(what):
            yield self._client

    @contextmanager
    def _faults(self, what: str) -> Iterator[None]:
        """Says in words what went wrong: the connection (to be tried again), or a command the server refused."""
        name = f"Mailbox {self.settings.name!r}"
        try:
            yield
        except MailboxError:
            raise
        except (IMAPClientAbortError, ProtocolError, OSError) as error:
            raise MailboxUnavailable(
                f"{name}: the connection to {self.settings.host} broke ({_words(error)}); mailtriage tries again."
            ) from error
        except IMAPClientError as error:
            raise MailboxError(f"{name}: the server refused to {what} ({_words(error)}).") from error
        except (ValueError, LookupError, AssertionError, AttributeError, TypeError) as error:
            # What imaplib and IMAPClient do with an answer that is not IMAP.
            raise MailboxUnavailable(
                f"{name}: {self.settings.host} answered something that is not IMAP ({type(error).__name__}); "
                "mailtriage tries again."
            ) from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() in ("localhost", "localhost.localdomain")


def _words(error: BaseException) -> str:
    """The server's or system's own words for a fault, on one short line."""
    text = str(getattr(error, "strerror", None) or error) or type(error).__name__
    return " ".join(text.removeprefix("b'").removesuffix("'").split())[:200]


def _hang_up(client: IMAPClient) -> None:
    try:
        client.logout()
    except (OSError, IMAPClientError, ValueError):
        try:
            client.shutdown()
        except (OSError, IMAPClientError):
            return
