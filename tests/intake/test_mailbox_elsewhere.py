"""The IMAP session against a second server, which runs in the process and so needs nothing installed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from imapclient import IMAPClient

from intake.mailbox import Mailbox, MailboxError, MailboxSettings
from mailtriage.sample_server import sample_server

Mail = Callable[..., bytes]
PASSWORD = "secret-of-the-test"


@pytest.fixture
def settings(mail: Mail) -> Iterator[MailboxSettings]:
    pytest.importorskip("pymap", reason="pymap is not installed (mailtriage[demo])")
    mails = [mail(f"body {n}", subject=str(n)) for n in range(5)]
    with sample_server({"ann": mails}, PASSWORD) as port:
        yield MailboxSettings("support", "127.0.0.1", "ann", PASSWORD, port=port, tls="none", batch_size=2)


@pytest.mark.parametrize("how", ["seen", "move", "none"])
def test_every_mail_is_fetched_once_and_acknowledged(settings: MailboxSettings, how: str) -> None:
    with Mailbox(replace(settings, acknowledge=how)) as mailbox:  # type: ignore[arg-type]
        cursor = None
        bodies = []
        for batch, after in mailbox.fetch_new(None):
            bodies += [each.raw for each in batch]
            mailbox.acknowledge([each.delivery for each in batch])
            cursor = after
        assert [f"body {n}".encode() in raw for n, raw in enumerate(bodies)] == [True] * 5
        assert list(mailbox.fetch_new(cursor)) == []


def test_new_mail_ends_an_idle(settings: MailboxSettings, mail: Mail) -> None:
    with Mailbox(settings) as mailbox, IMAPClient(settings.host, settings.port, ssl=False) as other:
        *_, (_, cursor) = mailbox.fetch_new(None)
        assert mailbox.idles
        other.login(settings.username, settings.password)
        threading.Timer(0.3, other.append, ("INBOX", mail("body 5"))).start()
        assert mailbox.wait(30, threading.Event())
        assert [b"body 5" in each.raw for batch, _ in mailbox.fetch_new(cursor) for each in batch] == [True]


def test_keywords_on_a_server_without_them_are_refused_before_anything_is_fetched(settings: MailboxSettings) -> None:
    with pytest.raises(MailboxError, match="keeps no keywords"):
        Mailbox(replace(settings, acknowledge="keyword")).__enter__()


def test_a_wrong_password_is_refused(settings: MailboxSettings) -> None:
    with pytest.raises(MailboxError, match="refuses user"):
        Mailbox(replace(settings, password="another")).__enter__()
