"""Mailboxes polled for as long as the program runs: real ones, and one that is out of order beside them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import get_args

import pytest
from pydantic import SecretStr

from intake.mailbox import MailboxError
from mailtriage import mailbox_health, polling, second_look
from mailtriage.demo import sample_mails
from mailtriage.mailbox_health import Health, retry_after, retry_after_throttling
from mailtriage.office import Office
from mailtriage.polling import Poller, poll
from mailtriage.settings import MailboxTable
from mailtriage.up import health
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.scripted import HANG_UP, Answer, Connection, scripted, usual
from tickets.rows import Disposition

LIMIT = 30.0


def until(condition: Callable[[], object]) -> None:
    """Returns once ``condition`` holds; fails when it does not in time."""
    ends = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < ends, "it never came to that"
        time.sleep(0.02)


def table(port: int, name: str = "box", **more: object) -> MailboxTable:
    fields = {
        "name": name, "policy": "penelope", "host": "127.0.0.1", "port": port, "tls": "none", "username": name,
        "password": SecretStr(PASSWORD), "timeout_seconds": 5, **more,
    }  # fmt: skip
    return MailboxTable.model_validate(fields)


@contextmanager
def polled(office: Office, *tables: MailboxTable) -> Iterator[list[Poller]]:
    """Pollers that run until the block is left; a poller that does not stop by then fails the test."""
    stop = threading.Event()
    pollers = [Poller(one, office, stop) for mailbox in tables for one in mailbox.each_folder()]
    for poller in pollers:
        poller.start()
    try:
        yield pollers
    finally:
        stop.set()
        for poller in pollers:
            poller.join(LIMIT)
    assert not any(poller.is_alive() for poller in pollers)


def recorded(office: Office) -> int:
    """How many mails are in the store."""
    counts = office.store.counts()
    return sum(counts[disposition] for disposition in get_args(Disposition))


@pytest.fixture
def mail() -> bytes:
    return sample_mails("penelope")[0]


@pytest.mark.dovecot
def test_new_mail_is_taken_when_the_server_tells_of_it_in_the_same_session(
    make_office: Callable[..., Office], dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = make_office(poll_seconds=3600)
    mails = sample_mails("penelope")
    dovecot.seed("idle", mails[:1])
    with polled(office, table(dovecot.port, "idle")) as [poller]:
        until(lambda: poller.health.idle)
        session = poller._rounds._mailbox
        for number in (1, 2):
            with dovecot.session("idle") as client:
                client.append("INBOX", mails[number])
            until(partial(lambda before: recorded(office) > before, number))
        assert poller._rounds._mailbox is session
        assert poller.health.problem is None
        assert poller.health.last_mail is not None
    assert all("\\Seen" in flags for flags in dovecot.flags("idle").values())


def test_a_folder_is_read_now_and_then_whatever_idle_says(
    make_office: Callable[..., Office], mail: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that takes IDLE and never tells anything."""
    monkeypatch.setattr(polling, "FULL_POLL_SECONDS", 0.2)

    def rule(command: str, connection: Connection) -> Answer:
        return connection.tags[-2].encode() + b" OK idled\r\n" if command == "DONE" else None

    office = make_office(poll_seconds=3600)
    with scripted(rule=rule) as server, polled(office, table(server.port)) as [poller]:
        until(lambda: poller.health.idle)
        server.mails = {1: mail}
        until(lambda: recorded(office) == 1)


def test_without_idle_it_is_polled(make_office: Callable[..., Office], mail: bytes) -> None:
    office = make_office(poll_seconds=0.1)
    with scripted(capabilities="IMAP4rev1") as server, polled(office, table(server.port)) as [poller]:
        until(lambda: poller.health.last_poll)
        server.mails = {1: mail}
        until(lambda: recorded(office) == 1)
        assert not poller.health.idle
        assert len(server.connections) == 1


def test_a_server_that_hangs_up_on_idle_is_polled_without_being_hammered(make_office: Callable[..., Office]) -> None:
    office = make_office(poll_seconds=0.3)
    with (
        scripted(rule=lambda command, connection: HANG_UP if command == "IDLE" else None) as server,
        polled(office, table(server.port)) as [poller],
    ):
        until(lambda: len(server.connections) >= 3)
        began = len(server.connections)
        time.sleep(0.6)
        assert len(server.connections) - began <= 3
        assert poller.health.problem is None


def test_a_session_that_the_server_ended_is_opened_again_at_once(
    make_office: Callable[..., Office], mail: bytes
) -> None:
    office = make_office(poll_seconds=0.1)
    with scripted(capabilities="IMAP4rev1") as server, polled(office, table(server.port)) as [poller]:
        until(lambda: poller.health.last_poll)
        server.connections[0].sock.shutdown(socket.SHUT_RDWR)
        server.mails = {1: mail}
        until(lambda: recorded(office) == 1)
        assert poller._failures == 0


@pytest.mark.dovecot
def test_a_server_that_never_answers_delays_no_other(office: Office, dovecot: Dovecot) -> None:
    dovecot.seed("healthy", sample_mails("penelope"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hung = table(silent.getsockname()[1], "hung", timeout_seconds=3)
        with polled(office, hung, table(dovecot.port, "healthy")) as [one, other]:
            until(lambda: recorded(office) >= 10)
            until(lambda: other.health.last_poll)
            assert one.health.last_poll is None


@pytest.mark.dovecot
def test_each_folder_is_polled_by_itself(office: Office, dovecot: Dovecot) -> None:
    mails = sample_mails("penelope")
    dovecot.seed("folders", mails[:2])
    dovecot.seed("folders", mails[2:4], folder="Support")
    box = table(dovecot.port, "folders", folders=["INBOX", "Support", "Gone"])
    with polled(office, box) as pollers:
        until(lambda: recorded(office) == 4)
        until(lambda: pollers[2].health.problem)
        report = health(pollers, {})["mailboxes"]
    assert {name: each["well"] for name, each in report.items()} == {
        "folders": True,
        "folders/Support": True,
        "folders/Gone": False,
    }


@pytest.mark.dovecot
def test_one_poll_takes_the_folders_that_it_can_before_it_fails(office: Office, dovecot: Dovecot) -> None:
    dovecot.seed("partly", sample_mails("penelope")[:2])
    with pytest.raises(MailboxError, match="'Gone' cannot be opened"):
        poll(table(dovecot.port, "partly", folders=["Gone", "INBOX"]), office)
    assert recorded(office) == 2


@pytest.mark.dovecot
def test_one_poll_takes_every_folder_of_a_mailbox(office: Office, dovecot: Dovecot) -> None:
    mails = sample_mails("penelope")
    dovecot.seed("both", mails[:2])
    dovecot.seed("both", mails[2:4], folder="Support")
    assert poll(table(dovecot.port, "both", folders=["INBOX", "Support"]), office).total == 4


def test_a_poller_stops_within_its_retry(office: Office) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = table(unused.getsockname()[1])
    with polled(office, nobody) as [poller]:
        until(lambda: poller.health.problem)
        assert poller.health.retry_at is not None
        assert poller.health.retry_at > datetime.now(UTC) - timedelta(seconds=1)


def test_throttling_is_waited_out_as_long_as_the_server_says(office: Office) -> None:
    said = b"%t NO Request is throttled. Suggested Backoff Time: 600000 milliseconds\r\n"
    with (
        scripted(rule=lambda command, connection: said if command.startswith("SELECT") else None) as server,
        polled(office, table(server.port)) as [poller],
    ):
        until(lambda: poller.health.problem)
        assert "asks to be left alone" in (poller.health.problem or "")
        assert poller.health.retry_at is not None
        assert poller.health.retry_at > datetime.now(UTC) + timedelta(seconds=590)


def test_a_server_that_refuses_to_mark_keeps_no_mail_from_being_recorded(office: Office, mail: bytes) -> None:
    refuse = lambda command, connection: b"%t NO [NOPERM] no\r\n" if "STORE" in command else None  # noqa: E731
    with scripted([mail], refuse) as server:
        report = poll(table(server.port), office)
        assert report.total == 1
        assert report.problem is not None
        assert "refused to mark mails" in report.problem
        server.rule = lambda command, connection: None
        assert poll(table(server.port), office).problem is None
        assert any(command.startswith("UID STORE 1 ") for command in server.commands)
    assert office.store.unacknowledged("box", "INBOX") == []


@pytest.mark.parametrize("batch_size", [100, 1])
def test_a_mail_that_the_server_does_not_give_is_quarantined_and_the_others_are_tickets(
    office: Office, batch_size: int
) -> None:
    def rule(command: str, connection: Connection) -> Answer:
        wanted = command.startswith("UID FETCH") and "BODY.PEEK[]" in command
        return HANG_UP if wanted and 2 in server.uids(command.split()[2]) else None

    with scripted(sample_mails("penelope")[:3]) as server:
        server.rule = rule
        report = poll(table(server.port, batch_size=batch_size), office)
    assert report.recorded == {"ticket": 2, "quarantined": 1}
    assert office.store.cursor("box", "INBOX").uid == 3  # type: ignore[union-attr]
    assert not any("STORE 2" in command or "STORE 1:3" in command for command in server.commands)


def test_retries_wait_longer_each_time_and_never_more_than_five_minutes() -> None:
    waits = [retry_after(failures) for failures in range(1, 40)]
    assert 2.5 <= waits[0] <= 5
    assert max(waits) <= 300
    assert min(waits[10:]) >= 150


def test_a_mail_that_the_server_gives_later_becomes_a_ticket_when_it_is_tried_again(
    make_office: Callable[..., Office],
) -> None:
    with scripted(sample_mails("penelope")[:3]) as server:

        def rule(command: str, connection: Connection) -> Answer:
            wanted = command.startswith("UID FETCH") and "BODY.PEEK[]" in command
            return b"%t NO broken\r\n" if wanted and 2 in server.uids(command.split()[2]) else None

        office = make_office(mailboxes=(table(server.port),))
        server.rule = rule
        poll(office.settings.mailboxes[0], office)
        [held] = office.store.quarantined()
        assert held.step == "fetching"
        with pytest.raises(second_look.CannotLookAgain, match="does not give it"):
            second_look.retry(held.id, office, actor="ann")
        server.rule = usual
        assert second_look.retry(held.id, office, actor="ann").disposition == "ticket"


def test_a_throttled_mailbox_waits_at_least_as_long_as_suggested() -> None:
    assert min(retry_after_throttling(1, 0) for _ in range(50)) >= mailbox_health.FIRST_THROTTLED_SECONDS
    assert min(retry_after_throttling(1, 4000) for _ in range(50)) >= 4000
    assert max(retry_after_throttling(50, 0) for _ in range(50)) <= 1.5 * mailbox_health.LONGEST_THROTTLED_SECONDS


def test_the_lag_is_the_time_since_the_last_good_poll() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert Health().lag(now) is None
    assert Health(now - timedelta(seconds=90), "it is down").lag(now) == 90


def test_a_refused_password_is_tried_seldom(office: Office, dovecot: Dovecot) -> None:
    """Providers lock the account of whoever keeps trying."""
    wrong = table(dovecot.port, "locked", password=SecretStr("not the password"))
    with polled(office, wrong) as [poller]:
        until(lambda: poller.health.retry_at)
        assert "refuses user 'locked'" in (poller.health.problem or "")
        assert poller.health.retry_at is not None
        assert poller.health.retry_at > datetime.now(UTC) + timedelta(seconds=45)


def test_a_monitor_is_told_of_a_mailbox_that_is_not_read_for_a_quarter_of_an_hour() -> None:
    began = datetime(2026, 11, 22, 9, tzinfo=UTC)
    silent = Health(problem="no IMAP server answers")
    assert not silent.is_failing(began + timedelta(minutes=14), began)
    assert silent.is_failing(began + timedelta(minutes=16), began)
    read = Health(last_poll=began + timedelta(minutes=10), problem="no IMAP server answers")
    assert not read.is_failing(began + timedelta(minutes=16), began)
    assert not Health().is_failing(began + timedelta(days=1), began)
