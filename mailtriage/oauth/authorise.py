"""The first refresh token of a mailbox: a person agrees, on any device or in a browser."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from errors import MailtriageError
from mailtriage.oauth.error_words import code_of
from mailtriage.oauth.grant import Grant
from mailtriage.oauth.token_endpoint import TokenEndpoint

BROWSER_WAIT_SECONDS = 600.0
SLOW_DOWN_SECONDS = 5.0
"""Added to the interval each time the server says slow_down (RFC 8628, 3.5)."""
VERIFIER_BYTES = 48
"""64 characters of base64url; RFC 7636, 4.1 asks for 43 to 128."""
REQUEST_SECONDS = 10.0
DONE = "mailtriage has the answer. You can close this page and go back to the terminal."


class NotAuthorised(MailtriageError):
    """Nobody agreed in time, or somebody declined; says what to do."""


def by_device(endpoint: TokenEndpoint, say: Callable[[str], None], stop: threading.Event | None = None) -> Grant:
    """Shows a code with ``say``, waits until a person has typed it in, and returns the grant (RFC 8628)."""
    code = endpoint.device_code()
    say(f"Open {code.verification_uri} in any browser, sign in as the mailbox's user and type the code")
    say(f"    {code.user_code}")
    interval, until = code.interval, time.monotonic() + code.lasts
    waiting = stop or threading.Event()
    while time.monotonic() + interval < until and not waiting.wait(interval):
        answer = endpoint.of_device(code)
        if isinstance(answer, Grant):
            return answer
        if answer == "slow_down":
            interval += SLOW_DOWN_SECONDS
    raise NotAuthorised(f"Nobody typed the code in time; run the command again: mailtriage mailboxes authorise "
                        f"{endpoint.mailbox}")  # fmt: skip


def by_browser(
    endpoint: TokenEndpoint, username: str, say: Callable[[str], None], *, port: int = 0,
    wait_seconds: float = BROWSER_WAIT_SECONDS,
) -> Grant:  # fmt: skip
    """Says which address to open, waits for the browser to come back to a loopback port, and returns the grant.

    Authorisation code with PKCE (RFC 7636), received as RFC 8252, 7.3 has it: on this machine alone, for one answer.
    """
    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(VERIFIER_BYTES)
    with _Receiver(port, state) as receiver:
        redirect_uri = f"http://{endpoint.provider.redirect_host}:{receiver.server_port}/"
        say("Open this address in a browser on this machine and sign in as the mailbox's user:")
        say(f"    {endpoint.authorisation_page(redirect_uri, state, verifier, username)}")
        say(
            f"(From another machine: run the command again with --port {receiver.server_port} and bring the port over "
            f"first, with ssh -L {receiver.server_port}:127.0.0.1:{receiver.server_port}.)"
        )
        query = receiver.wait(wait_seconds)
    if query is None:
        raise NotAuthorised("The browser did not come back in time; run the command again.")
    answer = parse_qs(query)
    if "error" in answer:
        raise NotAuthorised(f"The provider did not agree ({code_of(answer['error'][0])}); run the command again.")
    return endpoint.of_redirect(f"{redirect_uri}?{query}", redirect_uri, state, verifier)


class _Receiver(HTTPServer):
    """Waits on a loopback port for the one request that carries our ``state``; everything else is turned away."""

    def __init__(self, port: int, state: str) -> None:
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except OSError as error:
            raise MailtriageError(
                f"Port {port} of 127.0.0.1 is taken ({error.strerror}); give another --port."
            ) from error
        self.state = state
        self.query: str | None = None

    def wait(self, seconds: float) -> str | None:
        """The query of that request; None when it did not come in time."""
        until = time.monotonic() + seconds
        while self.query is None and (left := until - time.monotonic()) > 0:
            self.timeout = left
            self.handle_request()
        return self.query

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is no reason to print a traceback."""


class _Handler(BaseHTTPRequestHandler):
    timeout = REQUEST_SECONDS
    server: _Receiver

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        answer = parse_qs(parts.query)
        if parts.path != "/" or not secrets.compare_digest(
            answer.get("state", [""])[0].encode(), self.server.state.encode()
        ):
            self.send_error(404)
            return
        if "code" in answer or "error" in answer:
            self.server.query = parts.query
        body = DONE.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """The request line carries the code, which belongs into no log."""
