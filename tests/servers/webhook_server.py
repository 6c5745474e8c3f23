"""A real HTTP server on this machine that receives webhooks: it answers, fails, stalls and hangs up as told."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

SECRET = "a-webhook-secret-of-some-length"
LONGEST_STALL_SECONDS = 20.0
Fault = Literal["none", "hang_up", "stall", "trickle", "garbage", "endless_body"]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def is_signed(self) -> bool:
        """Checked as a receiver would, by the words of docs/formats.md."""
        text = self.headers["x-mailtriage-timestamp"].encode() + b"." + self.body
        expected = "sha256=" + hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected, self.headers["x-mailtriage-signature"])


class WebhookServer(ThreadingHTTPServer):
    """Change the attributes while it runs to change what it does."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[Request] = []
        self.statuses: list[int] = []
        """What the next requests are answered with, then 204."""
        self.reason: str | None = None
        """The words beside the status, where not the usual ones."""
        self.headers: dict[str, str] = {}
        self.fault: Fault = "none"
        self.goes_on = threading.Event()
        self.scheme = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}/hook?team=a"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are what is tested."""


class _Handler(BaseHTTPRequestHandler):
    server: WebhookServer

    def do_POST(self) -> None:
        server = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        server.received.append(Request(self.path, headers, body))
        match server.fault:
            case "hang_up":
                return
            case "stall":
                server.goes_on.wait(LONGEST_STALL_SECONDS)
                return
            case "garbage":
                self.wfile.write(b"\x00\xff" * 100 + b"\r\n\r\n")
                return
            case "trickle":
                self._trickle()
                return
        status = server.statuses.pop(0) if server.statuses else 204
        self.send_response(status, server.reason)
        for name, value in server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if server.fault == "endless_body":
            with suppress(OSError):
                while not server.goes_on.is_set():
                    self.wfile.write(b"x" * 65536)

    def _trickle(self) -> None:
        """A header that never ends, a byte now and then, so that no single read times out."""
        with suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self.server.goes_on.wait(0.05):
                self.wfile.write(b"x")

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@contextmanager
def running(certificate: Path | None = None) -> Iterator[WebhookServer]:
    """A server that listens; with TLS where a folder with ``good.pem`` and ``key.pem`` is given."""
    server = WebhookServer()
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate / "good.pem", certificate / "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.scheme = "https"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.goes_on.set()
        server.shutdown()
        server.server_close()
