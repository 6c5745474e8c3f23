"""The program on sample mail: three mailboxes in the process, three customers' records, one login."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from intake import message as messages
from mailtriage.office import Office, open_office
from mailtriage.sample_server import sample_server
from mailtriage.settings import MailboxTable, Settings, WebTable
from tickets.customer.customer_csv import import_csv
from webui.passwords import hash_password

SAMPLES = Path(__file__).parent / "samples"
AUTHSERV = "mx.mailtriage.example"
USER = "demo"
ROLE = "administrator"


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that is running: its office and what to sign in with."""

    office: Office
    user: str
    password: str


@contextmanager
def demo(data_dir: Path, host: str, port: int, poll_seconds: float = 30.0) -> Iterator[Demo]:
    """The sample mailboxes served on loopback, and an office that polls them, while the context lasts.

    The login's password is new at every start and is only ever printed.
    """
    imap_password = secrets.token_urlsafe(16)
    names = sorted(folder.name for folder in SAMPLES.iterdir() if folder.is_dir())
    with sample_server({name: sample_mails(name) for name in names}, imap_password) as imap_port:
        settings = Settings(
            data_dir=data_dir,
            poll_seconds=poll_seconds,
            web=WebTable(host=host, port=port),
            mailboxes=tuple(_mailbox(name, imap_port, imap_password) for name in names),
        )
        office = open_office(settings)
        try:
            for name in names:
                with (SAMPLES / f"{name}-customers.csv").open(encoding="utf-8", newline="") as file:
                    import_csv(office.store, file, office.policies, policy=name, actor=USER)
            password = secrets.token_urlsafe(9)
            sign_in(office, password)
            yield Demo(office, USER, password)
        finally:
            office.close()


def sample_mails(name: str) -> list[bytes]:
    """The raw sample mails of one policy, in order, with the sender's proof that a receiving server adds."""
    return [_vouched(path.read_bytes()) for path in sorted((SAMPLES / name).glob("*.eml"))]


def _vouched(raw: bytes) -> bytes:
    sender = messages.parse(raw).sender
    proof = f"Authentication-Results: {AUTHSERV}; dmarc=pass header.from={sender.domain}\r\n" if sender else ""
    return proof.encode() + b"\r\n".join(raw.splitlines()) + b"\r\n"


def _mailbox(name: str, port: int, password: str) -> MailboxTable:
    return MailboxTable(
        name=name,
        policy=name,
        host="127.0.0.1",
        port=port,
        tls="none",
        username=name,
        password=SecretStr(password),
        own_addresses=(f"{name}-support@mailtriage.example",),
        trusted_authserv=(AUTHSERV,),
    )


def sign_in(office: Office, password: str) -> None:
    """Makes the demo's user, or gives it this start's password."""
    hashed = hash_password(password)
    if office.store.user(USER) is None:
        office.store.add_user(USER, hashed, ROLE, actor=USER)
    else:
        office.store.set_password(USER, hashed, actor=USER)
