"""Whose certificate is taken: of a private CA, or one pinned by itself."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest

from intake.mailbox import Mailbox, MailboxError, MailboxSettings
from tests.servers.scripted import scripted

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1"


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """A folder with ``ca.pem``, ``signed.pem`` (by that CA), ``own.pem`` (self-signed, no CA) and their keys."""
    openssl(tmp_path, "req", "-x509", *KEY, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=A private CA")
    openssl(tmp_path, "req", *KEY, "-keyout", "signed.key", "-out", "request.pem", "-subj", "/CN=localhost")
    (tmp_path / "names").write_text(NAMES + "\n")
    openssl(
        tmp_path, "x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
        "-extfile", "names", "-out", "signed.pem",
    )  # fmt: skip
    openssl(
        tmp_path, "req", "-x509", *KEY, "-keyout", "own.key", "-out", "own.pem", "-subj", "/CN=localhost",
        "-addext", NAMES, "-addext", "basicConstraints=critical,CA:FALSE",
    )  # fmt: skip
    return tmp_path


@pytest.mark.parametrize(
    ("shown", "trusted", "accepted"),
    [
        ("signed", "ca", True),
        ("signed", "signed", True),
        ("own", "own", True),
        ("own", "ca", False),
        ("signed", "own", False),
        ("own", None, False),
    ],
)
def test_only_what_ca_file_names_is_trusted(
    certificates: Path, shown: str, trusted: str | None, accepted: bool
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / f"{shown}.pem", certificates / f"{shown}.key")
    with scripted(tls=context) as server:
        settings = MailboxSettings(
            "support", "127.0.0.1", "ann", "secret", port=server.port,
            ca_file=str(certificates / f"{trusted}.pem") if trusted else None,
        )  # fmt: skip
        if accepted:
            with Mailbox(settings) as mailbox:
                assert list(mailbox.fetch_new(None)) == []
        else:
            with pytest.raises(MailboxError, match=r"certificate .* is not accepted"):
                Mailbox(settings).__enter__()
            assert server.commands == []


def test_a_certificate_for_another_host_is_refused_though_its_ca_is_trusted(certificates: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "ca.pem", certificates / "ca.key")
    with scripted(tls=context) as server:
        settings = MailboxSettings(
            "support", "127.0.0.1", "ann", "secret", port=server.port, ca_file=str(certificates / "ca.pem")
        )
        with pytest.raises(MailboxError, match="the host name it was made for"):
            Mailbox(settings).__enter__()
