"""``mailtriage reference``: what an outside tool writes into the answers that it sends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from intake.message import parse
from intake.ticket_reference import TicketReferences
from mailtriage import cli
from mailtriage.demo import SAMPLES
from mailtriage.settings import load

SETTINGS = """
data_dir = "data"
[[mailboxes]]
name = "penelope"
policy = "penelope"
host = "imap.example.org"
username = "penelope"
password = "x"
own_addresses = ["support@example.org", "help@example.org"]
"""


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        cli.main(list(arguments))
    return int(str(left.value.code))


@pytest.fixture(autouse=True)
def one_ticket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mailtriage.toml").write_text(SETTINGS)
    sample = sorted((SAMPLES / "penelope").glob("*.eml"))[0]
    assert run("import", str(sample), "--policy", "penelope") == 0


def test_both_forms_are_printed_and_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run("reference", "1") == 0
    tag, address = capsys.readouterr().out.split()
    references = TicketReferences(load().reference_key())
    assert address.startswith("support+t1-")
    assert references.tickets(parse(f"Subject: Re: x {tag}\n\n".encode())) == (1,)
    assert references.tickets(parse(f"To: {address}\n\n".encode())) == (1,)
    assert run("reference", "1", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"ticket": 1, "subject": tag, "addresses": [address]}


def test_without_an_address_of_ours_only_the_tag_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    Path("mailtriage.toml").write_text(SETTINGS.partition("[[")[0])
    assert run("reference", "1") == 0
    said = capsys.readouterr()
    assert said.out.startswith("[#1-") and len(said.out.splitlines()) == 1
    assert "set own_addresses" in said.err


def test_an_unknown_ticket_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("reference", "7") == 2
    assert "There is no ticket 7." in capsys.readouterr().err
