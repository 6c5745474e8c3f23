"""A TCP proxy before an IMAP server that, at a chosen step of the protocol, does what networks and servers do wrong."""

from __future__ import annotations

import random
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO, Literal, get_args

Step = Literal[
    "greeting", "capability", "login", "select", "noop", "search", "sizes", "bodies", "store", "move", "logout"
]
Kind = Literal[
    "reset before", "close before", "reset after", "close after", "reset within", "close within", "half-close",
    "delay", "stall", "dribble", "flood", "garbage", "no", "bad", "bye",
    "literal cut", "literal too long", "literal too short", "literal huge",
]  # fmt: skip
STEPS: tuple[Step, ...] = get_args(Step)
KINDS: tuple[Kind, ...] = get_args(Kind)
OF_LITERALS: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind.startswith("literal"))
"""Faults that need an answer with a literal: the one to ``bodies``."""

COMMANDS: tuple[tuple[Step, re.Pattern[bytes]], ...] = (
    ("capability", re.compile(rb"CAPABILITY\b", re.I)),
    ("login", re.compile(rb"(LOGIN|AUTHENTICATE) ", re.I)),
    ("select", re.compile(rb"(SELECT|EXAMINE) ", re.I)),
    ("noop", re.compile(rb"NOOP\b", re.I)),
    ("search", re.compile(rb"UID SEARCH ", re.I)),
    ("sizes", re.compile(rb"UID FETCH .*RFC822\.SIZE", re.I)),
    ("bodies", re.compile(rb"UID FETCH .*BODY", re.I)),
    ("store", re.compile(rb"UID STORE ", re.I)),
    ("move", re.compile(rb"UID (MOVE|COPY) ", re.I)),
    ("logout", re.compile(rb"LOGOUT\b", re.I)),
)
LITERAL = re.compile(rb"\{(\d+)\}\r\n\Z")
"""The announcement of a literal at the end of a line (RFC 9051, 4.3)."""
GARBAGE = (
    b"\x00\xff\xfe\x80 \x1b[31m\r\n",
    b"*\r\n",
    b"* \r\n",
    b"HTTP/1.1 400 Bad Request\r\n",
    b"* 12 FETCH (UID\r\n",
    b"* 12 FETCH (UID 99999999999999999999 FLAGS\r\n",
    b"A999 OK never asked\r\n",
    b"* SEARCH 1 x 2\r\n",
    b'* LIST (\\"\r\n',
    b"* OK [UIDVALIDITY\r\n",
    b"* " + b"x" * 2_000_000 + b"\r\n",
    b"no line end for a long time " * 10,
)
UNSOLICITED = (
    b"* %d EXPUNGE\r\n",
    b"* %d EXISTS\r\n",
    b"* %d RECENT\r\n",
    b"* %d FETCH (FLAGS (\\Seen))\r\n",
    b"* %d FETCH (UID 7 FLAGS (\\Deleted $Junk))\r\n",
    b"* OK [ALERT] %d minutes left\r\n",
)
FLOOD_LINES = 600
DRIBBLED_BYTES = 400
HUGE = 4_294_967_295
BUFFER = 65_536
SERVER_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong at the ``turn``-th time (from 0) that ``step`` comes; ``choice`` (0 to 1) chooses the details.

    ``by`` is by how many bytes a literal is said to be longer or shorter, where ``choice`` shall not choose it.
    """

    step: Step
    kind: Kind
    turn: int = 0
    choice: float = 0.5
    by: int | None = None


class Cut(Exception):
    """The connection ends here; ``reset``: with RST instead of FIN."""

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__()
        self.reset = reset


class Proxy:
    """A running proxy. ``met`` lists the faults that took place; ``seconds`` is the timeout of the client tried."""

    def __init__(self, target: tuple[str, int], seconds: float) -> None:
        self.target = target
        self.seconds = seconds
        self.met: list[Fault] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._faults: Sequence[Fault] = ()
        self._turns: Counter[Step] = Counter()
        self._sockets: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._stopped = False

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        self._start(self._accept)

    def stop(self) -> None:
        """Ends all connections and waits for all threads."""
        with self._lock:
            self._stopped = True
            for each in (self._listener, *self._sockets):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def expect(self, faults: Sequence[Fault]) -> None:
        """From now on those faults; the turns of the steps are counted anew."""
        self._turns.clear()
        self._faults = faults

    def fault_at(self, step: Step | None) -> Fault | None:
        """The fault due at this coming of a step."""
        if step is None:
            return None
        turn = self._turns[step]
        self._turns[step] += 1
        fault = next((each for each in self._faults if (each.step, each.turn) == (step, turn)), None)
        if fault is not None:
            self.met.append(fault)
        return fault

    def wait_for_end(self, client: socket.socket) -> None:
        """Says nothing more until the client has hung up."""
        client.settimeout(20 * self.seconds)
        with suppress(OSError):
            while client.recv(BUFFER):
                pass
        raise Cut

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, name="proxy", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._start(self._serve, client)

    @contextmanager
    def _known(self, one: socket.socket) -> Iterator[socket.socket]:
        """The socket, closed at the end, and shut down when the proxy stops before."""
        try:
            with self._lock:
                if self._stopped:
                    raise Cut
                self._sockets.add(one)
            yield one
        except Cut as cut:
            if cut.reset:
                # Closing a socket that lingers for no time sends RST.
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        finally:
            with self._lock:
                self._sockets.discard(one)
                one.close()

    def _serve(self, client: socket.socket) -> None:
        """One connection from its greeting to its end."""
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError), self._known(client):
            server = socket.create_connection(self.target, timeout=SERVER_SECONDS)
            # The files are closed before the sockets, or these would stay open.
            with self._known(server), server.makefile("rb") as said, client.makefile("rb") as asked:
                Exchange(self, client, server, b"*", said, self.fault_at("greeting")).run(b"")
                while line := asked.readline():
                    tag, _, command = line.partition(b" ")
                    Exchange(self, client, server, tag, said, self.fault_at(step_of(command))).run(line)


@dataclass(frozen=True)
class Exchange:
    """One command and its answer, or the greeting, and what goes wrong with it."""

    proxy: Proxy
    client: socket.socket
    server: socket.socket
    tag: bytes
    said: BinaryIO
    fault: Fault | None

    def run(self, line: bytes) -> None:
        """Passes ``line`` on to the server and its answer to the client, unless the fault wants it otherwise."""
        kind = self.fault.kind if self.fault else None
        if kind in ("reset before", "close before"):
            raise Cut(reset=kind == "reset before")
        if kind in ("no", "bad"):
            self.client.sendall(self.tag + f" {kind.upper()} not today\r\n".encode())
            return
        if kind == "bye":
            self.client.sendall(b"* BYE [UNAVAILABLE] going down\r\n")
            raise Cut
        self.server.sendall(line)
        if self.fault is None:
            for response in answer(self.said, self.tag):
                self.client.sendall(b"".join(response))
        else:
            self._spoil(self.fault, list(answer(self.said, self.tag)))
        if self.tag != b"*" and step_of(line.partition(b" ")[2]) == "logout":
            raise Cut

    def _spoil(self, fault: Fault, responses: list[list[bytes]]) -> None:
        parts = [part for response in responses for part in response]
        whole = b"".join(parts)
        if fault.kind in ("reset after", "close after"):
            raise Cut(reset=fault.kind == "reset after")
        if fault.kind in ("reset within", "close within", "half-close", "stall"):
            self.client.sendall(whole[: 1 + int(fault.choice * (len(whole) - 1))])
            self._end_within(fault.kind)
        elif fault.kind == "delay":
            self.proxy.wait_for_end(self.client)
        elif fault.kind == "dribble":
            for at in range(min(DRIBBLED_BYTES, len(whole))):
                self.client.sendall(whole[at : at + 1])
            self.client.sendall(whole[DRIBBLED_BYTES:])
        elif fault.kind == "flood":
            self.client.sendall(b"".join(flooded(responses, fault.choice)))
        elif fault.kind == "garbage":
            at = int(fault.choice * (len(parts) - 1))
            garbage = GARBAGE[int(fault.choice * 997) % len(GARBAGE)]
            self.client.sendall(b"".join([*parts[:at], garbage, *parts[at:]]))
        else:
            self._spoil_literal(fault, parts)

    def _end_within(self, kind: Kind) -> None:
        if kind == "half-close":
            self.client.shutdown(socket.SHUT_WR)
        if kind in ("half-close", "stall"):
            self.proxy.wait_for_end(self.client)
        raise Cut(reset=kind == "reset within")

    def _spoil_literal(self, fault: Fault, parts: list[bytes]) -> None:
        lines = [at for at, part in enumerate(parts) if LITERAL.search(part)]
        if not lines:
            self.client.sendall(b"".join(parts))
            return
        at = lines[int(fault.choice * (len(lines) - 1))]
        announced = len(parts[at + 1])
        by = fault.by or 1 + int(fault.choice * 96)
        if fault.kind == "literal cut":
            parts[at + 1] = parts[at + 1][: int(announced * fault.choice)]
        else:
            said = {"literal too long": announced + by, "literal too short": max(0, announced - by)}
            parts[at] = LITERAL.sub(b"{%d}\r\n" % said.get(fault.kind, HUGE), parts[at])
        self.client.sendall(b"".join(parts))


@contextmanager
def running(target: tuple[str, int], seconds: float) -> Iterator[Proxy]:
    """A proxy before ``target``, so far without faults; ``seconds`` is the timeout of the client that is tried."""
    proxy = Proxy(target, seconds)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()


def step_of(command: bytes) -> Step | None:
    """The step that a command without its tag is."""
    return next((step for step, pattern in COMMANDS if pattern.match(command)), None)


def answer(said: BinaryIO, tag: bytes) -> Iterator[list[bytes]]:
    """An answer to its tagged end, each response in its lines and literals; the greeting where ``tag`` is ``*``."""
    while True:
        response = [_line(said)]
        while announced := LITERAL.search(response[-1]):
            response += [said.read(int(announced[1])), _line(said)]
        yield response
        if response[0].startswith(tag + b" "):
            return


def _line(said: BinaryIO) -> bytes:
    line = said.readline()
    if not line:
        raise Cut
    return line


def flooded(responses: Sequence[list[bytes]], choice: float) -> Iterator[bytes]:
    """The answer with untagged responses that nobody asked for before each of its own."""
    chance = random.Random(choice)
    for response in responses:
        for _ in range(FLOOD_LINES // len(responses) + 1):
            yield chance.choice(UNSOLICITED) % chance.randrange(1, 60)
        yield from response
