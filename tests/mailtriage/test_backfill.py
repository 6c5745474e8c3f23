"""A folder's history comes in once, marks nothing, and goes on where it was interrupted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from zlib import crc32

import pytest

from mailtriage.backfill import import_history
from mailtriage.cli import main
from mailtriage.office import Office
from mailtriage.polling import poll
from mailtriage.settings import MailboxTable
from tests.servers.dovecot import PASSWORD, Dovecot

pytestmark = pytest.mark.dovecot
MAILS = [
    f"From: a{n}@kittiwake.example\r\nSubject: old question {n}\r\nMessage-ID: <{n}@kittiwake.example>\r\n"
    f"Date: Mon, 2 Mar 2026 09:00:00 +0000\r\n\r\nWhere is report {n}?\r\n".encode()
    for n in range(5)
]


@pytest.fixture
def table(dovecot: Dovecot, request: pytest.FixtureRequest) -> MailboxTable:
    user = f"past{crc32(request.node.name.encode())}"
    dovecot.seed(user, MAILS)
    return MailboxTable(
        name="team",
        policy="penelope",
        host=dovecot.host,
        port=dovecot.port,
        username=user,
        password=PASSWORD,
        tls="none",
        batch_size=2,
    )


def test_history_is_recorded_and_the_folder_left_as_it_is(
    table: MailboxTable, office: Office, dovecot: Dovecot
) -> None:
    report = import_history(table, office)
    assert (report.total, report.known) == (5, 0)
    assert dovecot.flags(table.username) == {uid: set() for uid in range(1, 6)}
    again = import_history(table, office)
    assert (again.total, again.known) == (0, 0)


@pytest.mark.parametrize("first", ["poll", "import"])
def test_overlap_with_polling_makes_no_duplicates(
    table: MailboxTable, office: Office, dovecot: Dovecot, first: str
) -> None:
    steps: list[Callable[[], object]] = [lambda: poll(table, office), lambda: import_history(table, office)]
    for step in steps if first == "poll" else reversed(steps):
        step()
    assert sum(office.store.counts().values()) >= 5
    assert [office.store.message(number) is not None for number in range(1, 7)] == [True] * 5 + [False]
    # Polling marks what it has seen, whoever recorded it.
    assert all("\\Seen" in flags for flags in dovecot.flags(table.username).values())


def test_an_interrupted_import_goes_on_after_what_is_recorded(table: MailboxTable, office: Office) -> None:
    def interrupted(recorded: int, there: int) -> None:
        assert (recorded, there) == (2, 5)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_history(table, office, progress=interrupted)
    rest = import_history(table, office)
    assert (rest.total, rest.known) == (3, 0)


def test_only_mails_since_a_day_and_later_the_rest(table: MailboxTable, office: Office, dovecot: Dovecot) -> None:
    with dovecot.session(table.username) as client:
        client.append("INBOX", MAILS[0].replace(b"<0@", b"<old@"), msg_time=datetime(2020, 1, 1, tzinfo=UTC))
    assert import_history(table, office, since=date(2026, 1, 1)).total == 5
    rest = import_history(table, office)
    assert (rest.total, rest.known) == (1, 5)


def test_from_the_command_line(
    table: MailboxTable, dovecot: Dovecot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dovecot.seed(table.username, MAILS[:3], folder="Archive")
    settings = tmp_path / "mailtriage.toml"
    settings.write_text(
        f'data_dir = "{tmp_path / "data"}"\n[[mailboxes]]\nname = "team"\npolicy = "penelope"\n'
        f'host = "{dovecot.host}"\nport = {dovecot.port}\ntls = "none"\nusername = "{table.username}"\n'
        f'password = "{PASSWORD}"\n'
    )
    with pytest.raises(SystemExit) as ended:
        main(["--config", str(settings), "import", "--mailbox", "team", "--folder", "Archive"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.strip().endswith("3 ticket")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Name what to import"),
        (["old.mbox", "--mailbox", "team"], "one at a time"),
        (["--mailbox", "team", "--policy", "penelope"], "leave out --policy"),
        (["old.mbox"], "--policy NAME"),
        (["old.mbox", "--policy", "penelope", "--since", "2026-01-01"], "add --mailbox NAME"),
        (["--mailbox", "nobody"], "There is no mailbox 'nobody' in the settings; there are: none."),
    ],
)
def test_what_does_not_go_together_is_said_in_one_line(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["import", *arguments])
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
