"""The commands on the clocks of tickets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from mailtriage.office import Office
from policies.terms import ResponseTarget, Terms
from tests.mailtriage.test_cli import Called
from tests.tickets.making import mail, recording
from tickets.connections import writing
from tickets.schema import ticket

CALENDAR = "Monday to Friday 8:00-17:00, Europe/Amsterdam"
CAME = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


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

    def opened(self, subject: str, due: datetime, policy: str = "perfana") -> int:
        promised = Terms({}, "covered", None, ResponseTarget(due, "2 support hours", CALENDAR))
        made = recording(mail(subject=subject), policy=policy, promised=promised, received_at=CAME)
        return self.office.store.record([made])[0].ticket or 0


@pytest.fixture
def desk(office: Office, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(office, capsys)


def test_what_is_due_is_listed_overdue_first_and_paused_last(desk: Desk) -> None:
    coming = datetime.now(UTC) + timedelta(days=30)
    later, overdue, paused = (desk.opened(f"\x1b]0;{day}", day) for day in (coming, CAME, coming))
    desk.office.store.wait(paused, actor="anna")
    lines = desk.call("due", "--json").lines
    assert [line["ticket"] for line in lines] == [overdue, later, paused]
    assert [line["state"] for line in lines] == ["breached", "running", "paused"]
    assert lines[0]["support_seconds_left"] < 0 < lines[1]["support_seconds_left"]  # type: ignore[operator]
    assert (lines[0]["within"], lines[0]["calendar"], lines[0]["policy_version"]) == (
        "2 support hours",
        CALENDAR,
        "1.0.0",
    )
    told = desk.call("due").out.splitlines()
    assert "overdue by" in told[0]
    assert told[1].count(" left  ") == 1
    assert "paused" in told[2]
    assert "\x1b" not in "".join(told)
    assert len(desk.call("due", "--limit", "1", "--json").lines) == 2


def test_one_policy_alone_is_listed(desk: Desk) -> None:
    desk.opened("one", CAME)
    assert "Nothing is due." in desk.call("due", "--policy", "penelope").out
    assert "No policy is called" in desk.call("due", "--policy", "nobody").err


def test_an_answer_is_noted_with_its_time_and_taken_back(desk: Desk) -> None:
    number = desk.opened("one", CAME)
    desk.call("answered", str(number), "--by", "maria", "--at", "2026-03-02T11:15+01:00")
    found = desk.office.store.ticket(number)
    assert found is not None
    assert (found.answered_at, found.answered_by) == (datetime(2026, 3, 2, 10, 15, tzinfo=UTC), "maria")
    assert "answered before: 2 Mar 2026, 10:15 UTC by maria" in desk.call("answered", str(number), "--by", "bram").out
    assert "taken back" in desk.call("answered", str(number), "--by", "maria", "--undo").out
    assert "was not answered" in desk.call("answered", str(number), "--by", "maria", "--undo").out


@pytest.mark.parametrize(
    ("at", "says"),
    [("noon", "is no time"), ("2126-01-01", "has not come yet"), ("2026-03-02T09:00+01:00", "before the mail of")],
)
def test_a_time_that_cannot_be_is_refused(desk: Desk, at: str, says: str) -> None:
    number = desk.opened("one", CAME)
    called = desk.call("answered", str(number), "--by", "maria", "--at", at)
    assert called.status != 0
    assert says in called.err


def test_an_unknown_ticket_is_said(desk: Desk) -> None:
    called = desk.call("answered", "7", "--by", "maria")
    assert called.status != 0
    assert "7" in called.err


def test_recounting_says_what_differed(desk: Desk) -> None:
    number = desk.opened("one", CAME)
    called = desk.call("due", "--recount")
    assert (called.status, "0 differences" in called.out) == (0, True)
    with writing(desk.office.store._engine) as connection:
        connection.execute(update(ticket).where(ticket.c.number == number).values(due_at=None))
    called = desk.call("due", "--recount", "--json")
    assert called.status == 1
    assert called.lines == [
        {"ticket": number, "column": "due_at", "recorded": None, "counted": CAME.isoformat()},
    ]
    assert desk.call("due", "--recount").status == 0
