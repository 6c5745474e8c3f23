"""A real Cyrus IMAP server from unpacked Debian packages, in a temporary folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from imapclient import IMAPClient

from tests.servers.imap_server import (
    PASSWORD,
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

ADMIN = "admin"
REALM = "localhost"

IMAPD_CONF = """\
configdirectory: {root}/conf
proc_path: {root}/run/proc
mboxname_lockpath: {root}/run/lock
defaultpartition: default
partition-default: {root}/spool
cyrus_user: {user}
cyrus_group: {group}
servername: {realm}
admins: {admin}
altnamespace: no
unixhierarchysep: no
allowplaintext: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {root}/sasldb2
sasl_mech_list: PLAIN
tls_server_cert: {root}/good.pem
tls_server_key: {root}/key.pem
tls_session_timeout: 0
idlesocket: {root}/run/idle
skiplist_unsafe: yes
failedloginpause: 0
maxlogins_per_user: 0
"""
CYRUS_CONF = """\
START {{
  recover cmd="{bin}/ctl_cyrusdb -C {root}/imapd.conf -r"
  idled cmd="{bin}/idled -C {root}/imapd.conf"
}}
SERVICES {{
  imap cmd="{bin}/imapd -C {root}/imapd.conf" listen="127.0.0.1:{port}" prefork=0 maxchild=100
  imaps cmd="{bin}/imapd -C {root}/imapd.conf -s" listen="127.0.0.1:{tls_port}" prefork=0 maxchild=100
}}
EVENTS {{
}}
"""
TRAITS = Traits(
    personal="INBOX.",
    refuses=(rb"\0", rb"(?<!\r)\n"),
    alters=((rb"[\x80-\xff](?=[\s\S]*\r\n\r\n)", b"X"),),
    forbids='"\\%',
)


@dataclass(frozen=True)
class Cyrus(ImapServer):
    """A running Cyrus; folders of a user lie below INBOX, as Debian sets it up."""

    root: Path
    tree: Path
    environment: dict[str, str]
    port: int
    tls_port: int
    name: str = "Cyrus"
    traits: Traits = TRAITS

    def add_user(self, user: str) -> None:
        self.set_password(user)
        with IMAPClient(self.host, port=self.port, ssl=False, timeout=10) as client:
            client.login(ADMIN, PASSWORD)
            client.create_folder(f"user.{user}")

    def set_password(self, user: str) -> None:
        """Enters a user with :data:`PASSWORD`."""
        subprocess.run(
            [self.tree / "usr/sbin/saslpasswd2", "-p", "-c", "-f", self.root / "sasldb2", "-u", REALM, user],
            input=PASSWORD.encode(), env=self.environment, check=True, capture_output=True,
        )  # fmt: skip
        identity().own(self.root / "sasldb2")


@contextmanager
def running() -> Iterator[Cyrus]:
    """A server that runs until the block is left; skips the test, saying why, where none can run."""
    tree = unpacked("cyrus")
    root = Path(tempfile.mkdtemp(prefix="cyrus-"))
    try:
        who = identity()
        root.chmod(0o755)
        make_certificate(root)
        folders = [root / name for name in ("conf", "conf/db", "conf/socket", "spool", "run", "run/proc", "run/lock")]
        for folder in folders:
            folder.mkdir()
        server = Cyrus(root, tree, environment(tree), free_port(), free_port())
        places = {
            "root": root, "bin": tree / "usr/lib/cyrus/bin", "port": server.port, "tls_port": server.tls_port,
            "user": who.user, "group": who.group, "realm": REALM, "admin": ADMIN,
        }  # fmt: skip
        (root / "imapd.conf").write_text(IMAPD_CONF.format(**places))
        (root / "cyrus.conf").write_text(CYRUS_CONF.format(**places))
        server.set_password(ADMIN)
        who.own(root, *folders, root / "key.pem")
        command: list[str | Path] = [
            tree / "usr/lib/cyrus/bin/master", "-C", root / "imapd.conf", "-M", root / "cyrus.conf",
            "-p", root / "run/pid", "-D",
        ]  # fmt: skip
        with (root / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=server.environment, start_new_session=True)
        try:
            wait_until(lambda: listens(server.port), process, "Cyrus", [root / "log"])
            yield server
        finally:
            stop(process)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def environment(tree: Path) -> dict[str, str]:
    """What the unpacked programs need to find their libraries and SASL its plug-ins."""
    plugins = [*tree.glob("usr/lib/*/sasl2"), *Path("/usr/lib").glob("*-linux-gnu*/sasl2")]
    return {
        "PATH": os.environ.get("PATH", ""),
        "LD_LIBRARY_PATH": library_path(tree),
        "SASL_PATH": ":".join(map(str, plugins)),
    }
