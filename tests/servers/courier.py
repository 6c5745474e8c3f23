"""A real Courier IMAP server from unpacked Debian packages, in a temporary folder."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from tests.servers.imap_server import (
    PASSWORD,
    Identity,
    ImapServer,
    Traits,
    free_port,
    identity,
    library_path,
    listens,
    make_certificate,
    stop,
    unpacked,
    wait_until,
)

COMPILED_IN = (b"/run/courier", b"/etc/courier")
"""Folders that Courier's authentication finds at no other place, in binaries without a setting for it."""
COPIED = (
    "usr/lib/libcourierauth.so.0",
    "usr/lib/courier-authlib/libauthuserdb.so.0",
    "usr/lib/courier/courier-authlib/authdaemond",
    "usr/lib/courier/courier/imaplogin",
)
CAPABILITIES = "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE"
MAIL_USER = b"courier"
"""The user that STARTTLS becomes, made by the installed package alone; compiled in as well."""
AUTHDAEMONRC = """\
authmodulelist="authuserdb"
authmodulelistorig="authuserdb"
daemons=2
authdaemonvar={root}/authdaemon
DEBUG_LOGIN=0
DEFAULTOPTIONS=""
LOGGEROPTS=""
"""
TRAITS = Traits(personal="INBOX.", alters=((rb"(?<!\r)\n", b"\r\n"),))


@dataclass(frozen=True)
class Courier(ImapServer):
    """A running Courier; folders of a user lie below INBOX, and a refused login takes it five seconds."""

    root: Path
    tree: Path
    environment: Mapping[str, str]
    who: Identity
    port: int
    tls_port: int
    traits: Traits
    name: str = "Courier"

    def add_user(self, user: str) -> None:
        home = self.root / "mail" / user
        folders = [home, home / "Maildir", *(home / "Maildir" / name for name in ("cur", "new", "tmp"))]
        for folder in folders:
            folder.mkdir()
        self.who.own(*folders)
        self._write_users()

    def place(self, user: str, raw: bytes) -> None:
        self._number(user)
        file = self.root / "mail" / user / "Maildir/new" / f"{next(_NUMBERS)}.M1P1.test"
        file.write_bytes(raw.replace(b"\r\n", b"\n"))
        self.who.own(file)
        self._number(user)

    def _number(self, user: str) -> None:
        """Has Courier give UIDs to what is in INBOX, which EXAMINE does not."""
        with self.session(user) as client:
            client.select_folder("INBOX")

    def _write_users(self) -> None:
        """Writes the database of users, and that of their passwords, anew."""
        names = sorted(home.name for home in (self.root / "mail").iterdir())
        crypted = (self.root / "crypted").read_text()
        entries = [f"{n}\tuid={self.who.uid}|gid={self.who.gid}|home={self.root}/mail/{n}" for n in names]
        for file, lines in (("userdb", entries), ("userdbshadow", [f"{n}\timappw={crypted}" for n in names])):
            subprocess.run(
                [self.tree / "usr/lib/courier/courier-authlib/makedatprog", "-", f"{file}.tmp", f"{file}.dat"],
                input="\n".join([*lines, ".", ""]).encode(), cwd=self.root, env=self.environment, check=True,
                capture_output=True,
            )  # fmt: skip


_NUMBERS = count(1)


@contextmanager
def running() -> Iterator[Courier]:
    """A server that runs until the block is left; skips the test, saying why, where none can run."""
    tree = unpacked("courier")
    root = _root_as_long_as(len(COMPILED_IN[0]))
    try:
        who = identity()
        root.chmod(0o755)
        make_certificate(root)
        for folder in ("authdaemon", "lib", "mail"):
            (root / folder).mkdir()
        (root / "both.pem").write_bytes((root / "key.pem").read_bytes() + (root / "good.pem").read_bytes())
        (root / "authdaemonrc").write_text(AUTHDAEMONRC.format(root=root))
        (root / "crypted").write_text(_crypted(PASSWORD))
        _copy_programs(tree, root, who)
        traits = replace(TRAITS, tls=("none", "starttls", "implicit") if _short(who) else ("none", "implicit"))
        server = Courier(root, tree, _environment(tree, root), who, free_port(), free_port(), traits)
        with _gamin(server), _authdaemon(server), _listener(server, implicit=False), _listener(server, implicit=True):
            yield server
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _root_as_long_as(length: int) -> Path:
    """A new folder in /tmp whose name has that length, so that it can stand in a binary for another one."""
    while True:
        root = Path("/tmp") / secrets.token_hex(length)[: length - len("/tmp/")]
        try:
            root.mkdir()
        except FileExistsError:
            continue
        return root


def _copy_programs(tree: Path, root: Path, who: Identity) -> None:
    """Copies the programs with this server's own folder and user instead of those compiled in."""
    for name in COPIED:
        program = (tree / name).read_bytes()
        for folder in COMPILED_IN:
            program = program.replace(folder, bytes(root))
        program = program.replace(b"-server\0" + MAIL_USER + b"\0", b"-server\0" + _short(who).ljust(8, b"\0"))
        copy = root / "lib" / Path(name).name
        copy.write_bytes(program)
        copy.chmod(0o755)


def _short(who: Identity) -> bytes:
    """The name to put for :data:`MAIL_USER`; empty where it is too long, and then there is no STARTTLS."""
    name = who.user.encode()
    return name if len(name) <= len(MAIL_USER) else b""


def _crypted(password: str) -> str:
    command = ["openssl", "passwd", "-5", "-stdin"]
    return subprocess.run(command, input=password, text=True, check=True, capture_output=True).stdout.strip()


def _environment(tree: Path, root: Path) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "LD_LIBRARY_PATH": library_path(tree, root / "lib", tree / "usr/lib/courier-authlib"),
        "authmodulelist": "authuserdb",
        "daemons": "2",
        "IMAP_CAPABILITY": CAPABILITIES,
        "IMAP_CAPABILITY_TLS": f"{CAPABILITIES} AUTH=PLAIN",
        "IMAP_KEYWORDS": "1",
        "IMAP_ACL": "1",
        "IMAP_IDLE_TIMEOUT": "1",
        "IMAP_USELOCKS": "1",
        "IMAP_ENHANCEDIDLE": "1",
        "GAM_CLIENT_ID": root.name,
        "IMAP_UMASK": "022",
        "IMAP_EMPTYTRASH": "Trash:7",
        "IMAP_TRASHFOLDERNAME": "Trash",
        "IMAP_STARTTLS": "YES",
        "COURIERTLS": str(tree / "usr/bin/couriertls"),
        "TLS_CERTFILE": str(root / "both.pem"),
        "TLS_VERIFYPEER": "NONE",
    }


@contextmanager
def _gamin(server: Courier) -> Iterator[None]:
    """Gamin, which tells Courier of changed folders; without it each session tries for a second to start one."""
    log = server.root / "gamin.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [server.tree / "usr/libexec/gam_server", "--notimeout", server.environment["GAM_CLIENT_ID"]],
            stdout=output, stderr=output, env=server.environment, start_new_session=True,
            user=server.who.uid if os.geteuid() == 0 else None,
        )  # fmt: skip
    try:
        yield
    finally:
        stop(process)


@contextmanager
def _authdaemon(server: Courier) -> Iterator[None]:
    log = server.root / "auth.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [server.root / "lib/authdaemond"],
            stdout=output, stderr=output, env=server.environment, start_new_session=True,
        )  # fmt: skip
    try:
        wait_until((server.root / "authdaemon/socket").exists, process, "Courier's authdaemond", [log])
        yield
    finally:
        stop(process)


@contextmanager
def _listener(server: Courier, *, implicit: bool) -> Iterator[None]:
    port = server.tls_port if implicit else server.port
    log = server.root / f"{port}.log"
    tls: list[str | Path] = [server.tree / "usr/bin/couriertls", "-server", "-tcpd"] if implicit else []
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                server.tree / "usr/sbin/couriertcpd", "-address=127.0.0.1", "-maxprocs=40", "-maxperip=40",
                "-nodnslookup", "-noidentlookup", str(port), *tls,
                server.root / "lib/imaplogin", server.tree / "usr/bin/imapd", "Maildir",
            ],
            stdout=output, stderr=output, start_new_session=True,
            env={**server.environment, **({"IMAP_TLS": "1"} if implicit else {})},
        )  # fmt: skip
    try:
        wait_until(lambda: listens(port), process, "Courier", [log])
        yield
    finally:
        stop(process)
