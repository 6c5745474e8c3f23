"""Waiting for new mail: on a real Dovecot, and on servers that forget to tell."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest

from intake.imap import idling
from intake.mailbox import Mailbox, MailboxRefused, MailboxSettings, MailboxUnavailable
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.scripted import HANG_UP, SAID, Answer, Connection, scripted

Mail = Callable[..., bytes]
LONG = 60.0
"""Longer than any test runs: a wait that is not woken fails the test by its time limit."""
LIMIT = 20.0


@pytest.fixture
def settings(dovecot: Dovecot, user: str) -> MailboxSettings:
    return MailboxSettings("support", dovecot.host, user, PASSWORD, port=dovecot.port, tls="none")


def deliver(dovecot: Dovecot, user: str, raw: bytes) -> None:
    """A mail that comes in while others look on; a file put into a Maildir may be noticed half a minute later."""
    with dovecot.session(user) as client:
        client.append("INBOX", raw)


def in_background(mailbox: Mailbox, stop: threading.Event) -> Future[bool]:
    """A wait that goes on in a thread of its own."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(mailbox.wait, LONG, stop)
    pool.shutdown(wait=False)
    return future


@pytest.mark.dovecot
@pytest.mark.parametrize("tls", ["none", "starttls", "implicit"])
def test_new_mail_ends_the_wait(dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail, tls: str) -> None:
    port = dovecot.tls_port if tls == "implicit" else dovecot.port
    secure = replace(settings, tls=tls, port=port, ca_file=str(dovecot.certificate))  # type: ignore[arg-type]
    with Mailbox(secure) as mailbox:
        assert list(mailbox.fetch_new(None)) == []
        assert mailbox.idles
        told = in_background(mailbox, threading.Event())
        deliver(dovecot, user, mail("news"))
        assert told.result(LIMIT)
        [(batch, cursor)] = mailbox.fetch_new(None)
        assert [b"news" in each.raw for each in batch] == [True]
        again = in_background(mailbox, threading.Event())
        deliver(dovecot, user, mail("more"))
        assert again.result(LIMIT)
        assert [len(batch) for batch, _ in mailbox.fetch_new(cursor)] == [1]


@pytest.mark.dovecot
def test_a_mail_that_another_program_removes_ends_the_wait(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    dovecot.seed(user, [mail(), mail()])
    with Mailbox(settings) as mailbox:
        list(mailbox.fetch_new(None))
        told = in_background(mailbox, threading.Event())
        dovecot.expunge(user, [1])
        assert told.result(LIMIT)


@pytest.mark.dovecot
def test_mail_that_came_before_the_wait_began_is_not_waited_for(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    with Mailbox(settings) as mailbox:
        list(mailbox.fetch_new(None))
        deliver(dovecot, user, mail())
        mailbox._session.noop()
        assert mailbox.wait(LONG, threading.Event())


@pytest.mark.dovecot
@pytest.mark.parametrize("how", ["seen", "move", "keyword"])
def test_marking_what_was_fetched_is_no_news(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail, how: str
) -> None:
    dovecot.seed(user, [mail(), mail()])
    with Mailbox(replace(settings, acknowledge=how)) as mailbox:  # type: ignore[arg-type]
        for batch, _ in mailbox.fetch_new(None):
            mailbox.acknowledge([each.delivery for each in batch])
        assert not mailbox.wait(0.5, threading.Event())


@pytest.mark.dovecot
def test_the_wait_ends_when_the_program_stops_and_the_session_is_still_good(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    with Mailbox(settings) as mailbox:
        stop = threading.Event()
        told = in_background(mailbox, stop)
        threading.Timer(0.3, stop.set).start()
        assert not told.result(LIMIT)
        deliver(dovecot, user, mail())
        assert len(list(mailbox.fetch_new(None))) == 1


def settings_for(port: int, **more: object) -> MailboxSettings:
    settings = MailboxSettings("support", "127.0.0.1", "ann", "secret", port=port, tls="none", timeout_seconds=5)
    return replace(settings, **more)  # type: ignore[arg-type]


def wait_on(settings: MailboxSettings) -> None:
    with Mailbox(settings) as mailbox:
        mailbox.wait(LONG, threading.Event())


def test_an_idle_is_renewed_and_followed_by_a_question_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idling, "RENEWAL_SECONDS", 0.1)

    def rule(command: str, connection: Connection) -> Answer:
        return connection.tags[-2].encode() + b" OK idled\r\n" if command == "DONE" else None

    with scripted(rule=rule) as server, Mailbox(settings_for(server.port)) as mailbox:
        assert not mailbox.wait(0.35, threading.Event())
        said = [command for command in server.commands if command in ("IDLE", "DONE", "NOOP")]
    assert said[:6] == ["IDLE", "DONE", "NOOP", "IDLE", "DONE", "NOOP"]
    assert len(said) % 3 == 0


@pytest.mark.parametrize("silent_at", ["IDLE", "DONE", "NOOP"])
def test_a_connection_that_died_silently_is_noticed(monkeypatch: pytest.MonkeyPatch, silent_at: str) -> None:
    """What hangs other programs for ever: nothing comes any more, and nothing says so."""
    monkeypatch.setattr(idling, "RENEWAL_SECONDS", 0.1)

    def rule(command: str, connection: Connection) -> Answer:
        if command == silent_at:
            return SAID
        return connection.tags[-2].encode() + b" OK idled\r\n" if command == "DONE" else None

    with scripted(rule=rule) as server, pytest.raises(MailboxUnavailable, match="timed out"):
        wait_on(settings_for(server.port, timeout_seconds=0.3))


@pytest.mark.parametrize("words", [HANG_UP, b"+ idling\r\n* BYE Idle for too long\r\n"], ids=["cut", "BYE"])
def test_a_server_that_ends_the_connection_ends_the_wait(words: bytes) -> None:
    def rule(command: str, connection: Connection) -> Answer:
        if command == "IDLE" and words:
            connection.send(words)
        return HANG_UP if command == "IDLE" else None

    with scripted(rule=rule) as server, pytest.raises(MailboxUnavailable, match=r"EOF|Idle for too long"):
        wait_on(settings_for(server.port))


def test_chatter_does_not_end_the_wait_and_half_a_line_is_not_lost() -> None:
    def rule(command: str, connection: Connection) -> Answer:
        if command == "IDLE":
            connection.send(b"+ idling\r\n* OK Still here\r\n* 1 FETCH (FLAGS (\\Seen))\r\n* 2 EXI")
            threading.Timer(0.2, connection.send, [b"STS\r\n"]).start()
            return SAID
        return connection.tags[-2].encode() + b" OK idled\r\n" if command == "DONE" else None

    with scripted(rule=rule) as server, Mailbox(settings_for(server.port)) as mailbox:
        assert mailbox.wait(LONG, threading.Event())


def test_a_server_that_refuses_to_idle_says_so() -> None:
    def rule(command: str, connection: Connection) -> Answer:
        return b"%t NO not now\r\n" if command == "IDLE" else None

    with scripted(rule=rule) as server, Mailbox(settings_for(server.port)) as mailbox:
        with pytest.raises(MailboxRefused, match="not now"):
            mailbox.wait(LONG, threading.Event())
        assert list(mailbox.fetch_new(None)) == []


def test_idle_is_used_only_where_it_is_offered_and_wanted() -> None:
    with scripted(capabilities="IMAP4rev1") as server, Mailbox(settings_for(server.port)) as mailbox:
        assert not mailbox.idles
    with scripted() as server:
        with Mailbox(settings_for(server.port)) as mailbox:
            assert mailbox.idles
        with Mailbox(settings_for(server.port, idle=False)) as mailbox:
            assert not mailbox.idles
