"""A real Dovecot in a temporary folder: plain, STARTTLS and TLS, with a valid and with an expired certificate."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from imapclient import IMAPClient

PASSWORD = "secret-of-the-test"
EXPIRED_HOST = "127.0.0.2"
"""The second loopback address, on which the same server shows a certificate that is past its time."""
START_SECONDS = 10.0

CONFIGURATION = """\
base_dir = {root}/run
state_dir = {root}/run
log_path = {root}/log
protocols = imap
listen = 127.0.0.1
disable_plaintext_auth = no
{identity}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{root}/mail/%u
mail_fsync = never
auth_failure_delay = 0
mail_max_userip_connections = 100
ssl = yes
ssl_cert = <{root}/good.pem
ssl_key = <{root}/key.pem
local {expired_host} {{
  ssl_cert = <{root}/expired.pem
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={root}/mail/%u
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1, {expired_host}
    port = {port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1, {expired_host}
    port = {tls_port}
    ssl = yes
  }}
}}
namespace inbox {{
  inbox = yes
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A running server; every user name is accepted with :data:`PASSWORD` and has a mailbox of its own."""

    root: Path
    port: int
    tls_port: int
    owner: tuple[int, int]
    host: str = "127.0.0.1"

    @property
    def certificate(self) -> Path:
        """The self-signed certificate shown on 127.0.0.1."""
        return self.root / "good.pem"

    @property
    def expired_certificate(self) -> Path:
        """The self-signed certificate shown on :data:`EXPIRED_HOST`."""
        return self.root / "expired.pem"

    def seed(self, user: str, mails: Sequence[bytes], *, folder: str = "INBOX", flags: str = "") -> None:
        """Delivers mails into a folder by writing its Maildir; ``flags`` are Maildir's letters (``S`` is seen)."""
        home = self.root / "mail" / user
        maildir = home if folder == "INBOX" else home / f".{folder}"
        for each in (home, maildir, *(maildir / name for name in ("cur", "new", "tmp"))):
            if not each.exists():
                each.mkdir()
                self._own(each)
        now = int(time.time())
        for raw in mails:
            wire = len(raw) + raw.count(b"\n") - raw.count(b"\r\n")
            name = f"{now}.M{next(_NUMBERS):09d}P1.test,S={len(raw)},W={wire}:2,{flags}"
            (maildir / "cur" / name).write_bytes(raw)
            self._own(maildir / "cur" / name)

    def reset(self, user: str) -> None:
        """Removes all mail of a user."""
        shutil.rmtree(self.root / "mail" / user, ignore_errors=True)

    def set_uidvalidity(self, user: str, value: int) -> None:
        """Numbers the mails of INBOX anew under another UIDVALIDITY, as after a mailbox was rebuilt."""
        home = self.root / "mail" / user
        for index in home.glob("dovecot[.-]*"):
            index.unlink()
        uidlist = home / "dovecot-uidlist"
        uidlist.write_text(f"3 V{value} N1 G{'0' * 24}{value:08x}\n")
        self._own(uidlist)

    @contextmanager
    def session(self, user: str) -> Iterator[IMAPClient]:
        """A second session of that user, for looking at and changing what the code under test works on."""
        with IMAPClient(self.host, port=self.port, ssl=False, timeout=10) as client:
            client.login(user, PASSWORD)
            yield client

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

    def expunge(self, user: str, uids: Sequence[int]) -> None:
        """Removes mails of INBOX, as another program would."""
        with self.session(user) as client:
            client.select_folder("INBOX")
            client.delete_messages(list(uids), silent=True)
            client.expunge(list(uids))

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, *self.owner)


_NUMBERS = count(1)


def executable() -> str | None:
    """Dovecot's path; None where it is not installed."""
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextmanager
def running() -> Iterator[Dovecot]:
    """A server that runs until the block is left; skips the test, saying why, where none can run."""
    program, openssl = executable(), shutil.which("openssl")
    if program is None:
        pytest.skip("Dovecot is not installed (Debian: dovecot-imapd)")
    if openssl is None:
        pytest.skip("openssl is not installed; the test server needs it for its certificates")
    root = Path(tempfile.mkdtemp(prefix="dovecot-"))
    try:
        root.chmod(0o755)
        (root / "mail").mkdir()
        _make_certificates(openssl, root)
        as_root = os.geteuid() == 0
        user = "nobody" if as_root else pwd.getpwuid(os.geteuid()).pw_name
        group = _group_of(user)
        identity = "" if as_root else (
            f"default_internal_user = {user}\ndefault_internal_group = {group}\ndefault_login_user = {user}"
        )  # fmt: skip
        port, tls_port = _free_port(), _free_port()
        configuration = root / "dovecot.conf"
        configuration.write_text(
            CONFIGURATION.format(
                root=root,
                identity=identity,
                user=user,
                group=group,
                port=port,
                tls_port=tls_port,
                password=PASSWORD,
                expired_host=EXPIRED_HOST,
            )
        )
        owner = _ids(user)
        if as_root:
            os.chown(root / "mail", *owner)
        with (root / "output").open("wb") as output:
            process = subprocess.Popen([program, "-F", "-c", str(configuration)], stdout=output, stderr=output)
        try:
            _wait(process, root, (port, tls_port))
            yield Dovecot(root, port, tls_port, owner)
        finally:
            process.terminate()
            process.wait(START_SECONDS)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _make_certificates(openssl: str, root: Path) -> None:
    def run(*arguments: str) -> None:
        subprocess.run([openssl, *arguments], cwd=root, check=True, capture_output=True)

    names = f"subjectAltName=DNS:localhost,IP:127.0.0.1,IP:{EXPIRED_HOST}"
    run(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem",
        "-out", "good.pem", "-days", "30", "-subj", "/CN=localhost", "-addext", names,
    )  # fmt: skip
    (root / "names").write_text(f"basicConstraints=CA:true\n{names}\n")
    run("req", "-new", "-key", "key.pem", "-subj", "/CN=localhost", "-out", "request.pem")
    run(
        "x509", "-req", "-in", "request.pem", "-signkey", "key.pem", "-days", "-1", "-extfile", "names",
        "-out", "expired.pem",
    )  # fmt: skip


def _group_of(user: str) -> str:
    return grp.getgrgid(_ids(user)[1]).gr_name


def _ids(user: str) -> tuple[int, int]:
    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], root: Path, ports: Sequence[int]) -> None:
    deadline = time.monotonic() + START_SECONDS
    for port in ports:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    said = "".join(
                        path.read_text(errors="replace") for path in (root / "output", root / "log") if path.exists()
                    )
                    pytest.skip(f"Dovecot does not start here: {' '.join(said.split())[:300]}")
                time.sleep(0.05)
