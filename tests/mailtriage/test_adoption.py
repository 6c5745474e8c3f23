"""`mailtriage policy adopt`, `history` and `list`: a change of policy has an author, a reason and a day."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from mailtriage.cli import main
from policies.trial.examples import SHIPPED
from tests.mailtriage.changing import changed

COMING = (date.today() + timedelta(days=40)).isoformat()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Penelope's next version, from a day that is to come."""
    path = tmp_path / "next.toml"
    path.write_bytes(changed("penelope", "1.2.0", effective=COMING).source)
    return path


@pytest.fixture
def call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs ``mailtriage policy`` on a data folder of the test's own; the exit code, and all that is said."""

    def called(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as left:
            main(["--data-dir", str(tmp_path / "data"), "policy", *map(str, arguments)])
        said = capsys.readouterr()
        return int(left.value.code or 0), said.out + said.err

    return called


SEVERE = """
[[rules]]
id = "severe"
title = "Everything is severe"
when = { language_in = ["en", "nl"] }
raise_to = "SEV1"
"""
MISTAKE = 2
BY_ANN = ("--author", "Ann Smit", "--reason", "new port list")


def test_a_file_is_put_in_force_from_its_day(call: Callable[..., tuple[int, str]], file: Path) -> None:
    assert call("adopt", file, *BY_ANN) == (
        0,
        f"penelope 1.2.0 is in force from {COMING} on (America/Toronto); until then 1.1.0.\n",
    )
    _, listed = call("list")
    assert f"penelope\t1.1.0\t2026-01-01\tPenelope support; 1.2.0 from {COMING}" in listed


def test_the_history_says_who_and_why(call: Callable[..., tuple[int, str]], file: Path) -> None:
    call("adopt", file, *BY_ANN)
    _, said = call("history", "penelope")
    first, second = said.splitlines()
    assert first.startswith("* 1.1.0\tfrom 2026-01-01\tmailtriage, ")
    assert second.startswith(f"  1.2.0\tfrom {COMING}\tAnn Smit, ")
    assert second.endswith(": new port list")
    _, as_json = call("history", "penelope", "--json")
    versions = [json.loads(line) for line in as_json.splitlines()]
    assert [(row["version"], row["in_force"]) for row in versions] == [("1.1.0", True), ("1.2.0", False)]
    assert versions[1]["author"] == "Ann Smit"


def test_a_dry_run_records_nothing(call: Callable[..., tuple[int, str]], file: Path) -> None:
    code, said = call("adopt", file, *BY_ANN, "--dry-run")
    assert code == 0
    assert "would be in force" in said
    assert len(call("history", "penelope")[1].splitlines()) == 1


def test_a_day_before_today_needs_backdate(call: Callable[..., tuple[int, str]], file: Path) -> None:
    code, said = call("adopt", file, *BY_ANN, "--effective", "2026-03-01")
    assert code == MISTAKE
    assert "--backdate" in said
    code, said = call("adopt", file, *BY_ANN, "--effective", "2026-03-01", "--backdate")
    assert code == 0
    assert said == "penelope 1.2.0 is in force since 2026-03-01.\n"


def test_a_version_is_adopted_once(call: Callable[..., tuple[int, str]], file: Path) -> None:
    call("adopt", file, *BY_ANN)
    code, said = call("adopt", file, *BY_ANN)
    assert code == MISTAKE
    assert "penelope 1.2.0 is there already" in said
    file.write_bytes(file.read_bytes() + b"# another content\n")
    code, said = call("adopt", file, *BY_ANN)
    assert code == MISTAKE
    assert "raise `version`" in said


def test_who_and_why_are_not_left_empty(call: Callable[..., tuple[int, str]], file: Path) -> None:
    code, said = call("adopt", file, "--author", " ", "--reason", "because")
    assert code == MISTAKE
    assert "--author NAME" in said


def test_a_broken_file_is_not_adopted(call: Callable[..., tuple[int, str]], file: Path) -> None:
    file.write_text("name = 3\n")
    code, said = call("adopt", file, *BY_ANN)
    assert code == MISTAKE
    assert "next.toml" in said


def test_a_new_policy_may_begin_on_any_day(call: Callable[..., tuple[int, str]], file: Path) -> None:
    source = changed("penelope", "1.1.0").source.decode().replace('name = "penelope"', 'name = "hosting"', 1)
    file.write_text(source.replace("penelope/", "hosting/"))
    code, said = call("adopt", file, *BY_ANN)
    assert (code, said) == (0, "hosting 1.1.0 is in force since 2026-01-01.\n")


def test_a_file_of_policies_dir_is_adopted_under_its_authors_name(
    call: Callable[..., tuple[int, str]], file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    own = folder / "penelope.toml"
    own.write_bytes(file.read_bytes())
    monkeypatch.setenv("MAILTRIAGE_POLICIES_DIR", str(folder))
    assert call("adopt", own, *BY_ANN)[0] == 0
    _, said = call("history", "penelope")
    assert "Ann Smit" in said.splitlines()[-1]


def test_a_policy_whose_own_examples_fail_is_not_adopted(call: Callable[..., tuple[int, str]], file: Path) -> None:
    examples = file.parent / "examples"
    examples.mkdir()
    shutil.copy(SHIPPED / "penelope.toml", examples)
    assert call("adopt", file, *BY_ANN, "--dry-run")[0] == 0
    file.write_bytes(changed("penelope", "1.2.0", SEVERE, effective=COMING).source)
    code, said = call("adopt", file, *BY_ANN)
    assert code == MISTAKE
    assert "examples in" in said
    assert "mailtriage policy test" in said
    assert len(call("history", "penelope")[1].splitlines()) == 1


def test_an_unknown_policy_has_no_history(call: Callable[..., tuple[int, str]]) -> None:
    code, said = call("history", "nobody")
    assert code == MISTAKE
    assert "atollon, penelope, perfana" in said
