"""The commands on what is in quarantine and on what was set aside."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from mailtriage import cli, pipeline
from mailtriage.commands import listing
from mailtriage.office import Office
from mailtriage.pipeline import Incoming
from tests.mailtriage.test_cli import Called
from tests.mailtriage.test_pipeline import NOW, raw, run

NOISE = b"\x00\x1b]0;owned\x07 not a mail\r\n" * 20


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class Desk:
    """The command line over the office's data folder."""

    def __init__(self, office: Office, capsys: pytest.CaptureFixture[str]) -> None:
        self.office = office
        self._capsys = capsys

    def call(self, *arguments: str) -> Called:
        self._capsys.readouterr()
        return Called(self._capsys, "--data-dir", str(self.office.settings.data_dir), *arguments)


@pytest.fixture
def desk(office: Office, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(office, capsys)


def quarantined(office: Office, monkeypatch: pytest.MonkeyPatch, *mails: bytes) -> list[str]:
    """Ids of mails that a fault of the program has put there."""

    def failing(*_: object) -> None:
        raise ZeroDivisionError("as an earlier version did")

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "assess", failing)
        return [str(done.message) for done in run(office, mails)]


def test_the_quarantine_is_listed_with_step_reason_and_version(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    quarantined(desk.office, monkeypatch, raw("one"), raw("two"))
    first, second = desk.call("quarantine", "list", "--json").lines
    assert (first["subject"], second["subject"]) == ("two", "one")
    assert first["step"] == "assessing"
    assert "ZeroDivisionError" in str(first["reason"])
    assert first["program_version"]
    assert first["from"] == {"name": "", "address": "ann@river.example"}
    assert len(desk.call("quarantine", "list").out.splitlines()) == 2
    assert desk.call("quarantine", "list", "--policy", "atollon").out == ""


def test_a_long_list_is_read_in_portions(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "CHUNK", 2)
    quarantined(desk.office, monkeypatch, *(raw(f"number {n}") for n in range(5)))
    assert len(desk.call("quarantine", "list", "--json").lines) == 5


def test_what_a_stranger_wrote_does_not_reach_the_terminal_as_commands(desk: Desk) -> None:
    run(desk.office, [NOISE, raw("=?utf-8?q?red=1B=5B31m_=E2=80=AE?=", Precedence="bulk")])
    for arguments in (("quarantine", "list"), ("quarantine", "show", "1"), ("set-aside", "list")):
        out = desk.call(*arguments).out
        assert not {"\x1b", "\x07", "\u202e"} & set(out)


def test_one_mail_is_shown_with_what_failed_and_its_faults(desk: Desk) -> None:
    run(desk.office, [NOISE])
    told = desk.call("quarantine", "show", "1").out
    for words in ("step:     parsing", "not a mail", "program:", "defect:"):
        assert words in told


def test_the_raw_bytes_are_written_as_they_came(office: Office, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    run(office, [NOISE])
    capfdbinary.readouterr()
    with pytest.raises(SystemExit):
        cli.main(["--data-dir", str(office.settings.data_dir), "quarantine", "show", "1", "--raw"])
    assert capfdbinary.readouterr().out == NOISE


def test_a_retry_says_what_became_of_each(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    [one, two] = quarantined(desk.office, monkeypatch, raw("one"), raw("two"))
    called = desk.call("quarantine", "retry", one, "--json")
    assert called.status == 0
    assert called.lines == [{"id": int(one), "became": "ticket", "ticket": 1, "reason": ""}]
    assert desk.call("quarantine", "retry", two).out == f"mail {two}: ticket, ticket 2\n"
    assert desk.call("quarantine", "list").out == ""


def test_a_retry_of_all_goes_on_after_those_that_stay(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    run(desk.office, [NOISE])
    quarantined(desk.office, monkeypatch, raw("one"), raw("two"))
    called = desk.call("quarantine", "retry", "--all", "--json")
    assert called.status == 1
    assert [line["became"] for line in called.lines] == ["quarantined", "ticket", "ticket"]


def test_a_mail_too_large_says_what_to_do(desk: Desk) -> None:
    run(desk.office, [Incoming(raw("huge"), NOW, oversize=60 * 1024 * 1024), NOISE])
    called = desk.call("quarantine", "retry", "--all")
    assert called.status == 2
    assert "its header alone is kept" in called.err
    assert "mail 2: stays in quarantine" in called.out
    [_, huge] = desk.call("quarantine", "list", "--json").lines
    assert "max_message_mb" in str(huge["reason"])


def test_an_export_has_the_bytes_and_what_failed_and_overwrites_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mail = raw("one")
    [number] = quarantined(desk.office, monkeypatch, mail)
    assert desk.call("quarantine", "export", number, "--to", "reports/today").status == 0
    written = tmp_path / "reports" / "today"
    assert (written / f"{number}.eml").read_bytes() == mail
    assert stat.S_IMODE((written / f"{number}.eml").stat().st_mode) == 0o600
    report = json.loads((written / f"{number}.json").read_text("utf-8"))
    assert (report["step"], report["size"], report["whole"]) == ("assessing", len(mail), True)
    assert report["program_version"] and report["exported_by"]
    (written / f"{number}.eml").unlink()
    called = desk.call("quarantine", "export", number, "--to", "reports/today")
    assert called.status == 2
    assert f"{number}.json" in called.err and "nothing is overwritten" in called.err
    assert not (written / f"{number}.eml").exists()


def test_an_export_of_a_header_alone_says_so(desk: Desk, tmp_path: Path) -> None:
    run(desk.office, [Incoming(raw("huge"), NOW, oversize=60 * 1024 * 1024)])
    desk.call("quarantine", "export", "1", "--to", ".")
    assert json.loads((tmp_path / "1.json").read_text("utf-8"))["whole"] is False


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["quarantine", "show", "99"], "no mail 99"),
        (["quarantine", "show", "1"], "Mail 1 is not in quarantine; it is: ticket."),
        (["quarantine", "show", "../1"], "'../1' is not a valid integer"),
        (["quarantine", "retry"], "--all"),
        (["quarantine", "retry", "1", "--all"], "--all"),
        (["quarantine", "retry", "99"], "no mail 99"),
        (["quarantine", "retry", "1"], "somebody decided already"),
        (["quarantine", "list", "--policy", "nobody"], "nobody"),
        (["quarantine", "export", "1", "--to", "x"], "not in quarantine"),
        (["quarantine", "export", "3", "--to", "file/x"], "file/x/3.eml"),
        (["set-aside", "list", "--kind", "spam"], "'spam' is not one of"),
        (["set-aside", "accept", "1", "--agent", "ann"], "somebody decided already"),
        (["set-aside", "accept", "99", "--agent", "ann"], "no mail 99"),
        (["set-aside", "accept", "2"], "--agent"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_code_2(
    arguments: list[str], says: str, desk: Desk, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    run(desk.office, [raw("server"), raw("news", Precedence="bulk"), NOISE])
    called = desk.call(*arguments)
    assert called.status == 2
    *_, last = called.err.rstrip("\n").splitlines()
    assert last.startswith("mailtriage: ")
    assert says in last
    assert "Traceback" not in called.err


def test_what_was_set_aside_is_listed_by_kind_and_found_by_words(desk: Desk) -> None:
    news = raw("Weekly news", "Zeppelins are back.", Precedence="bulk")
    run(desk.office, [news, raw("Out of office", Auto_Submitted="auto-replied"), raw("a request")])
    assert [line["kind"] for line in desk.call("set-aside", "list", "--json").lines] == ["auto_reply", "bulk"]
    assert [line["subject"] for line in desk.call("set-aside", "list", "--kind", "bulk", "--json").lines] == [
        "Weekly news"
    ]
    assert "Weekly news" in desk.call("set-aside", "list", "--search", "ZEPPELINS").out
    assert desk.call("set-aside", "list", "--search", "request").out == ""


def test_a_mail_set_aside_is_accepted_by_an_agent(desk: Desk) -> None:
    run(desk.office, [raw("Weekly news", Precedence="bulk")])
    called = desk.call("set-aside", "accept", "1", "--agent", "maria", "--json")
    assert called.lines == [{"id": 1, "became": "ticket", "ticket": 1, "reason": ""}]
    [event] = [event for event in desk.office.store.events(1) if event.kind == "message_reconsidered"]
    assert event.actor == "maria"


def test_the_quarantine_of_an_older_version_is_tried_again_when_polling_starts(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    quarantined(desk.office, monkeypatch, raw("one"))
    settings = tmp_path / "here.toml"
    settings.write_text(
        f'data_dir = "{desk.office.settings.data_dir}"\n[[mailboxes]]\nname = "away"\npolicy = "penelope"\n'
        'host = "127.0.0.1"\nport = 1\ntls = "none"\nusername = "a"\npassword = "b"\n'
    )
    monkeypatch.setattr("mailtriage.second_look.program_version", lambda: "99.0")
    called = desk.call("--config", str(settings), "poll", "--once")
    assert called.status == 2
    assert desk.office.store.counts()["ticket"] == 1
