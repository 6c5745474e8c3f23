"""A token server on this machine: it issues, expires, rotates and refuses, stalls and answers garbage when told to.

Speaks RFC 6749 (refresh tokens, client credentials, authorisation code with RFC 7636), RFC 8628 (device code) and
RFC 7662 (introspection, with which an IMAP server asks about a token).
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

CLIENT_ID = "mailtriage-test"
CLIENT_SECRET = "a-client-secret"
LONGEST_STALL_SECONDS = 20.0


@dataclass
class Answer:
    """An answer to give instead of the right one."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


class Refused(Exception):
    """An error answer; its text is the error code."""


class TokenServer(ThreadingHTTPServer):
    """Knows one client. Change the attributes while it runs to change what it does."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reset()

    def reset(self) -> None:
        """Forgets everything, and does again what a token server ought to do."""
        self.life: float | None = 3600.0
        """Seconds that an access token lives; None leaves ``expires_in`` out and lets it live for an hour."""
        self.rotates = True
        """Whether each refresh gives a new refresh token; one used twice then revokes all (RFC 9700, 4.14.2)."""
        self.refresh_life: float | None = None
        self.secret: str | None = CLIENT_SECRET
        """The client's secret; None for a public client."""
        self.refuses: str | None = None
        """An error code that every question for a token is answered with."""
        self.answer: Answer | None = None
        """What the token endpoint answers instead."""
        self.stalls = threading.Event()
        """While set, the token endpoint does not answer."""
        self.delay = 0.0
        self.agreed = threading.Event()
        """Set once the person has typed in the device code."""
        self.hesitates = 0
        """How many more times the person is asked before that counts."""
        self.device_user = "device"
        """Who that person signed in as."""
        self.device_code_lasts = 60.0
        self.asked: list[dict[str, str]] = []
        """The forms that the token endpoint received."""
        self.introspected: list[str] = []
        """The access tokens that the IMAP server asked about."""
        self._guard = threading.Lock()
        self._access: dict[str, tuple[str, float]] = {}
        self._refresh: dict[str, str] = {}
        self._spent: dict[str, str] = {}
        self._codes: dict[str, dict[str, str]] = {}

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def token_url(self) -> str:
        return f"{self.base}/token"

    @property
    def introspection_url(self) -> str:
        return f"{self.base}/introspect"

    def authorised(self, user: str) -> str:
        """A refresh token for ``user``, as if a person had just agreed."""
        with self._guard:
            return self._new_refresh(user)

    def revoke(self, user: str) -> None:
        """Takes back the refresh tokens of ``user``; access tokens live on until they expire, as with the big ones."""
        with self._guard:
            self._refresh = {token: owner for token, owner in self._refresh.items() if owner != user}

    def forget_access_tokens(self) -> None:
        """Access tokens stop working before their time, as when a password is changed."""
        with self._guard:
            self._access.clear()

    @property
    def questions(self) -> list[str]:
        """The grant types the token endpoint was asked for, in order."""
        return [form.get("grant_type", "") for form in self.asked]

    def introspect(self, form: dict[str, str]) -> dict[str, Any]:
        token = form.get("token", "")
        with self._guard:
            self.introspected.append(token)
            user, expires = self._access.get(token, ("", 0.0))
        return {"active": True, "username": user} if time.time() < expires else {"active": False}

    def device(self, form: dict[str, str]) -> dict[str, Any]:
        self._check_client(form)
        return {
            "device_code": "the-device-code", "user_code": "ABCD-EFGH", "verification_uri": f"{self.base}/device-page",
            "expires_in": self.device_code_lasts, "interval": 0.05,
        }  # fmt: skip

    def authorise(self, query: dict[str, str]) -> str:
        """Where the browser is sent after the person agreed."""
        code = secrets.token_urlsafe(8)
        with self._guard:
            self._codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        with self._guard:
            self.asked.append(form)
        self._check_client(form)
        if self.refuses:
            raise Refused(self.refuses)
        with self._guard:
            user = self._user(form)
            answer: dict[str, Any] = {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer"}
            self._access[answer["access_token"]] = (user, time.time() + (self.life or 3600.0))
            if self.life is not None:
                answer["expires_in"] = self.life
            kind = form["grant_type"]
            if kind != "client_credentials" and (self.rotates or kind != "refresh_token"):
                answer["refresh_token"] = self._new_refresh(user)
                if self.refresh_life is not None:
                    answer["refresh_token_expires_in"] = self.refresh_life
            return answer

    def _user(self, form: dict[str, str]) -> str:
        match form.get("grant_type"):
            case "refresh_token":
                return self._refreshing(form.get("refresh_token", ""))
            case "client_credentials":
                return form.get("scope", "")
            case "urn:ietf:params:oauth:grant-type:device_code":
                if form.get("device_code") != "the-device-code":
                    raise Refused("invalid_grant")
                if not self.agreed.is_set() or self.hesitates > 0:
                    self.hesitates -= 1
                    raise Refused("authorization_pending")
                return self.device_user
            case "authorization_code":
                query = self._codes.pop(form.get("code", ""), None)
                digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
                challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
                if query is None or query.get("code_challenge") != challenge:
                    raise Refused("invalid_grant")
                if query.get("code_challenge_method") != "S256" or query["redirect_uri"] != form.get("redirect_uri"):
                    raise Refused("invalid_grant")
                return query.get("login_hint", "")
        raise Refused("unsupported_grant_type")

    def _refreshing(self, token: str) -> str:
        if token in self._spent:
            owner = self._spent[token]
            self._refresh = {kept: user for kept, user in self._refresh.items() if user != owner}
        if token not in self._refresh:
            raise Refused("invalid_grant")
        user = self._refresh[token]
        if self.rotates:
            del self._refresh[token]
            self._spent[token] = user
        return user

    def _new_refresh(self, user: str) -> str:
        token = secrets.token_urlsafe(24)
        self._refresh[token] = user
        return token

    def _check_client(self, form: dict[str, str]) -> None:
        if form.get("client_id") != CLIENT_ID or (self.secret is not None and form.get("client_secret") != self.secret):
            raise Refused("invalid_client")

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    server: TokenServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path != "/authorise":
            self.send_error(404)
            return
        self._send(Answer(302, b"", {"Location": self.server.authorise(_flat(parts.query))}))

    def do_POST(self) -> None:
        server = self.server
        form = _flat(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        if self.headers.get("Authorization", "").startswith("Basic "):
            name, _, secret = base64.b64decode(self.headers["Authorization"][6:]).decode().partition(":")
            form |= {"client_id": name, "client_secret": secret}
        verb = {"/token": server.token, "/introspect": server.introspect, "/device": server.device}.get(self.path)
        if verb is None:
            self.send_error(404)
            return
        if self.path == "/token":
            time.sleep(server.delay)
            until = time.monotonic() + LONGEST_STALL_SECONDS
            while server.stalls.is_set() and time.monotonic() < until:
                time.sleep(0.02)
            if server.answer is not None:
                self._send(server.answer)
                return
        try:
            self._send(Answer(200, json.dumps(verb(form)).encode()))
        except Refused as refusal:
            body = {"error": str(refusal), "error_description": f"no token for {form.get('refresh_token', 'you')}"}
            self._send(Answer(400, json.dumps(body).encode()))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Tests look at what was asked instead."""


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}


@contextmanager
def running() -> Iterator[TokenServer]:
    """A server that runs until the block is left."""
    server = TokenServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="token-server", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stalls.clear()
        server.shutdown()
        server.server_close()
        thread.join()
