"""The bytes of an IMAP connection: every answer bounded in time and in size, a dead peer noticed."""

from __future__ import annotations

import imaplib
import io
import socket
import ssl
import time
from collections.abc import Sequence
from typing import Any

BUFFER_BYTES = 256 * 1024
MOST_LINE_BYTES = 16 * 1024 * 1024
"""The UIDs of one SEARCH window come in one line; imaplib's own limit of a million bytes is below that."""
MOST_ANSWER_BYTES = 96 * 1024 * 1024
"""What one command may bring: a batch of mails, and as much again for a server that understates their sizes."""
LONGEST_ANSWER = 5
"""How many times the timeout one answer may take in all: searching a large mailbox takes long, with progress lines."""
SLOWEST_BYTES_PER_SECOND = 1_000
"""An answer may take a second longer for each so many bytes of it; a server that drips is given up."""
KEEPALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}
"""Seconds of silence before TCP asks whether the peer is there, between two questions, and how many of them."""


class _Stream(io.RawIOBase):
    """What comes in by one socket, counted and timed since :meth:`restart`."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        super().__init__()
        self.sock = sock
        self.ended = False
        self._seconds = seconds
        self.restart()

    def restart(self) -> None:
        self._started = time.monotonic()
        self._received = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        if self.sock.gettimeout() != 0:
            self._check()
        try:
            count = self.sock.recv_into(buffer)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        self.ended = count == 0
        self._received += count
        return count

    def _check(self) -> None:
        allowed = LONGEST_ANSWER * self._seconds + self._received / SLOWEST_BYTES_PER_SECOND
        if time.monotonic() - self._started > allowed:
            raise TimeoutError(f"the answer did not end within {allowed:.0f} seconds")
        if self._received > MOST_ANSWER_BYTES:
            raise imaplib.IMAP4.abort(f"one answer of more than {MOST_ANSWER_BYTES} bytes")


class Wire(imaplib.IMAP4):
    """imaplib's protocol over a socket with timeouts, keepalive and TLS from the start where ``context`` is given."""

    def __init__(
        self, host: str, port: int, context: ssl.SSLContext | None, connect_seconds: float, answer_seconds: float
    ) -> None:
        self._context = context
        self._connect_seconds = connect_seconds
        self._answer_seconds = answer_seconds
        self._stream: _Stream | None = None
        super().__init__(host, port)

    def readline(self) -> bytes:
        line = self._incoming().readline(MOST_LINE_BYTES + 1)
        if len(line) > MOST_LINE_BYTES:
            raise self.abort(f"a line of more than {MOST_LINE_BYTES} bytes")
        return line

    def read(self, size: int) -> bytes:
        if size > MOST_ANSWER_BYTES:
            raise self.abort(f"a literal of {size} bytes")
        data = self._incoming().read(size)
        if len(data) < size:
            raise self.abort("the connection ended within a literal")
        return data

    def send(self, data: bytes) -> None:  # type: ignore[override]
        super().send(data)
        self.restart()

    def exchange(self, name: str, *arguments: str | bytes, answers: Sequence[bytes] = ()) -> tuple[str, str]:
        """Sends a command and answers the server's continuation requests, one by one, with ``answers``.

        Gives the tagged status and its text. imaplib has no initial response (RFC 4959), and waits for ever when a
        server asks for one answer more than it expects.
        """
        left = list(answers)
        tag = self._command(name, *arguments)
        while not self.tagged_commands[tag]:
            if self._get_response() is None:
                if not left:
                    raise self.abort("the server asks for more than the command has")
                self.send(left.pop(0) + b"\r\n")
            self._check_bye()
        outcome: tuple[str, list[bytes]] = self.tagged_commands.pop(tag)  # type: ignore[assignment]  # typeshed errs
        status, words = outcome
        return status, words[-1].decode("utf-8", "replace")

    def restart(self) -> None:
        """The time and the bytes of an answer are counted from here."""
        if self._stream is not None:
            self._stream.restart()

    def anything(self) -> bool:
        """Whether something waits to be read, be it the end of the connection; returns at once."""
        incoming = self._incoming()
        self.sock.settimeout(0)
        try:
            there = bool(incoming.peek(1)) or (self._stream is not None and self._stream.ended)
        finally:
            self.sock.settimeout(self._answer_seconds)
        if there:
            self.restart()
        return there

    def _incoming(self) -> io.BufferedReader[_Stream]:
        """The reader of the socket in use. STARTTLS puts another one in place, and what came in plain is dropped."""
        if self._stream is None or self._stream.sock is not self.sock:
            self._stream = _Stream(self.sock, self._answer_seconds)
            self._reader = io.BufferedReader(self._stream, BUFFER_BYTES)
        return self._reader

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        sock = socket.create_connection((self.host, self.port), self._connect_seconds)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in KEEPALIVE.items():
                if hasattr(socket, name):
                    sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
            return self._context.wrap_socket(sock, server_hostname=self.host) if self._context else sock
        except BaseException:
            sock.close()
            raise
