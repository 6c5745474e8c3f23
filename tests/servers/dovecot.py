"""A real Dovecot in a temporary folder: plain, STARTTLS and TLS, with a valid and with an expired certificate."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from tests.servers.imap_server import PASSWORD as PASSWORD
from tests.servers.imap_server import ImapServer, Traits, free_port, listens

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
{oauth}
passdb {{
  driver = static
  mechanisms = plain login
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

OAUTH = """\
auth_mechanisms = plain xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {root}/oauth2.conf
}}"""
OAUTH_CONFIGURATION = """\
introspection_mode = post
introspection_url = {introspection_url}
force_introspection = yes
username_attribute = username
active_attribute = active
active_value = true
"""
TRAITS = Traits(forbids="~", alters=((rb"\0", b"\x80"), (rb"(?<!\r)\n", b"\r\n")))


@dataclass(frozen=True)
class Dovecot(ImapServer):
    """A running server; every user name is accepted with :data:`PASSWORD` and has a mailbox of its own."""

    root: Path
    port: int
    tls_port: int
    owner: tuple[int, int]
    name: str = "Dovecot"
    traits: Traits = TRAITS

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

    def place(self, user: str, raw: bytes) -> None:
        self.seed(user, [raw])
        self.flags(user)  # gives it a UID

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

    def kick(self, user: str) -> None:
        """Hangs up on all sessions of a user, as a server does that restarts."""
        program = shutil.which("doveadm", path=f"{os.environ.get('PATH', '')}:/usr/bin:/usr/local/bin") or "doveadm"
        # It fails when the user has no session, which is just as well.
        subprocess.run([program, "-c", str(self.root / "dovecot.conf"), "kick", user], capture_output=True, check=False)

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, *self.owner)


_NUMBERS = count(1)


def executable() -> str | None:
    """Dovecot's path; None where it is not installed."""
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@contextmanager
def running(introspection_url: str | None = None) -> Iterator[Dovecot]:
    """A server that runs until the block is left; skips the test, saying why, where none can run.

    With ``introspection_url`` it also takes XOAUTH2 and OAUTHBEARER, and asks there about each token (RFC 7662).
    """
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
        port, tls_port = free_port(), free_port()
        (root / "oauth2.conf").write_text(OAUTH_CONFIGURATION.format(introspection_url=introspection_url))
        configuration = root / "dovecot.conf"
        configuration.write_text(
            CONFIGURATION.format(
                root=root,
                identity=identity,
                oauth=OAUTH.format(root=root) if introspection_url else "",
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


def _wait(process: subprocess.Popen[bytes], root: Path, ports: Sequence[int]) -> None:
    deadline = time.monotonic() + START_SECONDS
    for port in ports:
        while not listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                said = "".join(
                    path.read_text(errors="replace") for path in (root / "output", root / "log") if path.exists()
                )
                pytest.skip(f"Dovecot does not start here: {' '.join(said.split())[:300]}")
            time.sleep(0.05)
