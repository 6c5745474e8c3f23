"""A small IMAP server in the process that misbehaves as a test tells it to; for what no real server does on demand."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

HANG_UP = b""
"""An answer after which the server closes the connection."""
SAID = b" "
"""An answer of nothing at all, after which the server waits for the next command."""
Answer = bytes | None
"""What a rule has a command answered with (``%t`` is its tag), or None for the usual answer."""
Rule = Callable[[str, "Connection"], Answer]
FETCHED = re.compile(r"UID FETCH (\S+) \((.+)\)")
PARTIAL = re.compile(r"BODY\.PEEK\[\]<(\d+)\.(\d+)>")


@dataclass
class Connection:
    """One client's connection: its socket, and the lines that it has sent with their tags (or first words)."""

    sock: socket.socket
    lines: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)


def usual(command: str, connection: Connection) -> Answer:
    """The rule of a server that behaves."""
    return None


@dataclass
class Scripted:
    """A running server. ``rule`` sees each command (without its tag) first; ``mails`` are by UID."""

    port: int
    mails: Mapping[int, bytes]
    rule: Rule
    greeting: bytes = b"* OK ready\r\n"
    capabilities: str = "IMAP4rev1 IDLE UIDPLUS AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR"
    uidvalidity: int = 7
    tls: ssl.SSLContext | None = None
    connections: list[Connection] = field(default_factory=list)

    @property
    def commands(self) -> list[str]:
        """Every line that any client has sent, in order, without tags."""
        return [line for connection in self.connections for line in connection.lines]

    def serve(self, connection: Connection) -> None:
        try:
            if self.tls is not None:
                connection.sock = self.tls.wrap_socket(connection.sock, server_side=True)
            connection.send(self.greeting)
            reader = connection.sock.makefile("rb")
            while raw := reader.readline():
                tag, _, command = raw.decode("utf-8", "replace").rstrip("\r\n").partition(" ")
                connection.lines.append(command or tag)
                connection.tags.append(tag)
                answer = self.rule(command or tag, connection)
                if answer is None:
                    answer = self.well_behaved(command)
                connection.send(answer.strip(SAID).replace(b"%t", tag.encode()))
                if answer == HANG_UP or command == "LOGOUT":
                    break
        except OSError:
            pass
        finally:
            connection.sock.close()

    def well_behaved(self, command: str) -> bytes:
        """What a well-behaved server answers."""
        done = b"%t OK done\r\n"
        if command == "CAPABILITY":
            return f"* CAPABILITY {self.capabilities}\r\n".encode() + done
        if command.startswith(("SELECT", "EXAMINE")):
            state = f"* {len(self.mails)} EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen)\r\n"
            codes = f"* OK [PERMANENTFLAGS (\\Seen \\*)] .\r\n* OK [UIDVALIDITY {self.uidvalidity}] .\r\n"
            mode = "READ-ONLY" if command.startswith("EXAMINE") else "READ-WRITE"
            return (state + codes).encode() + f"%t OK [{mode}] done\r\n".encode()
        if command.startswith("UID SEARCH"):
            wanted = self.uids(command.split()[3])
            return b"* SEARCH " + " ".join(map(str, wanted)).encode() + b"\r\n" + done
        if found := FETCHED.match(command):
            return b"".join(self.fetched(uid, found.group(2)) for uid in self.uids(found.group(1))) + done
        if command == "IDLE":
            return b"+ idling\r\n"
        if command == "LOGOUT":
            return b"* BYE\r\n" + done
        return done

    def uids(self, uid_set: str) -> list[int]:
        """The UIDs there are of a sequence set."""
        last = max(self.mails, default=0)
        found: set[int] = set()
        for run in uid_set.split(","):
            low, _, high = run.partition(":")
            ends = [last if each == "*" else int(each) for each in (low, high or low)]
            found.update(uid for uid in self.mails if min(ends) <= uid <= max(ends))
        return sorted(found)

    def fetched(self, uid: int, items: str) -> bytes:
        """The FETCH answer for one mail."""
        raw = self.mails[uid]
        number = sorted(self.mails).index(uid) + 1
        if "SIZE" in items:
            date = '"02-Feb-2026 10:00:00 +0100"'
            return f"* {number} FETCH (UID {uid} RFC822.SIZE {len(raw)} INTERNALDATE {date})\r\n".encode()
        name = "BODY[]"
        if "HEADER" in items:
            name, raw = "BODY[HEADER]", raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        elif part := PARTIAL.search(items):
            start, length = int(part.group(1)), int(part.group(2))
            name, raw = f"BODY[]<{start}>", raw[start : start + length]
        return f"* {number} FETCH (UID {uid} {name} {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"


@contextmanager
def scripted(
    mails: Mapping[int, bytes] | Sequence[bytes] = (), rule: Rule = usual, **more: object
) -> Iterator[Scripted]:
    """Runs a server with ``mails`` (by UID, or numbered from 1) until the block is left."""
    numbered = dict(mails) if isinstance(mails, Mapping) else dict(enumerate(mails, 1))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Scripted(listener.getsockname()[1], numbered, rule, **more)  # type: ignore[arg-type]

        def accept() -> None:
            while True:
                try:
                    sock, _ = listener.accept()
                except OSError:
                    return
                connection = Connection(sock)
                server.connections.append(connection)
                threading.Thread(target=server.serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for connection in server.connections:
                connection.sock.close()
