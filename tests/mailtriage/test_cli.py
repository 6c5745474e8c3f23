"""The command line as users and programs call it: what it prints, and one line for every mistake."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

from mailtriage import cli
from mailtriage.commands import WHERE
from mailtriage.demo import SAMPLES
from mailtriage.starters import TRAINING_DATA


class Called:
    """What one call printed, and its exit code."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        with pytest.raises(SystemExit) as left:
            cli.main(list(arguments))
        self.status = left.value.code
        self.out, self.err = capsys.readouterr()

    @property
    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", [name for name in WHERE if name != "starters"])
def test_every_command_explains_itself_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    called = Called(capsys, name, "--help")
    assert called.status == 0
    groups = {"models", "encoder", "customers", "users", "tokens", "mailboxes", "policy"}
    groups |= {"quarantine", "set-aside", "notifications", "work", "timesheet", "charges", "runs", "labels", "disputes"}
    assert "Commands:" in called.out if name in groups else "Example: mailtriage" in called.out


def test_a_mail_is_classified_into_the_public_format(capsys: pytest.CaptureFixture[str]) -> None:
    mail = SAMPLES / "penelope" / "01-calm-outage.eml"
    [verdict] = Called(capsys, "classify", str(mail), "--policy", "penelope", "--json").lines
    assert set(verdict["labels"]) == {"severity", "scope", "issue_type", "topic"}  # type: ignore[call-overload]
    assert {"impact", "clauses", "evidence", "charge", "response_target", "missing_facts", "versions"} <= set(verdict)


def test_labelled_mails_are_classified_in_order_each_by_its_policy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        (TRAINING_DATA / f"{policy}.jsonl").read_text("utf-8").splitlines()[at]
        for at, policy in enumerate(("perfana", "penelope", "atollon", "perfana"))
    ]
    (tmp_path / "mixed.jsonl").write_text("\n".join(lines), "utf-8")
    verdicts = Called(capsys, "classify", "mixed.jsonl", "--json").lines
    assert [verdict["id"] for verdict in verdicts] == [json.loads(line)["id"] for line in lines]
    assert [verdict["policy"] for verdict in verdicts] == ["perfana", "penelope", "atollon", "perfana"]


def test_labels_in_the_file_are_never_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    honest = json.loads((TRAINING_DATA / "penelope.jsonl").read_text("utf-8").splitlines()[3])
    lying = honest | {"labels": {"severity": "SEV1", "scope": "outside", "topic": "other", "issue_type": "bug"}}
    for name, mail in (("honest", honest), ("lying", lying)):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(mail), "utf-8")
    first, second = (Called(capsys, "classify", f"{name}.jsonl", "--json").out for name in ("honest", "lying"))
    assert first == second


def test_a_mail_on_standard_input_is_classified(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = (SAMPLES / "atollon" / "02-configuration-request.eml").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    [verdict] = Called(capsys, "classify", "-", "--policy", "atollon", "--json").lines
    assert verdict["policy"] == "atollon"


def test_parsed_mails_come_in_the_public_format(capsys: pytest.CaptureFixture[str]) -> None:
    objects = Called(capsys, "parse", str(SAMPLES / "atollon"), "--json").lines
    assert len(objects) == 10
    assert {
        "file", "message_id", "in_reply_to", "references", "date", "subject", "from", "to", "cc", "reply_to", "text",
        "new_text", "quoted", "signature", "language", "attachments", "screening", "forwarded", "defects",
    } == set(objects[0])  # fmt: skip


def test_threads_are_told_by_headers(capsys: pytest.CaptureFixture[str]) -> None:
    threads = Called(capsys, "threads", str(SAMPLES / "penelope"), "--json").lines
    assert sorted(len(thread["members"]) for thread in threads)[-1] == 2  # type: ignore[arg-type]
    assert sum(len(thread["members"]) for thread in threads) == 10  # type: ignore[arg-type]


def test_the_schema_is_one_that_a_verdict_meets(capsys: pytest.CaptureFixture[str]) -> None:
    [schema] = Called(capsys, "schema", "verdict").lines
    mail = SAMPLES / "penelope" / "01-calm-outage.eml"
    [verdict] = Called(capsys, "classify", str(mail), "--policy", "penelope", "--json").lines
    assert set(schema["required"]) <= set(verdict)  # type: ignore[call-overload]


def test_evaluate_prints_the_scores_of_the_model_alone_and_with_rules(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (TRAINING_DATA / "penelope.jsonl").read_text("utf-8").splitlines()[:20]
    (tmp_path / "some.jsonl").write_text("\n".join(lines), "utf-8")
    [scores] = Called(capsys, "evaluate", "some.jsonl", "--policy", "penelope", "--json").lines
    for source in ("model_alone", "with_rules"):
        assert set(scores[source]) == {"severity", "scope", "issue_type", "topic"}  # type: ignore[call-overload]
        severity = scores[source]["severity"]  # type: ignore[index,call-overload]
        assert {"accuracy", "macro_f1", "confusion", "ece", "share_alone", "accuracy_alone"} <= set(severity)


BAD = '{"id": "a", "subject": "s", "body": "b"}\n{"id": "b", "subject": }\n'
UNKNOWN_LABEL = '{"id": "a", "subject": "s", "body": "b", "labels": {"severity": "SEV9"}}\n'


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["clasify"], "No such command 'clasify'"),
        (["classify", "missing.eml", "--policy", "penelope"], "missing.eml"),
        (["classify", "mail.eml"], "--policy"),
        (["classify", "mail.eml", "--policy", "nobody"], "atollon, penelope, perfana"),
        (["classify", "bad.jsonl", "--policy", "penelope"], "line 2"),
        (["evaluate", "unknown.jsonl", "--policy", "penelope"], "SEV9"),
        (["evaluate", "empty.jsonl", "--policy", "penelope"], "no labelled mail"),
        (["import", "unknown.jsonl", "--policy", "penelope"], "SEV9"),
        (["parse", "nowhere"], "nowhere"),
        (["--config", "missing.toml", "doctor"], "missing.toml"),
        (["--config", "broken.toml", "doctor"], "not valid TOML"),
        (["poll", "--once"], "No mailbox is set"),
        (["poll", "--once", "--mailbox", "nobody"], "no mailbox 'nobody'"),
        (["mailboxes", "authorise", "nobody"], "no mailbox 'nobody'"),
        (["mailboxes", "authorise", "nobody", "--port", "65536"], "0<=x<=65535"),
        (["up", "--port", "65536"], "0<=x<=65535"),
        (["demo", "--port", "-1"], "0<=x<=65535"),
        (["reference", "12"], "no ticket 12"),
        (["policy", "check", "broken.toml"], "problem"),
        (["models", "promote", "penelope", "../../etc"], "not the name of a model version"),
        (["models", "rollback", "penelope"], "no earlier model"),
        (["replay", "12"], "no ticket 12"),
        (["customers", "import", "nowhere.csv"], "nowhere.csv"),
        (["users", "add", "ann", "--password-file", "short"], "at least 10"),
        (["experiment", "--train", "bad.jsonl", "--folds", "2"], "line 1"),
        (["schema", "ticket"], "verdict"),
    ],
)
def test_a_users_mistake_is_one_line_and_exit_code_2(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mail.eml").write_text("From: a@b.example\nSubject: s\n\nbody\n")
    (tmp_path / "bad.jsonl").write_text(BAD)
    (tmp_path / "unknown.jsonl").write_text(UNKNOWN_LABEL)
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "broken.toml").write_text("data_dir = ")
    (tmp_path / "short").write_text("secret\n")
    called = Called(capsys, *arguments)
    assert called.status == 2
    *_, last = called.err.rstrip("\n").splitlines()
    assert last.startswith("mailtriage: ")
    assert says in called.err
    assert "Traceback" not in called.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; test_a_database_that_is_a_folder covers it")
def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    called = Called(capsys, "--data-dir", "closed/data", "models", "list")
    assert called.status == 2
    assert "closed" in called.err


def test_a_database_that_is_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data" / "mailtriage.db").mkdir(parents=True)
    called = Called(capsys, "--data-dir", "data", "replay", "1")
    assert called.status == 2
    assert "mailtriage.db" in called.err


def test_a_model_file_that_the_registry_did_not_write_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert Called(capsys, "--data-dir", "data", "models", "list").status == 0
    [arrays] = (tmp_path / "data" / "models" / "penelope").glob("*/arrays.npz")
    content = bytearray(arrays.read_bytes())
    content[len(content) // 2] ^= 1
    arrays.write_bytes(content)
    mail = SAMPLES / "penelope" / "01-calm-outage.eml"
    called = Called(capsys, "--data-dir", "data", "classify", str(mail), "--policy", "penelope")
    assert called.status == 2
    assert "arrays.npz" in called.err


def test_customers_are_imported_with_a_dry_run_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(SAMPLES / "penelope-customers.csv")
    dry = Called(capsys, "--data-dir", "data", "customers", "import", file, "--policy", "penelope", "--dry-run")
    assert (dry.status, dry.out.splitlines()[-1][:14]) == (0, "would change: ")
    done = Called(capsys, "--data-dir", "data", "customers", "import", file, "--policy", "penelope")
    assert (done.status, done.out) == (0, dry.out.replace("would change: ", ""))
    assert "7 new" in done.out


def test_an_import_that_gives_used_tasks_back_warns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "customers.csv"
    command = ("--data-dir", "data", "customers", "import", str(file), "--policy", "atollon")
    for number, warns in ((1, False), (3, True)):
        file.write_text(f"customer,free_tasks_left\nBrewery South,{number}\n")
        for more in (("--dry-run",), ()):
            called = Called(capsys, *command, *more)
            assert (called.status, "WARNING: free_tasks_left goes up from 1 to 3" in called.out) == (0, warns)


def test_a_user_is_added_from_a_password_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "password").write_text("long enough to pass\n")
    arguments = ("--data-dir", "data", "users", "add", "ann", "--password-file", "password")
    assert "ann may sign in" in Called(capsys, *arguments).out
    assert "already" in Called(capsys, *arguments).err


def test_backup_writes_a_copy_that_opens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tickets.store import Store

    called = Called(capsys, "--data-dir", "data", "backup", "copy.db")
    assert called.status == 0
    Store.open(f"sqlite:///{tmp_path / 'copy.db'}").close()


def test_doctor_says_what_is_well_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    called = Called(capsys, "--data-dir", "data", "doctor", "--json")
    found = {str(line["subject"]): line for line in called.lines}
    assert found["database"]["well"] and found["policies"]["well"] and found["models"]["well"]
    assert "users add" in str(found["users"]["says"])
    assert not found["mailboxes"]["well"]
    assert called.status == 1
