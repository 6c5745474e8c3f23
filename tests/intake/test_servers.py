"""What the IMAP session promises, shown on four servers alike: Dovecot, Cyrus, Courier and pymap."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from imapclient.exceptions import IMAPClientError

from intake.cursor import Cursor, Delivery
from intake.mailbox import Fetched, Mailbox, MailboxError, MailboxSettings, MailboxUnavailable
from tests.servers.each import EACH, RUNNING
from tests.servers.imap_server import PASSWORD, ImapServer, Tls

Mail = Callable[..., bytes]
TLS: tuple[Tls, ...] = ("none", "starttls", "implicit")
ODD_MAILS = {
    "NUL in the body": b"From: a@b.example\r\nSubject: odd\r\n\r\nbefore\0after\r\n",
    "bare CR in the body": b"From: a@b.example\r\nSubject: odd\r\n\r\nbefore\rafter\r\n",
    "bare LF in the body": b"From: a@b.example\r\nSubject: odd\r\n\r\nbefore\nafter\r\n",
    "8-bit bytes in the body": b"From: a@b.example\r\nSubject: odd\r\n\r\n" + bytes(range(128, 256)) + b"\r\n",
    "8-bit bytes in the header": b"From: a@b.example\r\nSubject: caf\xe9 \xff\xfe\r\n\r\nbody\r\n",
    "no line end at the end": b"From: a@b.example\r\nSubject: odd\r\n\r\nno end",
    "a header alone": b"From: a@b.example\r\nSubject: odd\r\n\r\n",
    "what looks like a literal": b"From: a@b.example\r\nSubject: {5}\r\n\r\nX {12}\r\n* BYE\r\nA1 OK)\r\n",
}
WAIT_SECONDS = 30.0
"""Far more than any of the servers needs to tell of a new mail."""
TWELVE_MEGABYTES = 12 * 1024 * 1024


@pytest.fixture(scope="module", params=EACH)
def server(request: pytest.FixtureRequest) -> Iterator[ImapServer]:
    """Each of the four servers in turn, running as long as its tests."""
    with RUNNING[request.param]() as running:
        yield running


_USERS = count(1)


@dataclass(frozen=True)
class Box:
    """A user's mailbox on one of the servers, and the settings to read it."""

    server: ImapServer
    user: str
    settings: MailboxSettings

    def deliver(self, *mails: bytes, folder: str = "INBOX", **how: Any) -> None:
        self.server.deliver(self.user, mails, folder=folder, **how)

    def flags(self, folder: str = "INBOX") -> list[set[str]]:
        return [flags for _, flags in sorted(self.server.flags(self.user, folder).items())]


@pytest.fixture
def box(server: ImapServer) -> Box:
    user = f"box{next(_USERS)}"
    server.add_user(user)
    settings = MailboxSettings(
        "support", server.host, user, PASSWORD, port=server.port_of("none"), tls="none", batch_size=3
    )
    return Box(server, user, settings)


def secured(box: Box, tls: Tls) -> MailboxSettings:
    """The settings for one way to connect."""
    ca_file = None if tls == "none" else str(box.server.certificate)
    return replace(box.settings, tls=tls, port=box.server.port_of(tls), ca_file=ca_file)


def fetch_all(settings: MailboxSettings, cursor: Cursor | None = None) -> tuple[list[Fetched], Cursor | None]:
    fetched: list[Fetched] = []
    with Mailbox(settings) as mailbox:
        for batch, after in mailbox.fetch_new(cursor):
            fetched += batch
            cursor = after
    return fetched, cursor


def deliveries(fetched: Sequence[Fetched]) -> list[Delivery]:
    return [each.delivery for each in fetched]


def numbered(mail: Mail, number: int, start: int = 1) -> list[bytes]:
    return [mail(f"body {n}", message_id=f"<{n}@example.com>") for n in range(start, start + number)]


@pytest.mark.parametrize("tls", TLS)
def test_mails_come_in_batches_by_rising_uid_with_their_bytes_over_each_way_to_connect(
    box: Box, mail: Mail, tls: Tls
) -> None:
    if tls not in box.server.traits.tls:
        with pytest.raises(MailboxError, match="STARTTLS"):
            Mailbox(secured(box, tls)).__enter__()
        return
    mails = numbered(mail, 7)
    box.deliver(*mails)
    with Mailbox(secured(box, tls)) as mailbox:
        batches = list(mailbox.fetch_new(None))
    assert [[each.raw for each in batch] for batch, _ in batches] == [mails[:3], mails[3:6], mails[6:]]
    uids = [each.delivery.uid for batch, _ in batches for each in batch]
    assert uids == sorted(set(uids))
    assert [cursor.uid for _, cursor in batches] == [uids[2], uids[5], uids[6]]
    assert all(each.internal_date is not None and each.internal_date.tzinfo for batch, _ in batches for each in batch)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_that_no_given_ca_signed_is_refused(box: Box, tls: Tls) -> None:
    with pytest.raises(MailboxError, match=r"certificate .* is not accepted") as caught:
        Mailbox(replace(secured(box, tls), ca_file=None)).__enter__()
    assert not isinstance(caught.value, MailboxUnavailable)


def test_a_wrong_password_is_said_and_not_tried_again_as_an_outage(box: Box) -> None:
    with pytest.raises(MailboxError, match="refuses user") as caught:
        Mailbox(replace(box.settings, password="another-one")).__enter__()
    assert not isinstance(caught.value, MailboxUnavailable)
    assert "another-one" not in str(caught.value)


def test_an_unknown_folder_is_named_with_those_that_exist(box: Box) -> None:
    folder = box.server.folder("Helpdesk")
    with box.server.session(box.user) as client:
        client.create_folder(folder)
    with pytest.raises(MailboxError, match=f"cannot be opened .*{re.escape(folder)}"):
        Mailbox(replace(box.settings, folder=box.server.folder("Help"))).__enter__()


def test_a_cursor_gives_only_what_came_after_it_and_then_nothing(box: Box, mail: Mail) -> None:
    box.deliver(*numbered(mail, 4))
    _, cursor = fetch_all(box.settings)
    later = numbered(mail, 2, start=5)
    box.deliver(*later)
    fetched, cursor = fetch_all(box.settings, cursor)
    assert [each.raw for each in fetched] == later
    assert fetch_all(box.settings, cursor) == ([], cursor)


def test_an_empty_folder_gives_nothing(box: Box) -> None:
    assert fetch_all(box.settings) == ([], None)


def test_what_arrives_during_a_session_is_seen_by_its_next_fetch(box: Box, mail: Mail) -> None:
    first, second = numbered(mail, 2)
    box.deliver(first)
    with Mailbox(box.settings) as mailbox:
        [(batch, cursor)] = mailbox.fetch_new(None)
        box.deliver(second)
        [(later, _)] = mailbox.fetch_new(cursor)
    assert [each.raw for each in batch + later] == [first, second]


def test_fetching_marks_nothing(box: Box, mail: Mail) -> None:
    box.deliver(*numbered(mail, 2))
    fetch_all(box.settings)
    assert box.flags() == [set(), set()]


def test_read_only_opens_the_folder_so_that_nothing_can_be_marked(box: Box, mail: Mail) -> None:
    box.deliver(*numbered(mail, 2))
    with Mailbox(replace(box.settings, acknowledge="none")) as mailbox:
        [(batch, _)] = mailbox.fetch_new(None)
        mailbox.acknowledge(deliveries(batch))
    assert len(batch) == 2
    assert box.flags() == [set(), set()]


def test_seen_is_set_on_the_acknowledged_mails_alone(box: Box, mail: Mail) -> None:
    box.deliver(*numbered(mail, 3))
    fetched, _ = fetch_all(box.settings)
    with Mailbox(box.settings) as mailbox:
        mailbox.acknowledge(deliveries(fetched[:2]))
    assert box.flags() == [{"\\Seen"}, {"\\Seen"}, set()]


def test_a_keyword_is_set_where_the_server_keeps_keywords_and_refused_at_once_elsewhere(box: Box, mail: Mail) -> None:
    box.deliver(*numbered(mail, 2))
    settings = replace(box.settings, acknowledge="keyword", keyword="$Recorded")
    if not box.server.traits.keywords:
        with pytest.raises(MailboxError, match="keeps no keywords"):
            Mailbox(settings).__enter__()
        return
    with Mailbox(settings) as mailbox:
        [(batch, _)] = mailbox.fetch_new(None)
        mailbox.acknowledge(deliveries(batch[:1]))
    assert box.flags() == [{"$Recorded"}, set()]


def test_moved_mails_land_in_a_folder_that_is_made_for_them(box: Box, mail: Mail) -> None:
    mails = numbered(mail, 5)
    box.deliver(*mails)
    with Mailbox(replace(box.settings, acknowledge="move", move_to="Done")) as mailbox:
        for batch, _ in mailbox.fetch_new(None):
            mailbox.acknowledge(deliveries(batch))
    assert box.flags() == []
    moved, _ = fetch_all(replace(box.settings, folder=box.server.folder("Done")))
    assert sorted(each.raw for each in moved) == sorted(mails)


@pytest.mark.parametrize("how", ["seen", "move"])
def test_mails_that_another_client_expunges_meanwhile_are_passed_over(box: Box, mail: Mail, how: str) -> None:
    box.deliver(*numbered(mail, 6))
    settings = replace(box.settings, acknowledge=how)  # type: ignore[arg-type]
    with Mailbox(settings) as mailbox:
        batches = mailbox.fetch_new(None)
        first, _ = next(batches)
        uids = sorted(box.server.flags(box.user))
        box.server.expunge(box.user, [uids[1], uids[4]])
        mailbox.acknowledge(deliveries(first))
        second, cursor = next(batches)
        mailbox.acknowledge(deliveries(second))
        assert list(batches) == []
    assert [each.delivery.uid for each in second] == [uids[3], uids[5]]
    assert cursor.uid == uids[5]
    assert box.flags() == ([] if how == "move" else [{"\\Seen"}] * 4)


def test_a_mail_that_was_read_already_and_one_with_an_old_date_come_as_well(box: Box, mail: Mail) -> None:
    """What decides is the UID: a person may have read a mail, and one moved in keeps its date."""
    new, read, old = numbered(mail, 3)
    long_ago = datetime(2019, 3, 4, 5, 6, 7, tzinfo=UTC)
    box.deliver(new)
    _, cursor = fetch_all(box.settings)
    box.deliver(read, flags=["\\Seen"])
    box.deliver(old, at=long_ago)
    fetched, _ = fetch_all(box.settings, cursor)
    assert [each.raw for each in fetched] == [read, old]
    assert fetched[1].internal_date is not None
    assert abs(fetched[1].internal_date - long_ago) < timedelta(days=1)


def test_a_mail_moved_in_from_another_folder_comes(box: Box, mail: Mail) -> None:
    first, second = numbered(mail, 2)
    other = box.server.folder("Elsewhere")
    with box.server.session(box.user) as client:
        client.create_folder(other)
    box.deliver(first)
    box.deliver(second, folder=other, at=datetime(2020, 1, 1, tzinfo=UTC))
    _, cursor = fetch_all(box.settings)
    with box.server.session(box.user) as client:
        client.select_folder(other)
        client.copy(client.search("ALL"), "INBOX")
    fetched, _ = fetch_all(box.settings, cursor)
    assert [each.raw for each in fetched] == [second]


def test_a_folder_deleted_and_made_anew_is_read_from_its_beginning_and_old_marks_miss_it(box: Box, mail: Mail) -> None:
    folder = box.server.folder("Support")
    with box.server.session(box.user) as client:
        client.create_folder(folder)
    settings = replace(box.settings, folder=folder)
    box.deliver(*numbered(mail, 3), folder=folder)
    before, cursor = fetch_all(settings)
    box.server.remake(box.user, folder)
    anew = numbered(mail, 2, start=10)
    box.deliver(*anew, folder=folder)
    with Mailbox(settings) as mailbox:
        mailbox.acknowledge(deliveries(before))
    assert box.flags(folder) == [set(), set()]
    fetched, later = fetch_all(settings, cursor)
    assert [each.raw for each in fetched] == anew
    assert cursor is not None
    assert later is not None
    assert later.uidvalidity != cursor.uidvalidity


def test_a_mail_of_twelve_megabytes_comes_whole(box: Box, mail: Mail) -> None:
    line = "x" * 76 + "\r\n"
    large = mail(line * (TWELVE_MEGABYTES // len(line)))
    box.deliver(large, mail("small"))
    fetched, _ = fetch_all(box.settings)
    assert [len(each.raw) for each in fetched] == [len(large), len(mail("small"))]
    assert fetched[0].raw == large


@pytest.mark.parametrize("oddity", ODD_MAILS)
def test_odd_bytes_come_as_the_server_serves_them_and_cost_no_other_mail(box: Box, mail: Mail, oddity: str) -> None:
    raw = ODD_MAILS[oddity]
    traits = box.server.traits
    box.deliver(mail("before"))
    if any(re.search(pattern, raw) for pattern in traits.refuses):
        with pytest.raises(IMAPClientError):
            box.server.place(box.user, raw)
        expected = []
    else:
        box.server.place(box.user, raw)
        expected = [traits.served(raw)]
    box.deliver(mail("after"))
    fetched, _ = fetch_all(box.settings)
    assert [each.raw for each in fetched] == [mail("before"), *expected, mail("after")]


@pytest.mark.parametrize(
    "name", ["Klachten & vragen", "Été", "支援", 'the "urgent" ones', "back\\slash", "50%", "[Mail]", "~home"]
)
def test_a_folder_may_have_any_name_that_the_server_takes(box: Box, mail: Mail, name: str) -> None:
    folder = box.server.folder(name)
    refused = set(name) & set(box.server.traits.forbids)
    with box.server.session(box.user) as client:
        if refused:
            with pytest.raises(IMAPClientError):
                client.create_folder(folder)
            return
        client.create_folder(folder)
    box.deliver(mail(), folder=folder)
    with Mailbox(replace(box.settings, folder=folder)) as mailbox:
        [(batch, cursor)] = mailbox.fetch_new(None)
        mailbox.acknowledge(deliveries(batch))
    assert cursor.folder == folder
    assert box.flags(folder) == [{"\\Seen"}]


def test_a_wait_by_idle_ends_when_a_mail_arrives_and_the_mail_is_there(box: Box, mail: Mail) -> None:
    first, second = numbered(mail, 2)
    box.deliver(first)
    with Mailbox(box.settings) as mailbox:
        [(_, cursor)] = mailbox.fetch_new(None)
        assert mailbox.idles
        later = threading.Timer(0.3, box.deliver, [second])
        later.start()
        try:
            assert mailbox.wait(WAIT_SECONDS, threading.Event())
        finally:
            later.join()
        fetched = [each for batch, _ in mailbox.fetch_new(cursor) for each in batch]
    assert [each.raw for each in fetched] == [second]


def test_a_wait_without_news_ends_in_time_and_the_session_goes_on(box: Box, mail: Mail) -> None:
    with Mailbox(box.settings) as mailbox:
        assert not mailbox.wait(0.3, threading.Event())
        box.deliver(mail())
        assert len(list(mailbox.fetch_new(None))) == 1


def test_mails_are_moved_to_a_folder_with_any_name(box: Box, mail: Mail) -> None:
    box.deliver(mail())
    target = box.server.folder("Erledigt & größer")
    with Mailbox(replace(box.settings, acknowledge="move", move_to=target)) as mailbox:
        [(batch, _)] = mailbox.fetch_new(None)
        mailbox.acknowledge(deliveries(batch))
    assert len(box.flags(target)) == 1
