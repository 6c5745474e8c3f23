"""The reply that asks for what is missing, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailtriage import cli
from mailtriage.office import Office
from mailtriage.pipeline import Counter, Incoming, process
from mailtriage.stopwatch import Stopwatch
from tests.mailtriage.test_pipeline import NOW, raw


def drafted(capsys: pytest.CaptureFixture[str], folder: Path, *arguments: str) -> tuple[object, str, str]:
    """The exit code of `mailtriage draft`, and what it printed."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        cli.main(["--data-dir", str(folder), "draft", *arguments])
    return left.value.code, *capsys.readouterr()


def recorded(office: Office, subject: str, body: str) -> str:
    counter = Counter(office.policy("perfana"), office.models.of("perfana"))
    [done] = process(
        [Incoming(raw(subject, body, "Ann Lee <ann@river.example>"), NOW)], None, counter, office.store, Stopwatch()
    )
    return str(done.ticket)


def test_the_draft_of_a_vague_mail_is_printed_and_nothing_is_sent(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    number = recorded(office, "perfana", "Perfana is down!!!! Fix it NOW please")
    status, out, _ = drafted(capsys, office.settings.data_dir, number)
    assert status == 0
    assert out.startswith("Dear Ann Lee,\n\nThank you for your mail.")
    assert "Which version of Perfana is it" in out
    assert out.endswith("Kind regards,\nPerfana support\n")


def test_a_dutch_mail_is_drafted_in_dutch_and_the_list_is_json(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    number = recorded(office, "storing", "hij doet het niet meer, al de hele ochtend. kan er iemand kijken? spoed")
    status, out, _ = drafted(capsys, office.settings.data_dir, number, "--json")
    told = json.loads(out)
    assert status == 0
    assert told["ticket"] == int(number)
    assert "version" in [question["id"] for question in told["missing"]]
    assert told["draft"].startswith("Beste Ann Lee,")


def test_a_clear_request_has_no_draft(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    number = recorded(office, "Training", "Could you give our five new colleagues a day of product training in June?")
    assert (
        drafted(capsys, office.settings.data_dir, number)[1]
        == f"Nothing is missing from the mail of ticket {number}.\n"
    )


def test_an_unknown_ticket_is_told(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = drafted(capsys, office.settings.data_dir, "99")
    assert status != 0
    assert "There is no ticket 99." in err
