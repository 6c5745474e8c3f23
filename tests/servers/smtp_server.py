"""A real SMTP server on this machine (aiosmtpd): it takes, refuses and delays mail as told."""

from __future__ import annotations

import email
import email.policy
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.servers.imap_server import free_port

USER = "mailtriage"
PASSWORD = "an-smtp-password"
Tls = Literal["none", "starttls", "implicit"]


class SmtpServer:
    """What it received, and how it answers; change the attributes while it runs."""

    def __init__(self) -> None:
        self.port = free_port()
        self.received: list[tuple[str, list[str], bytes]] = []
        """Envelope sender, envelope recipients and content."""
        self.answers: dict[str, str] = {}
        """What is answered to RCPT, by address, instead of taking it."""
        self.data_answer: str | None = None
        self.refusal = "535 5.7.8 Authentication credentials invalid"

    @property
    def mails(self) -> list[EmailMessage]:
        found = []
        for _, _, content in self.received:
            mail = email.message_from_bytes(content, policy=email.policy.default)
            assert isinstance(mail, EmailMessage)
            found.append(mail)
        return found

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.data_answer is not None:
            return self.data_answer
        self.received.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        return "250 taken"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        if isinstance(given, LoginPassword) and given.login == USER.encode() and given.password == PASSWORD.encode():
            return AuthResult(success=True)
        said = given.password.decode() if isinstance(given, LoginPassword) else ""
        return AuthResult(success=False, handled=False, message=self.refusal.replace("PASSWORD", said))


@contextmanager
def running(tls: Tls = "none", certificate: Path | None = None, *, auth: bool = False) -> Iterator[SmtpServer]:
    """A server that listens; ``certificate`` is a folder with ``good.pem`` and ``key.pem``."""
    server = SmtpServer()
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate / "good.pem", certificate / "key.pem")
    options: dict[str, Any] = {}
    if tls == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if auth:
        options |= {"authenticator": server.authenticate, "auth_required": True, "auth_require_tls": tls == "starttls"}
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=server.port,
        ssl_context=context if tls == "implicit" else None,
        **options,
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
