"""Notifications by webhook: a signed JSON object sent by POST, of whose answer the status alone counts."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from urllib.parse import SplitResult, parse_qsl, unquote

from classifier.program import program_version
from mailtriage.notifying.delivery import NotDelivered, said
from mailtriage.notifying.message import Message
from mailtriage.notifying.safe_address import addresses_of
from mailtriage.notifying.tables import WebhookTable
from mailtriage.secret_file import SettingsError

ID_HEADER = "X-Mailtriage-Id"
EVENT_HEADER = "X-Mailtriage-Event"
TIMESTAMP_HEADER = "X-Mailtriage-Timestamp"
SIGNATURE_HEADER = "X-Mailtriage-Signature"
SIGNATURE_SCHEME = "sha256="
GONE = 410
"""What a receiver answers that wants no more (RFC 9110, 15.5.11)."""
SHORTEST_TOKEN = 4
"""Shorter parts of an address are no secrets, and are words of any sentence."""
WHOLE_FACTOR = 2
"""How many times ``timeout_seconds`` an exchange may take as a whole, however often something comes in between."""


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """The HMAC-SHA256 (RFC 2104) over the timestamp, a full stop and the body, as the header has it."""
    digest = hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256)
    return SIGNATURE_SCHEME + digest.hexdigest()


class WebhookChannel:
    """Sends messages to one webhook, each over a connection of its own; address and secret are read anew for each."""

    def __init__(self, table: WebhookTable, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.table = table
        self._clock = clock

    def deliver(self, message: Message, target: str) -> str:
        place, secret = self._place_and_secret()
        body = json.dumps(message.document(), ensure_ascii=False, separators=(",", ":")).encode()
        timestamp = str(int(self._clock().timestamp()))
        headers = {
            "Host": place.netloc.rpartition("@")[2],
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "User-Agent": f"mailtriage/{program_version()}",
            "Connection": "close",
            ID_HEADER: message.id,
            EVENT_HEADER: message.event,
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: signature(secret, timestamp, body),
        }
        with self._connection(place) as connection:
            path = place.path or "/"
            connection.request("POST", f"{path}?{place.query}" if place.query else path, body, headers)
            answer = connection.getresponse()
            # The body stays unread: nothing in it could change what is done.
            answer.close()
            status, reason = answer.status, said(answer.reason, *_secrets_of(place, secret))
        answered = f"{place.hostname} answers {status} {reason}".rstrip()
        if 300 <= status < 400:
            raise NotDelivered(f"{answered}; redirects are not followed: set the address that it leads to")
        if not 200 <= status < 300:
            raise NotDelivered(answered, for_good=status == GONE)
        return answered

    def check(self) -> str:
        place, _ = self._place_and_secret()
        with self._connection(place):
            return f"{place.hostname}:{port_of(place)} takes connections by {place.scheme}"

    def _place_and_secret(self) -> tuple[SplitResult, bytes]:
        try:
            return self.table.place(), self.table.secret()
        except SettingsError as error:
            raise NotDelivered(str(error)) from None

    @contextmanager
    def _connection(self, place: SplitResult) -> Iterator[http.client.HTTPConnection]:
        """An open connection to a checked address; what goes wrong with it becomes :class:`NotDelivered`."""
        host, port, seconds = place.hostname or "", port_of(place), self.table.timeout_seconds
        at = f"{host}:{port}"
        addresses = addresses_of(host, port, allow_private=self.table.allow_private)
        wire = _Wire(seconds * WHOLE_FACTOR)
        try:
            wire.connect(addresses, port, seconds)
            if place.scheme == "https":
                wire.encrypt(self._context(), host)
            connection = http.client.HTTPConnection(host, port, timeout=seconds)
            connection.sock = wire.socket
            yield connection
            if wire.cut:  # the end of a header that never ends looks like the end of any
                raise ConnectionAbortedError
        except NotDelivered:
            raise
        except ssl.SSLCertVerificationError as error:
            raise NotDelivered(f"the certificate of {at} is not accepted ({error.verify_message})") from None
        except TimeoutError:
            raise NotDelivered(f"{at} does not answer within {seconds:g} seconds") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            if wire.cut:
                raise NotDelivered(f"{at} takes more than {seconds * WHOLE_FACTOR:g} seconds to answer") from None
            why = getattr(error, "strerror", None) or type(error).__name__
            raise NotDelivered(f"{at} cannot be reached, or hangs up ({said(why)})") from None
        finally:
            wire.close()

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=str(self.table.ca_file) if self.table.ca_file else None)
        except (OSError, ssl.SSLError):
            raise NotDelivered(
                f"webhooks.{self.table.name}.ca_file {self.table.ca_file} cannot be read as certificates"
            ) from None


def port_of(place: SplitResult) -> int:
    """The port of an address, or the one that belongs to its scheme."""
    return place.port or (443 if place.scheme == "https" else 80)


def _secrets_of(place: SplitResult, secret: bytes) -> list[str]:
    """What of an address and its key may be secret, should a server repeat it: longest first, parts of parts too."""
    values = [value for _, value in parse_qsl(place.query)]
    parts = [part for part in (*place.path.split("/"), *values) if len(part) >= SHORTEST_TOKEN]
    whole = [secret.decode(), place.query, *([place.path] if place.path.strip("/") else [])]
    known = {form for text in (*whole, *parts) for form in (text, unquote(text)) if form}
    return sorted(known, key=len, reverse=True)


class _Wire:
    """A socket that is cut after so many seconds, since timeouts of single reads never end a slow trickle."""

    def __init__(self, seconds: float) -> None:
        self.socket: socket.socket | None = None
        self.cut = False
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def connect(self, addresses: list[str], port: int, seconds: float) -> None:
        """Connects to the first address that answers; raises the last one's OSError."""
        self._timer.start()
        for address in addresses[:-1]:
            with suppress(OSError):
                self.socket = socket.create_connection((address, port), seconds)
                return
        self.socket = socket.create_connection((addresses[-1], port), seconds)

    def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """Speaks TLS from here on, with a certificate for ``host``."""
        if self.socket is None:
            raise ValueError("connect first")
        encrypted = context.wrap_socket(self.socket, server_hostname=host, do_handshake_on_connect=False)
        self.socket = encrypted
        encrypted.do_handshake()

    def close(self) -> None:
        self._timer.cancel()
        if self.socket is not None:
            self.socket.close()

    def _cut(self) -> None:
        self.cut = True
        if self.socket is not None:
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)
