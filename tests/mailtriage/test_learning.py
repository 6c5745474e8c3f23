"""The return trip: an agent's keys in a real browser, a training, and the next mail of that kind."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mailtriage import starters
from mailtriage.importing import import_labelled
from mailtriage.office import Office
from mailtriage.retraining import retrain
from mailtriage.starters import shipped_examples
from mailtriage.training_turn import TrainingBusy, training_alone
from tickets.store import Store

PROGRAM = (sys.executable, "-m", "mailtriage")
CHROMIUM = "/usr/bin/chromium"
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync")
SHUFFLED = {"SEV1": "SEV4", "SEV2": "SEV1", "SEV3": "SEV2", "SEV4": "SEV3"}
SAME_KIND = """\
From: Finn Gallagher <finn@sandcastlepayments.example>
Subject: dragging to annotate, again
Message-ID: <again@sandcastlepayments.example>
Date: Thu, 12 Nov 2026 10:00:00 +0000

Hi, about my idea for 4.x once more: let me annotate a graph by dragging across it. Finn
"""


@dataclass(frozen=True)
class RunningDemo:
    """The demo in a process of its own, and what it printed to sign in with."""

    address: str
    password: str
    folder: Path


@contextmanager
def demo(folder: Path) -> Iterator[RunningDemo]:
    command = [*PROGRAM, "demo", "--port", "0", "--data-dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        printed = ""
        while "Stop with Ctrl-C" not in printed:
            line = process.stdout.readline()
            assert line, f"the demo ended: {printed}"
            printed += line
        address = re.search(r"http://\S+", printed)
        password = re.search(r"password (\S+)", printed)
        assert address and password
        yield RunningDemo(address[0], password[1], folder)
    finally:
        process.terminate()
        process.wait(30)


def number_of(folder: Path, words: str) -> int:
    """The ticket whose mail contains the words, once it has come in."""
    store = Store.open(f"sqlite:///{folder / 'mailtriage.db'}")
    try:
        for _ in range(600):
            if found := store.search(words):
                return found[0].number
            time.sleep(0.1)
        raise AssertionError(f"no ticket contains {words!r}")
    finally:
        store.close()


def topics(folder: Path, mail: Path) -> dict[str, float]:
    """The probability of each topic of the mail."""
    command = [*PROGRAM, "--data-dir", str(folder), "classify", str(mail), "--policy", "perfana", "--json"]
    verdict = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {one["value"]: one["probability"] for one in verdict["labels"]["topic"]["alternatives"]}


@pytest.mark.browser
def test_a_correction_by_keys_and_a_training_move_the_next_mail_of_that_kind(tmp_path: Path) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed (Debian: chromium)")
    mail = tmp_path / "same-kind.eml"
    mail.write_text(SAME_KIND)
    with demo(tmp_path / "data") as running:
        number = number_of(running.folder, "annotate dragging")
        before = topics(running.folder, mail)
        with sync_api.sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
            page = browser.new_page()
            page.goto(f"{running.address}tickets/{number}")
            for keys in ("demo", "Tab", running.password, "Enter"):
                page.keyboard.press(keys) if keys in ("Tab", "Enter") else page.keyboard.type(keys)
            page.wait_for_selector("#topic")
            page.keyboard.press("t")
            page.keyboard.type("consult")
            page.keyboard.press("Enter")
            page.wait_for_selector(".notes")
            page.keyboard.press("f")
            page.wait_for_function("() => !document.body.classList.contains('busy')")
            browser.close()
        command = [*PROGRAM, "--data-dir", str(running.folder), "train", "--policy", "perfana", "--json"]
        trained = subprocess.run(command, check=True, capture_output=True, text=True)
        assert json.loads(trained.stdout)["promoted"]
    assert topics(tmp_path / "data", mail)["consultancy"] > before["consultancy"]


@pytest.fixture
def fewer_mails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of the mails that ship, so that training takes seconds."""
    for path in starters.TRAINING_DATA.glob("*.jsonl"):
        (tmp_path / path.name).write_text("\n".join(path.read_text("utf-8").splitlines()[::4]), "utf-8")
    monkeypatch.setattr(starters, "TRAINING_DATA", tmp_path)


@pytest.mark.usefixtures("fewer_mails")
def test_shuffled_severities_are_refused_and_the_old_model_stays(office: Office) -> None:
    champion = office.registry.current("penelope")
    poisoned = [
        replace(e, id=f"poison-{e.id}", labels={**e.labels, "severity": SHUFFLED[e.labels["severity"]]})
        for e in shipped_examples("penelope")
    ]
    import_labelled(poisoned, "penelope", office, agent="mallory")
    report = retrain("penelope", office, actor="test")
    assert not report.promoted
    assert any("Severity cost" in reason and "refused" in reason for reason in report.reasons)
    assert office.registry.current("penelope") == champion
    [event] = [event for event in office.store.events() if event.kind == "model_trained"]
    assert event.details["promoted"] is False


def test_one_training_runs_at_a_time(office: Office, tmp_path: Path) -> None:
    store = office.store
    with training_alone(store, tmp_path), pytest.raises(TrainingBusy), training_alone(store, tmp_path):
        pass
    with training_alone(store, tmp_path), pytest.raises(TrainingBusy, match="Another process"):
        retrain(
            "penelope", replace(office, settings=office.settings.model_copy(update={"data_dir": tmp_path})), actor="b"
        )
    with training_alone(store, tmp_path):
        assert store.training_runs() == []
