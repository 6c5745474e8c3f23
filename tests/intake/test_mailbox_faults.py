"""The IMAP session against a server that does what no real one does on demand."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from intake.cursor import Cursor, Delivery
from intake.imap import fetching, wire
from intake.imap.obstacles import TRIES, Obstacles
from intake.mailbox import (
    Fetched,
    Mailbox,
    MailboxError,
    MailboxRefused,
    MailboxSettings,
    MailboxThrottled,
    MailboxUnavailable,
)
from tests.servers.scripted import HANG_UP, SAID, Answer, Connection, Rule, Scripted, scripted

Mail = Callable[..., bytes]
DONE = b"%t OK done\r\n"


def settings_for(server: Scripted, **more: object) -> MailboxSettings:
    settings = MailboxSettings("support", "127.0.0.1", "ann", "secret", port=server.port, tls="none", timeout_seconds=5)
    return replace(settings, **more)  # type: ignore[arg-type]


def fetch_all(settings: MailboxSettings, obstacles: Obstacles | None = None) -> list[Fetched]:
    with Mailbox(settings, obstacles) as mailbox:
        return [mail for batch, _ in mailbox.fetch_new(None) for mail in batch]


def fetch_and_mark(settings: MailboxSettings) -> None:
    with Mailbox(settings) as mailbox:
        for batch, _ in mailbox.fetch_new(None):
            mailbox.acknowledge([mail.delivery for mail in batch])


def persistent(settings: MailboxSettings, sessions: int) -> list[Fetched]:
    """The mails of as many sessions as it takes, each beginning where the last one broke."""
    obstacles = Obstacles()
    cursor: Cursor | None = None
    fetched: list[Fetched] = []
    for _ in range(sessions):
        try:
            with Mailbox(settings, obstacles) as mailbox:
                for batch, after in mailbox.fetch_new(cursor):
                    fetched += batch
                    cursor = after
                return fetched
        except MailboxUnavailable:
            continue
    raise AssertionError(f"not at the end after {sessions} sessions")


def asks_for(uid: int, item: str, command: str, server: Scripted) -> bool:
    """Whether a command asks for that item of that mail, among others or alone."""
    words = command.split(maxsplit=3)
    return words[:2] == ["UID", "FETCH"] and item in words[3] and uid in server.uids(words[2])


def without(uid: int, answer: bytes, item: str = "BODY.PEEK[]") -> Callable[[Scripted], Rule]:
    """A server that answers so whenever that mail's ``item`` is wanted, and gives all others."""

    def made(server: Scripted) -> Rule:
        return lambda command, connection: answer if asks_for(uid, item, command, server) else None

    return made


@pytest.fixture
def mails(mail: Mail) -> list[bytes]:
    return [mail(f"body {n}", subject=f"number {n}") for n in range(1, 9)]


@pytest.mark.parametrize("answer", [b"%t NO [SERVERBUG] it is broken\r\n", b"%t BAD cannot convert it\r\n", DONE])
def test_a_mail_that_the_server_does_not_give_costs_no_other(mails: list[bytes], answer: bytes) -> None:
    with scripted(mails) as server:
        server.rule = without(5, answer)(server)
        fetched = fetch_all(settings_for(server))
    assert [mail.delivery.uid for mail in fetched] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [mail.raw for mail in fetched if mail.whole] == mails[:4] + mails[5:]
    [held] = [mail for mail in fetched if not mail.whole]
    assert held.raw == mails[4].partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    assert held.fault is not None
    assert "still in the mailbox, unmarked" in held.fault


def test_a_mail_of_which_not_even_the_header_can_be_had_is_told_with_what_is_known(mails: list[bytes]) -> None:
    with scripted(mails) as server:
        server.rule = without(8, b"%t NO broken\r\n", "BODY.PEEK[")(server)
        held = fetch_all(settings_for(server))[-1]
    assert held.raw == b""
    assert held.internal_date is not None
    assert held.fault == "the server does not give it (broken). It is still in the mailbox, unmarked."


def test_a_mail_that_is_refused_whole_is_taken_in_parts(mails: list[bytes]) -> None:
    def rule(command: str, connection: Connection) -> Answer:
        return b"%t NO too much at once\r\n" if command.endswith("(BODY.PEEK[])") else None

    with scripted(mails, rule) as server:
        assert [mail.raw for mail in fetch_all(settings_for(server))] == mails


def test_a_server_that_gives_no_mail_at_all_is_out_of_order_and_none_is_given_up(mails: list[bytes]) -> None:
    def rule(command: str, connection: Connection) -> Answer:
        return b"%t NO [SERVERBUG] disk\r\n" if "BODY.PEEK[]" in command else None

    with scripted(mails, rule) as server:
        for _ in range(TRIES + 1):
            with pytest.raises(MailboxUnavailable, match="gives no mail of folder"):
                fetch_all(settings_for(server))


def test_the_only_mail_of_a_folder_is_given_up_after_some_tries(mail: Mail) -> None:
    with scripted([mail()]) as server:
        server.rule = without(1, b"%t NO broken\r\n")(server)
        [held] = persistent(settings_for(server), TRIES + 1)
    assert held.fault is not None


@pytest.mark.parametrize("code", ["[UNAVAILABLE]", "[INUSE]"])
def test_a_server_that_cannot_just_now_is_no_fault_of_a_mail(mails: list[bytes], code: str) -> None:
    with scripted(mails) as server:
        server.rule = without(5, f"%t NO {code} later\r\n".encode())(server)
        with pytest.raises(MailboxUnavailable, match="just now"):
            fetch_all(settings_for(server))


BREAKS = {
    "hangs up": HANG_UP,
    "half a literal": b"* 5 FETCH (UID 5 BODY[] {5000}\r\nonly this" + HANG_UP,
    "a literal without its end": b"* 5 FETCH (UID 5 BODY[] {10}\r\n0123456789\r\n%t OK done\r\n",
    "garbage": b"\x00\xff\xfe no IMAP at all\r\n",
    "a line without its end": b"* 5 FETCH (UID 5 BODY[] NIL",
    "an immense literal": b"* 5 FETCH (UID 5 BODY[] {99999999999}\r\n",
    "a quoted string without its end": b'* 5 FETCH (UID 5 BODY[] "abc)\r\n%t OK done\r\n',
}


@pytest.mark.parametrize("answer", BREAKS.values(), ids=BREAKS.keys())
def test_a_mail_that_breaks_the_connection_is_left_after_some_tries(mails: list[bytes], answer: bytes) -> None:
    def rule(command: str, connection: Connection) -> Answer:
        if not asks_for(5, "BODY.PEEK[]", command, server):
            return None
        if answer:
            connection.send(answer.replace(b"%t", connection.tags[-1].encode()))
        return None if answer.endswith(b"done\r\n") else HANG_UP

    with scripted(mails) as server:
        server.rule = rule
        fetched = persistent(settings_for(server, batch_size=4), TRIES + 2)
    assert [mail.delivery.uid for mail in fetched] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [mail.raw for mail in fetched if mail.whole] == mails[:4] + mails[5:]
    assert fetched[4].fault == f"the server does not give it (fetching it failed {TRIES} times). It is still in the " \
        "mailbox, unmarked."  # fmt: skip


def test_a_mail_that_breaks_the_connection_by_its_header_too_is_left_in_the_end(mails: list[bytes]) -> None:
    with scripted(mails) as server:
        server.rule = without(5, HANG_UP, "BODY.PEEK[")(server)
        fetched = persistent(settings_for(server), 2 * TRIES + 1)
    assert [mail.delivery.uid for mail in fetched if not mail.whole] == [5]
    assert len(fetched) == 8


def test_a_mail_that_is_too_large_and_breaks_the_connection_is_left_in_the_end(mails: list[bytes]) -> None:
    with scripted(mails) as server:
        server.rule = without(5, HANG_UP, "BODY.PEEK[")(server)
        fetched = persistent(settings_for(server, max_message_bytes=10), 2 * TRIES + 1)
    assert [mail.raw == b"" for mail in fetched] == [uid == 5 for uid in range(1, 9)]
    assert {mail.oversize for mail in fetched} == {len(raw) for raw in mails}


def test_uids_told_in_several_answers_are_all_taken(mails: list[bytes]) -> None:
    def rule(command: str, connection: Connection) -> Answer:
        halves = b"* SEARCH 1 2 3 4\r\n* SEARCH\r\n* SEARCH 5 6 7 8 (MODSEQ 917162500)\r\n"
        return halves + DONE if command.startswith("UID SEARCH") else None

    with scripted(mails, rule) as server:
        assert [mail.raw for mail in fetch_all(settings_for(server))] == mails


def test_a_connection_that_broke_by_chance_costs_no_mail(mails: list[bytes]) -> None:
    broken: list[str] = []

    def rule(command: str, connection: Connection) -> Answer:
        if "BODY.PEEK[]" in command and len(broken) < 2:
            broken.append(command)
            return HANG_UP
        return None

    with scripted(mails, rule) as server:
        fetched = persistent(settings_for(server), 3)
    assert [mail.raw for mail in fetched] == mails


def test_sizes_that_the_server_refuses_for_one_mail_are_asked_of_the_others(mails: list[bytes]) -> None:
    with scripted(mails) as server:
        server.rule = without(3, b"%t NO broken\r\n", "SIZE")(server)
        fetched = fetch_all(settings_for(server))
    assert [mail.raw for mail in fetched] == mails
    assert [mail.internal_date is None for mail in fetched] == [False, False, True] + [False] * 5


def test_a_mail_without_a_size_is_not_taken_for_one_that_is_gone(mails: list[bytes]) -> None:
    with scripted(mails) as server:

        def rule(command: str, connection: Connection) -> Answer:
            if "SIZE" not in command:
                return None
            return b"".join(server.fetched(uid, "SIZE") for uid in (1, 2, 8)) + DONE

        server.rule = rule
        assert [mail.raw for mail in fetch_all(settings_for(server))] == mails


def test_answers_out_of_order_and_of_other_mails_are_put_right(mails: list[bytes]) -> None:
    def rule(command: str, connection: Connection) -> Answer:
        if "BODY.PEEK[]" not in command:
            return None
        bodies = [server.fetched(uid, "BODY.PEEK[]") for uid in (8, 2, 1, 3, 7, 6, 4, 5)]
        unasked = [b"* 3 FETCH (FLAGS (\\Seen))\r\n", b"* 9 EXISTS\r\n", b"* 2 FETCH (UID 99 FLAGS ())\r\n"]
        return b"".join(line for pair in zip(bodies, [*unasked, *[b"* OK still at it\r\n"] * 5], strict=True)
                        for line in pair) + DONE  # fmt: skip

    with scripted(mails) as server:
        server.rule = rule
        fetched = fetch_all(settings_for(server))
    assert [mail.delivery.uid for mail in fetched] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [mail.raw for mail in fetched] == mails


def test_flags_told_of_an_expunged_mail_do_not_bring_it_back(mails: list[bytes]) -> None:
    """The number in an untagged FETCH is a sequence number, and may be the UID of another mail."""
    with scripted(mails) as server:

        def rule(command: str, connection: Connection) -> Answer:
            if "SIZE" in command:
                server.mails = {uid: raw for uid, raw in server.mails.items() if uid != 3}
                return b"* 3 FETCH (FLAGS (\\Deleted))\r\n" + server.well_behaved(command)
            return None

        server.rule = rule
        assert [mail.delivery.uid for mail in fetch_all(settings_for(server))] == [1, 2, 4, 5, 6, 7, 8]


def test_huge_mails_are_fetched_in_parts(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "PART_BYTES", 1000)
    small, exact, huge = mail("small"), mail("x" * (2000 - len(mail(""))), subject=""), mail("y" * 5500)
    exact = exact[:2000].ljust(2000, b"x")
    with scripted([small, exact, huge]) as server:
        assert [each.raw for each in fetch_all(settings_for(server))] == [small, exact, huge]
        assert [command for command in server.commands if "UID FETCH 3 (BODY" in command] == [
            f"UID FETCH 3 (BODY.PEEK[]<{at}.1000>)" for at in range(0, len(huge), 1000)
        ]


def test_a_mail_that_is_longer_than_its_size_said_is_kept_by_its_header(
    mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "PART_BYTES", 1000)
    with scripted([mail("x" * 9000)]) as server:

        def rule(command: str, connection: Connection) -> Answer:
            return b"* 1 FETCH (UID 1 RFC822.SIZE 2500)\r\n" + DONE if "SIZE" in command else None

        server.rule = rule
        [held] = fetch_all(settings_for(server, max_message_bytes=3000))
    assert held.oversize is not None
    assert held.oversize > 3000
    assert held.raw.endswith(b"\r\n\r\n")


def test_a_server_without_parts_gives_the_whole(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "PART_BYTES", 1000)
    huge = mail("x" * 5000)
    with scripted([huge]) as server:

        def rule(command: str, connection: Connection) -> Answer:
            return server.fetched(1, "BODY.PEEK[]") + DONE if "]<" in command else None

        server.rule = rule
        assert [each.raw for each in fetch_all(settings_for(server))] == [huge]


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("NO [THROTTLED] slow down", 0.0),
        ("NO [LIMIT] too many fetches", 0.0),
        ("NO [OVERQUOTA] bandwidth", 0.0),
        ("BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds", 299.961),
    ],
)
def test_throttling_is_told_with_the_wait_that_the_server_suggests(mails: list[bytes], said: str, wait: float) -> None:
    rule: Rule = lambda command, connection: f"%t {said}\r\n".encode() if "BODY" in command else None  # noqa: E731
    obstacles = Obstacles()
    with scripted(mails, rule) as server, pytest.raises(MailboxThrottled, match="left alone") as raised:
        fetch_all(settings_for(server), obstacles)
    assert raised.value.wait == pytest.approx(wait)
    assert not obstacles


@pytest.mark.parametrize("at", ["SELECT", "UID SEARCH", "UID FETCH", "UID STORE"])
def test_a_bye_at_any_command_is_a_broken_connection_with_the_words_of_the_server(mails: list[bytes], at: str) -> None:
    def rule(command: str, connection: Connection) -> Answer:
        return b"* BYE shutting down for the night\r\n" if command.startswith(at) else None

    with scripted(mails, rule) as server, pytest.raises(MailboxUnavailable, match="shutting down for the night"):
        fetch_and_mark(settings_for(server))


def test_a_server_that_refuses_to_mark_says_so_and_the_session_goes_on(mails: list[bytes]) -> None:
    rule: Rule = lambda command, connection: b"%t NO [NOPERM] no\r\n" if "STORE" in command else None  # noqa: E731
    with scripted(mails, rule) as server, Mailbox(settings_for(server)) as mailbox:
        batches = mailbox.fetch_new(None)
        batch, cursor = next(batches)
        with pytest.raises(MailboxRefused, match="lacks the rights"):
            mailbox.acknowledge([mail.delivery for mail in batch])
        assert list(mailbox.fetch_new(cursor)) == []


def test_a_folder_that_can_only_be_read_says_what_to_set() -> None:
    def rule(command: str, connection: Connection) -> Answer:
        return b"* 0 EXISTS\r\n%t OK [READ-ONLY] done\r\n" if command.startswith("SELECT") else None

    with scripted(rule=rule) as server, pytest.raises(MailboxError, match=r'can only be read.*acknowledge = "none"'):
        Mailbox(settings_for(server)).__enter__()


def test_another_uidvalidity_is_noticed_in_the_session_that_is_open(mails: list[bytes]) -> None:
    with scripted(mails) as server, Mailbox(settings_for(server)) as mailbox:
        [(_, cursor)] = mailbox.fetch_new(None)
        server.uidvalidity = 8
        mailbox.refresh()
        [(again, later)] = mailbox.fetch_new(cursor)
    assert len(again) == 8
    assert later.uidvalidity == 8


@pytest.mark.parametrize("flood", [b"* OK more\r\n" * 1000, b"x" * 65536], ids=["lines", "one line"])
def test_a_flood_is_cut(monkeypatch: pytest.MonkeyPatch, flood: bytes) -> None:
    monkeypatch.setattr(wire, "MOST_ANSWER_BYTES", 1_000_000)
    monkeypatch.setattr(wire, "MOST_LINE_BYTES", 500_000)

    def rule(command: str, connection: Connection) -> Answer:
        while command.startswith("SELECT"):
            connection.send(flood)
        return None

    with scripted(rule=rule) as server, pytest.raises(MailboxUnavailable, match=r"more than (1000000|500000) bytes"):
        Mailbox(settings_for(server)).__enter__()


def test_a_server_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LONGEST_ANSWER", 2)
    over = threading.Event()

    def rule(command: str, connection: Connection) -> Answer:
        while command.startswith("SELECT") and not over.wait(0.05):
            connection.send(b"*")
        return None

    with scripted(rule=rule) as server:
        with pytest.raises(MailboxUnavailable, match="did not end within"):
            Mailbox(settings_for(server, timeout_seconds=0.3)).__enter__()
        over.set()


@pytest.mark.parametrize("silent_at", ["LOGIN", "SELECT", "UID SEARCH", "UID FETCH", "NOOP"])
def test_a_server_that_falls_silent_is_given_up_at_every_step(mails: list[bytes], silent_at: str) -> None:
    def rule(command: str, connection: Connection) -> Answer:
        return SAID if command.startswith(silent_at) else None

    with scripted(mails, rule) as server, pytest.raises(MailboxUnavailable, match=r"timed out|hung up"):
        fetch_and_mark(settings_for(server, timeout_seconds=0.2, acknowledge="move"))
    assert "LOGOUT" not in server.commands


def test_a_server_without_starttls_gets_no_password() -> None:
    with scripted(capabilities="IMAP4rev1") as server:
        with pytest.raises(MailboxError, match="does not offer STARTTLS"):
            Mailbox(settings_for(server, tls="starttls")).__enter__()
        assert not any(command.startswith("LOGIN") for command in server.commands)


def test_a_preauth_before_starttls_is_not_taken_for_a_login() -> None:
    with scripted(greeting=b"* PREAUTH come in\r\n", capabilities="IMAP4rev1 STARTTLS") as server:
        with pytest.raises(MailboxError):
            Mailbox(settings_for(server, tls="starttls")).__enter__()
        assert not any(command.startswith("SELECT") for command in server.commands)


def test_the_connection_asks_tcp_whether_the_peer_is_there(mails: list[bytes]) -> None:
    with scripted(mails) as server, Mailbox(settings_for(server)) as mailbox:
        assert mailbox._session.client is not None
        sock = mailbox._session.client.wire.sock
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == wire.KEEPALIVE["TCP_KEEPIDLE"]


def test_deliveries_of_elsewhere_are_not_fetched_again(mails: list[bytes]) -> None:
    with scripted(mails) as server, Mailbox(settings_for(server)) as mailbox:
        here = [Delivery("support", "INBOX", 7, uid) for uid in (2, 5, 77)]
        elsewhere = [Delivery("support", "INBOX", 6, 1), Delivery("support", "Old", 7, 1), Delivery("x", "INBOX", 7, 1)]
        fetched = mailbox.fetch_again([*elsewhere, *here])
    assert [mail.delivery for mail in fetched] == here[:2]
    assert [mail.raw for mail in fetched] == [mails[1], mails[4]]
