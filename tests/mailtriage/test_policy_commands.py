"""The commands that look at policies: what they print, and how they leave."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mailtriage.test_cli import Called
from tests.policies.build import RULE, SMALL

CONFLICTING = RULE + RULE.replace('id = "out"', 'id = "in"').replace("outside", "included")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fine.toml").write_text(SMALL + RULE, encoding="utf-8")
    (tmp_path / "conflicting.toml").write_text(SMALL + CONFLICTING, encoding="utf-8")
    (tmp_path / "wrong.toml").write_text(SMALL + RULE.replace('"help"', '"halp"'), encoding="utf-8")


def test_a_policy_without_conflicts_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    called = Called(capsys, "policy", "conflicts", "fine.toml")
    assert called.status == 0
    assert called.out == "small 1.0.0: 1 rules, 2 clauses, no conflict\n"


def test_a_conflict_is_told_with_line_and_example_and_leaves_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    called = Called(capsys, "policy", "conflicts", "conflicting.toml")
    assert called.status == 1
    line = (SMALL + CONFLICTING).splitlines().index("[[rules]]") + 1
    assert called.out.startswith(f"small: line {line}: 'out' and 'in' can both apply: one sets the scope to outside")
    assert "\n  for example: topic help\n" in called.out
    [data] = Called(capsys, "policy", "conflicts", "conflicting.toml", "--json").lines
    findings = data["findings"]
    assert isinstance(findings, list)
    conflict = next(finding for finding in findings if finding["kind"] == "conflict")
    assert (conflict["path"], conflict["other"], conflict["label"]) == ("rules[0]", "rules[1]", "scope")
    assert conflict["witness"]["topic"] == "help"


def test_conflicts_of_shipped_policies_need_no_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    called = Called(capsys, "policy", "conflicts")
    assert called.status == 0
    assert [line.split()[0] for line in called.out.splitlines()] == ["atollon", "penelope", "perfana"]
    assert not (tmp_path / "mailtriage-data").exists()


def test_check_names_file_line_and_key(capsys: pytest.CaptureFixture[str]) -> None:
    line = (SMALL + RULE).splitlines().index('when.topic = ["help"]') + 1
    called = Called(capsys, "policy", "check", "fine.toml", "wrong.toml")
    assert called.status == 2
    assert called.err.startswith(f"wrong.toml: line {line}: rules[0].when.topic: 'halp' is not a topic")
    fine, wrong = Called(capsys, "policy", "check", "fine.toml", "wrong.toml", "--json").lines
    assert fine == {"file": "fine.toml", "problems": []}
    problems = wrong["problems"]
    assert isinstance(problems, list)
    assert (problems[0]["line"], problems[0]["key"]) == (line, "rules[0].when.topic")
    assert Called(capsys, "policy", "check", "fine.toml").out == "no problem\n"


def test_diff_tells_what_changed_and_that_nothing_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    same = Called(capsys, "policy", "diff", "fine.toml", "fine.toml")
    assert (same.status, same.out) == (0, "Nothing changed: small 1.0.0 and small 1.0.0 (the same file).\n")
    (tmp_path / "remarked.toml").write_text("# a remark\n" + SMALL + RULE, encoding="utf-8")
    assert "comments and layout aside" in Called(capsys, "policy", "diff", "fine.toml", "remarked.toml").out
    changed = Called(capsys, "policy", "diff", "fine.toml", "conflicting.toml")
    assert changed.status == 0
    assert changed.out.startswith("added: the rule 'in' (Out: when the topic is help, it sets the scope to included")
    [data] = Called(capsys, "policy", "diff", "fine.toml", "conflicting.toml", "--json").lines
    assert [change["what"] for change in data["changes"]] == ["added"]  # type: ignore[union-attr]


def test_diff_reads_names_and_recorded_versions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "the name was small, is perfana" in Called(capsys, "policy", "diff", "fine.toml", "perfana").out
    assert not (tmp_path / "mailtriage-data").exists()
    version = Called(capsys, "policy", "list").out.splitlines()[-1].split("\t")[1]
    assert (tmp_path / "mailtriage-data").exists()
    assert Called(capsys, "policy", "diff", f"perfana@{version}", "perfana").out.startswith("Nothing changed")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["conflicts", "nowhere.toml"], "nowhere.toml: cannot be read"),
        (["conflicts", "nobody"], "No policy is called 'nobody'"),
        (["conflicts", "wrong.toml"], "'halp' is not a topic"),
        (["diff", "fine.toml"], "NEW"),
        (["diff", "perfana@77.0.0", "fine.toml"], "77.0.0"),
        (["explain", "12"], "no ticket 12"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    called = Called(capsys, "policy", *arguments)
    assert called.status == 2
    assert said in called.err
    assert len(called.err.splitlines()) == 1
