"""What every IMAP server of the tests offers, and where real servers differ."""

from __future__ import annotations

import grp
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import pytest
from imapclient import IMAPClient

PASSWORD = "secret-of-the-test"
START_SECONDS = 10.0
STOP_SECONDS = 10.0
SESSION_SECONDS = 10.0
UNPRIVILEGED = "nobody"
"""Who owns the mail, and runs the server, where the tests run as root."""

Tls = Literal["none", "starttls", "implicit"]


@dataclass(frozen=True, slots=True)
class Traits:
    """In what a server differs from the others.

    ``tls``: the ways to connect. ``keywords``: keeps keywords. ``personal``: what the names of a user's folders begin
    with, beside INBOX. ``refuses``: bytes that it takes in no mail.
    ``alters``: bytes of a mail that it gives back as others. ``forbids``: characters that it takes in no folder name.
    """

    tls: tuple[Tls, ...] = ("none", "starttls", "implicit")
    keywords: bool = True
    personal: str = ""
    refuses: tuple[bytes, ...] = ()
    alters: tuple[tuple[bytes, bytes], ...] = ()
    forbids: str = ""

    def served(self, raw: bytes) -> bytes:
        """A mail as the server gives it back."""
        for before, after in self.alters:
            raw = re.sub(before, after, raw)
        return raw


class ImapServer:
    """A running server. Its users have :data:`PASSWORD`; what changes a mailbox goes over IMAP, as another client."""

    name: str
    root: Path
    host: str = "127.0.0.1"
    port: int
    tls_port: int
    traits: Traits = Traits()

    @property
    def certificate(self) -> Path:
        """The self-signed certificate that the server shows."""
        return self.root / "good.pem"

    def port_of(self, tls: Tls) -> int:
        """The port for that way to connect."""
        return self.tls_port if tls == "implicit" else self.port

    def add_user(self, user: str) -> None:
        """Makes a user with an empty INBOX."""

    def folder(self, name: str) -> str:
        """The full name of a user's folder on this server."""
        return name if name == "INBOX" else f"{self.traits.personal}{name}"

    @contextmanager
    def session(self, user: str) -> Iterator[IMAPClient]:
        """A second session of that user, for looking at and changing what the code under test works on."""
        with IMAPClient(self.host, port=self.port_of("none"), ssl=False, timeout=SESSION_SECONDS) as client:
            client.login(user, PASSWORD)
            yield client

    def deliver(
        self,
        user: str,
        mails: Sequence[bytes],
        *,
        folder: str = "INBOX",
        flags: Sequence[str] = (),
        at: datetime | None = None,
    ) -> None:
        """Appends mails to a folder, with flags and an INTERNALDATE."""
        with self.session(user) as client:
            for raw in mails:
                client.append(folder, raw, flags, at)

    def place(self, user: str, raw: bytes) -> None:
        """Puts a mail into INBOX with its bytes as they are; raises where the server does not take them."""
        with self.session(user) as client:
            # imaplib's own append makes every line end CRLF.
            client._imap.literal = raw
            client._command_and_check("_simple_command", "APPEND", "INBOX", unpack=True)

    def remake(self, user: str, folder: str) -> None:
        """Deletes a folder, so that its UIDs begin anew under another UIDVALIDITY, and makes it again, empty."""
        with self.session(user) as client:
            before = int(client.folder_status(folder, ["UIDVALIDITY"])[b"UIDVALIDITY"])
            for _ in range(3):
                client.delete_folder(folder)
                client.create_folder(folder)
                if int(client.folder_status(folder, ["UIDVALIDITY"])[b"UIDVALIDITY"]) != before:
                    return
                time.sleep(1.1)  # Courier makes it from the clock, in seconds.
        raise AssertionError(f"{self.name} gives a folder made anew the UIDVALIDITY that it had")

    def flags(self, user: str, folder: str = "INBOX") -> dict[int, set[str]]:
        """The flags and keywords of each mail of a folder, by UID, without ``\\Recent``."""
        with self.session(user) as client:
            client.select_folder(folder, readonly=True)
            answers = client.get_flags(client.search("ALL"))
        return {uid: {flag.decode() for flag in flags} - {"\\Recent"} for uid, flags in answers.items()}

    def folders(self, user: str) -> set[str]:
        """The names of a user's folders."""
        with self.session(user) as client:
            return {str(name) for _, _, name in client.list_folders()}

    def expunge(self, user: str, uids: Sequence[int], folder: str = "INBOX") -> None:
        """Removes mails, as another program would."""
        with self.session(user) as client:
            client.select_folder(folder)
            client.delete_messages(list(uids), silent=True)
            client.uid_expunge(list(uids))


@dataclass(frozen=True, slots=True)
class Identity:
    """The account that a server runs as and that owns its mail."""

    user: str
    group: str
    uid: int
    gid: int

    def own(self, *paths: Path) -> None:
        """Hands paths to that account, where this process may."""
        if os.geteuid() == 0:
            for path in paths:
                os.chown(path, self.uid, self.gid)


def identity() -> Identity:
    """``nobody`` for root, since servers refuse to serve root's mail; otherwise whoever runs the tests."""
    entry = pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    return Identity(entry.pw_name, grp.getgrgid(entry.pw_gid).gr_name, entry.pw_uid, entry.pw_gid)


def make_certificate(root: Path) -> None:
    """Makes ``good.pem`` and ``key.pem`` for localhost and 127.0.0.1; skips the test where openssl is missing."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed; the test server needs it for its certificate")
    command = [
        openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-keyout", "key.pem", "-out", "good.pem", "-days", "30", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
    ]  # fmt: skip
    subprocess.run(command, cwd=root, check=True, capture_output=True)


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def listens(port: int) -> bool:
    """Whether a server takes connections on a port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], what: str, logs: Sequence[Path]) -> None:
    """Waits for a server; skips the test with the end of its logs where it does not come up."""
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            said = " ".join(path.read_text(errors="replace") for path in logs if path.exists())
            pytest.skip(f"{what} does not start here: {' '.join(said.split())[-300:]}")
        time.sleep(0.05)


def unpacked(name: str) -> Path:
    """The folder where ``install.sh`` has put a server's packages; skips the test where it has not."""
    for base in _caches():
        if (base / name / ".complete").exists():
            return base / name
    pytest.skip(f"{name} is not unpacked (as root on Debian: sh tests/servers/install.sh)")


def _caches() -> list[Path]:
    named = os.environ.get("MAILTRIAGE_TEST_SERVERS_CACHE")
    if named:
        return [Path(named)]
    return [Path("/var/cache/mailtriage-test-servers"), Path.home() / ".cache" / "mailtriage-test-servers"]


def library_path(tree: Path, *more: Path) -> str:
    """LD_LIBRARY_PATH for programs of an unpacked tree."""
    folders = [*more, *tree.glob("usr/lib"), *tree.glob("usr/lib/*-linux-gnu*"), *tree.glob("lib/*-linux-gnu*")]
    return ":".join(map(str, folders))


def stop(*processes: subprocess.Popen[bytes]) -> None:
    """Ends servers that lead process groups of their own, with all that they started."""
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
