"""``mailtriage evaluate --report``: a page that needs nothing beside it, every number, and no mail unless asked for."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifier.card import ModelCard
from classifier.figures.figures import Figures
from classifier.registry import Registry
from classifier.snapshot import snapshot
from classifier.snapshot_folder import SnapshotError
from mailtriage import cli
from mailtriage.evaluation_report import ReportError, write_report
from mailtriage.held_back import judged_held_back, learned_from
from mailtriage.starters import snapshots_of
from tests import small_model

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
CARD = ModelCard("20261102-101010-0123abcd", "penelope", "lean", NOW, "0.1.0", "1.0.0", 60, 0, "ab" * 32, {}, {})


def written(folder: Path, *, with_mails: bool = False) -> str:
    policy, figures, judged = small_model.policy(), small_model.figures(), small_model.judged()
    page = write_report(folder, CARD, policy, figures, judged, written=NOW, with_mails=with_mails)
    return page.read_text("utf-8")


def test_the_page_needs_nothing_beside_it_and_runs_nothing(tmp_path: Path) -> None:
    page = written(tmp_path / "new" / "folder")
    assert not re.search(r"<script|<link|<img|@import|url\(|https?://|\bon\w+=", page)
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert len(page.encode()) < 300_000


def test_mails_are_named_and_not_shown_unless_asked_for(tmp_path: Path) -> None:
    silent, open_ = written(tmp_path), written(tmp_path, with_mails=True)
    wrong = [one.example for one in small_model.judged() if f">{one.example.id}<" in silent]
    assert wrong
    words = [one.body.split("\n")[0][:40] for one in wrong if re.fullmatch(r"[\w ,.]+", one.body.split("\n")[0][:40])]
    assert words
    assert not any(said in silent for said in words)
    assert all(said in open_ for said in words)


def test_every_number_is_in_the_json_file(tmp_path: Path) -> None:
    written(tmp_path)
    told = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert Figures.from_json(told["figures"]) == small_model.figures()
    assert told["model"]["version"] == CARD.version
    assert told["mistakes"][0].keys() == {"mail", "label", "true", "decided", "source", "probability"}


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match="file"):
        written(tmp_path / "file")


def test_the_mails_that_made_a_model_are_read_from_its_snapshot(tmp_path: Path) -> None:
    registry, data = Registry(tmp_path), snapshot(small_model.examples()[: small_model.LEARNED])
    with pytest.raises(SnapshotError, match="not kept"):
        learned_from(CARD, registry, ["penelope"])
    snapshots_of(registry, "penelope").keep(data)
    card = ModelCard(CARD.version, "penelope", "lean", NOW, "0.1.0", "1.0.0", 60, 0, data.digest, {}, {})
    mails = learned_from(card, registry, ["penelope"])
    judged = judged_held_back(small_model.model(), small_model.policy(), mails, ["penelope"])
    values = {one.example.id: one.verdict.labels["topic"].value for one in small_model.judged()}
    assert {one.example.id: one.verdict.labels["topic"].value for one in judged} == values


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--folds", "3"], "--folds cross-validates on a FILE"),
        (["some.jsonl", "--folds", "3", "--report", "r"], "--folds cross-validates on a FILE"),
        (["--with-mails"], "--report FOLDER"),
        (["--learning-curve"], "--report FOLDER"),
    ],
)
def test_options_that_do_not_go_together_are_told_in_a_line(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["evaluate", "--policy", "penelope", *arguments])
    assert left.value.code == 2
    assert says in capsys.readouterr().err
