"""The IMAP session against a real Dovecot."""

from __future__ import annotations

import socket
import subprocess
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from intake.cursor import Cursor, Delivery
from intake.mailbox import Fetched, Mailbox, MailboxError, MailboxSettings, MailboxUnavailable
from tests.servers.dovecot import EXPIRED_HOST, PASSWORD, Dovecot

pytestmark = pytest.mark.dovecot

Mail = Callable[..., bytes]


@pytest.fixture
def settings(dovecot: Dovecot, user: str) -> MailboxSettings:
    return MailboxSettings("support", dovecot.host, user, PASSWORD, port=dovecot.port, tls="none", batch_size=3)


def numbered(mail: Mail, count: int, start: int = 1) -> list[bytes]:
    return [mail(f"body {n}", message_id=f"<{n}@example.com>") for n in range(start, start + count)]


def fetch_all(settings: MailboxSettings, cursor: Cursor | None = None) -> tuple[list[Fetched], Cursor | None]:
    fetched: list[Fetched] = []
    with Mailbox(settings) as mailbox:
        for batch, after in mailbox.fetch_new(cursor):
            fetched += batch
            cursor = after
    return fetched, cursor


def deliveries(fetched: Sequence[Fetched]) -> list[Delivery]:
    return [each.delivery for each in fetched]


def test_batches_come_by_rising_uid_with_the_bytes_as_they_were(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    mails = numbered(mail, 7)
    dovecot.seed(user, mails)
    with Mailbox(settings) as mailbox:
        batches = list(mailbox.fetch_new(None))
    assert [[each.raw for each in batch] for batch, _ in batches] == [mails[:3], mails[3:6], mails[6:]]
    assert [cursor.uid for _, cursor in batches] == [3, 6, 7]
    assert all(each.internal_date is not None and each.internal_date.tzinfo for batch, _ in batches for each in batch)


def test_fetching_marks_nothing(dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail) -> None:
    dovecot.seed(user, numbered(mail, 2))
    fetch_all(settings)
    assert dovecot.flags(user) == {1: set(), 2: set()}


def test_a_cursor_gives_only_what_came_after_it(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    dovecot.seed(user, numbered(mail, 4))
    _, cursor = fetch_all(settings)
    dovecot.seed(user, numbered(mail, 2, start=5))
    fetched, cursor = fetch_all(settings, cursor)
    assert [each.delivery.uid for each in fetched] == [5, 6]
    assert cursor is not None
    assert cursor.uid == 6


def test_nothing_new_gives_nothing_although_the_range_names_the_last_mail_again(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    """RFC 9051: ``n:*`` includes the last mail even when its UID is below ``n``."""
    dovecot.seed(user, numbered(mail, 2))
    _, cursor = fetch_all(settings)
    assert fetch_all(settings, cursor) == ([], cursor)


def test_an_empty_folder_gives_nothing(settings: MailboxSettings) -> None:
    assert fetch_all(settings) == ([], None)


def test_mails_that_arrive_during_a_session_are_seen_by_the_next_fetch(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    dovecot.seed(user, numbered(mail, 1))
    with Mailbox(settings) as mailbox:
        [(_, cursor)] = mailbox.fetch_new(None)
        dovecot.seed(user, numbered(mail, 1, start=2))
        [(batch, cursor)] = mailbox.fetch_new(cursor)
        assert [each.delivery.uid for each in batch] == [2]
        assert list(mailbox.fetch_new(cursor)) == []


def test_another_uidvalidity_makes_the_whole_folder_be_read_again(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    dovecot.seed(user, numbered(mail, 3))
    _, cursor = fetch_all(settings)
    assert cursor is not None
    dovecot.set_uidvalidity(user, cursor.uidvalidity + 7)
    fetched, later = fetch_all(settings, cursor)
    assert len(fetched) == 3
    assert later is not None
    assert later.uidvalidity == cursor.uidvalidity + 7


def test_a_mail_expunged_between_search_and_fetch_is_passed_over(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    dovecot.seed(user, numbered(mail, 6))
    with Mailbox(settings) as mailbox:
        batches = mailbox.fetch_new(None)
        first, _ = next(batches)
        dovecot.expunge(user, [5])
        second, cursor = next(batches)
    assert [each.delivery.uid for each in first + second] == [1, 2, 3, 4, 6]
    assert cursor.uid == 6


def test_of_a_mail_over_the_limit_only_the_header_is_fetched(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    large = mail("x" * 20_000, subject="large")
    dovecot.seed(user, [mail(subject="small"), large])
    fetched, _ = fetch_all(replace(settings, max_message_bytes=10_000))
    assert [each.oversize for each in fetched] == [None, len(large)]
    assert b"Subject: large" in fetched[1].raw
    assert len(fetched[1].raw) < 1000


def test_seen_is_set_on_the_recorded_mails_alone(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    dovecot.seed(user, numbered(mail, 3))
    fetched, _ = fetch_all(settings)
    with Mailbox(settings) as mailbox:
        mailbox.acknowledge(deliveries(fetched[:2]))
    assert dovecot.flags(user) == {1: {"\\Seen"}, 2: {"\\Seen"}, 3: set()}


def test_a_keyword_is_set_and_nothing_else(dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail) -> None:
    dovecot.seed(user, numbered(mail, 1))
    fetched, _ = fetch_all(settings)
    with Mailbox(replace(settings, acknowledge="keyword")) as mailbox:
        mailbox.acknowledge(deliveries(fetched))
    assert dovecot.flags(user) == {1: {settings.keyword}}


@pytest.mark.parametrize("with_move", [True, False], ids=["MOVE", "COPY and UID EXPUNGE"])
def test_moved_mails_land_in_a_folder_that_is_made_for_them(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail, with_move: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    dovecot.seed(user, numbered(mail, 3))
    with Mailbox(replace(settings, acknowledge="move", move_to="Done")) as mailbox:
        fetched = [each for batch, _ in mailbox.fetch_new(None) for each in batch]
        client = mailbox._session.client
        assert client is not None
        has = client.has_capability
        monkeypatch.setattr(client, "has_capability", lambda name: has(name) and (with_move or name != "MOVE"))
        mailbox.acknowledge(deliveries(fetched[:2]))
    assert set(dovecot.flags(user)) == {3}
    assert len(dovecot.flags(user, "Done")) == 2


def test_moving_leaves_what_another_program_marked_as_deleted(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without MOVE, a plain EXPUNGE would take the other mail along."""
    dovecot.seed(user, numbered(mail, 2))
    with dovecot.session(user) as other:
        other.select_folder("INBOX")
        other.delete_messages([2])
    with Mailbox(replace(settings, acknowledge="move")) as mailbox:
        fetched = [each for batch, _ in mailbox.fetch_new(None) for each in batch]
        client = mailbox._session.client
        assert client is not None
        has = client.has_capability
        monkeypatch.setattr(client, "has_capability", lambda name: has(name) and name != "MOVE")
        mailbox.acknowledge(deliveries(fetched[:1]))
    assert dovecot.flags(user) == {2: {"\\Deleted"}}


def test_acknowledging_in_the_middle_of_a_fetch_loses_nothing(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    dovecot.seed(user, numbered(mail, 8))
    seen = []
    with Mailbox(replace(settings, acknowledge="move")) as mailbox:
        for batch, _ in mailbox.fetch_new(None):
            seen += [each.delivery.uid for each in batch]
            mailbox.acknowledge(deliveries(batch))
    assert seen == [1, 2, 3, 4, 5, 6, 7, 8]
    assert dovecot.flags(user) == {}
    assert len(dovecot.flags(user, "Processed")) == 8


@pytest.mark.parametrize("how", ["seen", "move", "keyword"])
def test_mails_that_are_gone_meanwhile_are_passed_over(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail, how: str
) -> None:
    dovecot.seed(user, numbered(mail, 2))
    with Mailbox(replace(settings, acknowledge=how)) as mailbox:  # type: ignore[arg-type]
        fetched = [each for batch, _ in mailbox.fetch_new(None) for each in batch]
        dovecot.expunge(user, [1])
        mailbox.acknowledge(deliveries(fetched))
        mailbox.acknowledge(deliveries(fetched))


def test_deliveries_of_another_uidvalidity_are_never_marked(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    """The same UID may be another mail there."""
    dovecot.seed(user, numbered(mail, 1))
    fetched, _ = fetch_all(settings)
    stale = replace(fetched[0].delivery, uidvalidity=fetched[0].delivery.uidvalidity + 1)
    with Mailbox(settings) as mailbox:
        mailbox.acknowledge([stale])
    assert dovecot.flags(user) == {1: set()}


def test_acknowledge_none_opens_the_folder_read_only(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    dovecot.seed(user, numbered(mail, 1))
    with Mailbox(replace(settings, acknowledge="none")) as mailbox:
        [(batch, _)] = mailbox.fetch_new(None)
        mailbox.acknowledge(deliveries(batch))
        client = mailbox._session.client
        assert client is not None
        assert b"READ-WRITE" not in client._process_select_response(client._imap.untagged_responses)
    assert dovecot.flags(user) == {1: set()}


@pytest.mark.parametrize("folder", ["Support/Été", "& more"])
def test_a_folder_name_may_hold_any_character(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail, folder: str
) -> None:
    folder = folder.replace("/", ".")
    with dovecot.session(user) as client:
        client.create_folder(folder)
        client.append(folder, mail())
    fetched, _ = fetch_all(replace(settings, folder=folder))
    assert len(fetched) == 1


def test_tls_with_the_ca_given_works_and_binary_bodies_come_whole(
    dovecot: Dovecot, user: str, settings: MailboxSettings
) -> None:
    raw = b"Subject: binary\r\n\r\n" + bytes(range(1, 256)).replace(b"\n", b"").replace(b"\r", b"") * 50 + b"\r\n"
    dovecot.seed(user, [raw])
    secure = replace(settings, tls="implicit", port=dovecot.tls_port, ca_file=str(dovecot.certificate))
    fetched, _ = fetch_all(secure)
    assert [each.raw for each in fetched] == [raw]


def test_starttls_with_the_ca_given_works(dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail) -> None:
    dovecot.seed(user, numbered(mail, 1))
    fetched, _ = fetch_all(replace(settings, tls="starttls", ca_file=str(dovecot.certificate)))
    assert len(fetched) == 1


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_an_untrusted_certificate_is_refused(dovecot: Dovecot, settings: MailboxSettings, tls: str) -> None:
    port = dovecot.tls_port if tls == "implicit" else dovecot.port
    with pytest.raises(MailboxError, match=r"certificate .* is not accepted .*ca_file") as caught:
        Mailbox(replace(settings, tls=tls, port=port)).__enter__()  # type: ignore[arg-type]
    assert not isinstance(caught.value, MailboxUnavailable)


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_an_expired_certificate_is_refused_and_called_so(dovecot: Dovecot, settings: MailboxSettings, tls: str) -> None:
    port = dovecot.tls_port if tls == "implicit" else dovecot.port
    expired = replace(settings, host=EXPIRED_HOST, tls=tls, port=port, ca_file=str(dovecot.expired_certificate))  # type: ignore[arg-type]
    with pytest.raises(MailboxError, match="certificate has expired"):
        Mailbox(expired).__enter__()


def test_tls_to_a_port_without_it_says_what_to_check(settings: MailboxSettings) -> None:
    with pytest.raises(MailboxError, match="Check port and tls"):
        Mailbox(replace(settings, tls="implicit")).__enter__()


def test_a_ca_file_that_is_none_is_named(settings: MailboxSettings, tmp_path: Path) -> None:
    wrong = tmp_path / "ca.pem"
    wrong.write_text("no certificate")
    with pytest.raises(MailboxError, match=r"ca_file '.*ca\.pem' cannot be used"):
        Mailbox(replace(settings, tls="implicit", ca_file=str(wrong))).__enter__()


def test_a_wrong_password_is_said_without_the_password(settings: MailboxSettings) -> None:
    wrong = replace(settings, password="not-the-right-one")
    with pytest.raises(MailboxError, match=r"refuses user .* Check user name and password") as caught:
        Mailbox(wrong).__enter__()
    assert not isinstance(caught.value, MailboxUnavailable)
    assert "not-the-right-one" not in "".join(traceback.format_exception(caught.value))
    assert "not-the-right-one" not in repr(wrong)


def test_a_password_outside_ascii_can_be_used(settings: MailboxSettings) -> None:
    with pytest.raises(MailboxError, match="refuses user"):
        Mailbox(replace(settings, password="wachtwöord")).__enter__()


def test_a_missing_folder_is_named_with_those_that_exist(
    dovecot: Dovecot, user: str, settings: MailboxSettings
) -> None:
    with dovecot.session(user) as client:
        client.create_folder("Helpdesk")
    with pytest.raises(MailboxError, match=r"folder 'Help' cannot be opened .* There are: Helpdesk, INBOX"):
        Mailbox(replace(settings, folder="Help")).__enter__()


def test_a_server_that_does_not_answer_is_unavailable(settings: MailboxSettings) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(MailboxUnavailable, match="no IMAP server answers at"):
        Mailbox(replace(settings, port=port)).__enter__()


def test_a_server_that_says_nothing_is_given_up_after_the_timeout(settings: MailboxSettings) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(MailboxUnavailable, match="timed out"):
            Mailbox(replace(settings, port=silent.getsockname()[1], timeout_seconds=0.2)).__enter__()


def test_a_server_that_hangs_up_is_unavailable(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    dovecot.seed(user, numbered(mail, 1))
    with Mailbox(settings) as mailbox:
        client = mailbox._session.client
        assert client is not None
        client.socket().shutdown(socket.SHUT_RDWR)
        with pytest.raises(MailboxUnavailable, match=r"connection to .* broke"):
            list(mailbox.fetch_new(None))


def test_plaintext_to_another_host_is_refused_before_anything_is_sent(settings: MailboxSettings) -> None:
    with pytest.raises(MailboxError, match="without TLS the password would cross the network"):
        Mailbox(replace(settings, host="mail.example.com")).__enter__()


@contextmanager
def relay(port: int, change: Callable[[bytes], bytes]) -> Iterator[int]:
    """Somebody on the way to the server on ``port``, who changes what it says; gives the port to connect to."""

    def pump(source: socket.socket, sink: socket.socket, changed: Callable[[bytes], bytes]) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(changed(data))

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            near, _ = listener.accept()
            with near, socket.create_connection(("127.0.0.1", port)) as far:
                threading.Thread(target=pump, args=(near, far, bytes), daemon=True).start()
                pump(far, near, change)

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def test_what_is_said_before_starttls_is_not_believed(dovecot: Dovecot, settings: MailboxSettings) -> None:
    """Somebody on the way can put answers behind the OK, to be read as if they came encrypted."""

    def inject(data: bytes) -> bytes:
        return data + b"* CAPABILITY IMAP4rev1 INJECTED\r\n" if b"Begin TLS" in data else data

    with relay(dovecot.port, inject) as port:
        secure = replace(settings, port=port, tls="starttls", ca_file=str(dovecot.certificate))
        with Mailbox(secure) as mailbox:
            assert mailbox._session.client is not None
            assert not mailbox._session.client.has_capability("INJECTED")


@pytest.mark.parametrize("folder", ["INBOX", "Backlog"])
def test_the_history_of_a_folder_is_read_without_changing_anything(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail, folder: str
) -> None:
    dovecot.seed(user, numbered(mail, 4), folder=folder)
    before = state(dovecot, user, folder)
    with Mailbox(replace(settings, folder=folder, acknowledge="none")) as mailbox:
        batches = list(mailbox.history(None))
        _, halfway = batches[0]
        rest = [each.delivery.uid for batch, _ in mailbox.history(halfway) for each in batch]
    assert [each.delivery.uid for batch, _ in batches for each in batch] == [1, 2, 3, 4]
    assert rest == [4]
    assert state(dovecot, user, folder) == before


def test_the_history_can_be_read_in_a_session_that_marks_mails(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    dovecot.seed(user, numbered(mail, 4))
    with Mailbox(settings) as mailbox:
        assert sum(len(batch) for batch, _ in mailbox.history(None)) == 4
        client = mailbox._session.client
        assert client is not None
        assert b"READ-WRITE" not in client._process_select_response(client._imap.untagged_responses)
    assert dovecot.flags(user) == {uid: set() for uid in (1, 2, 3, 4)}


def test_the_history_since_a_day_leaves_out_what_arrived_before(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    days = [datetime(2026, 1, day, 12, tzinfo=UTC) for day in (1, 10, 20)]
    with dovecot.session(user) as client:
        for number, day in enumerate(days):
            client.append("INBOX", mail(f"body {number}"), msg_time=day)
    with Mailbox(settings) as mailbox:
        fetched = [each for batch, _ in mailbox.history(None, date(2026, 1, 10)) for each in batch]
    assert [each.internal_date for each in fetched] == days[1:]


def test_reading_only_changes_nothing_at_all(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    """Neither \\Seen nor \\Recent: another program sees the mails as new as they were."""
    with dovecot.session(user) as client:
        for raw in numbered(mail, 3):
            client.append("INBOX", raw)
    before = state(dovecot, user)
    with Mailbox(replace(settings, acknowledge="none")) as mailbox:
        for batch, _ in mailbox.fetch_new(None):
            mailbox.acknowledge(deliveries(batch))
        mailbox.fetch_again([Delivery("support", "INBOX", mailbox._session.uidvalidity, 1)])
    assert state(dovecot, user) == before
    assert before[b"RECENT"] == 3


def state(dovecot: Dovecot, user: str, folder: str = "INBOX") -> dict[bytes, object]:
    """All that says whether a folder was changed."""
    with dovecot.session(user) as client:
        what = ["MESSAGES", "RECENT", "UNSEEN", "UIDNEXT", "UIDVALIDITY", "HIGHESTMODSEQ"]
        return dict(client.folder_status(folder, what))


def test_mails_that_a_person_has_read_are_taken_all_the_same(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    dovecot.seed(user, numbered(mail, 2), flags="S")
    fetched, _ = fetch_all(settings)
    assert len(fetched) == 2


def test_a_mail_moved_in_with_an_old_date_is_taken(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    dovecot.seed(user, numbered(mail, 2))
    _, cursor = fetch_all(settings)
    with dovecot.session(user) as client:
        client.create_folder("Trash")
        client.append("Trash", mail("an old one"), msg_time=datetime(2001, 1, 1, tzinfo=UTC))
        client.select_folder("Trash")
        client.move([1], "INBOX")
    fetched, _ = fetch_all(settings, cursor)
    assert [each.internal_date for each in fetched] == [datetime(2001, 1, 1, tzinfo=UTC)]


def test_a_mailbox_recreated_under_an_open_session_is_read_anew(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    dovecot.seed(user, numbered(mail, 2), folder="Support")
    with Mailbox(replace(settings, folder="Support")) as mailbox:
        [(_, cursor)] = mailbox.fetch_new(None)
        with dovecot.session(user) as client:
            client.delete_folder("Support")
            client.create_folder("Support")
            client.append("Support", mail("after"))
        with suppress(MailboxUnavailable):  # the server may end the session of a folder that is gone
            mailbox.refresh()
    with Mailbox(replace(settings, folder="Support")) as mailbox:
        [(batch, after)] = mailbox.fetch_new(cursor)
    assert [b"after" in each.raw for each in batch] == [True]
    assert after.uidvalidity != cursor.uidvalidity


def test_a_mail_too_large_is_fetched_again_once_the_limit_is_raised(
    dovecot: Dovecot, user: str, settings: MailboxSettings, mail: Mail
) -> None:
    large = mail("x" * 20_000)
    dovecot.seed(user, [large])
    [held] = fetch_all(replace(settings, max_message_bytes=10_000))[0]
    assert not held.whole
    with Mailbox(settings) as mailbox:
        [again] = mailbox.fetch_again([held.delivery])
        dovecot.expunge(user, [1])
        assert mailbox.fetch_again([held.delivery]) == []
    assert again.raw == large


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_the_certificate_pinned_is_not_that_of_another_server(
    dovecot: Dovecot, settings: MailboxSettings, tmp_path: Path, tls: str
) -> None:
    """A self-signed certificate in ca_file is trusted itself; one that another key signed is not."""
    other = tmp_path / "other.pem"
    other.write_bytes(another_certificate(tmp_path))
    port = dovecot.tls_port if tls == "implicit" else dovecot.port
    with pytest.raises(MailboxError, match=r"certificate .* is not accepted"):
        Mailbox(replace(settings, tls=tls, port=port, ca_file=str(other))).__enter__()  # type: ignore[arg-type]


def another_certificate(folder: Path) -> bytes:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
         "other.key", "-out", "made.pem", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return (folder / "made.pem").read_bytes()


def test_a_mailbox_that_is_not_open_says_so(settings: MailboxSettings) -> None:
    with pytest.raises(MailboxError, match="is not open"):
        list(Mailbox(settings).fetch_new(None))
