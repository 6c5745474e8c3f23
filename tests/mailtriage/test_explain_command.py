"""`mailtriage explain`: why a mail would be decided so, on the command line."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from classifier.card import ModelCard
from classifier.program import program_version
from classifier.registry import Registry
from mailtriage.cli import main
from policies.loader import shipped
from tests import small_model

MAIL = b"""From: Anna <anna@example.org>
To: support@example.com
Subject: Nobody can log in since this morning
Date: Sun, 22 Nov 2026 10:00:00 +0100
Content-Type: text/plain; charset=utf-8

Hello,

Since 8 o'clock none of our 57 users can log in to the production server.
Yesterday everything worked.
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose registry holds the small model, saved and to be loaded again."""
    folder = tmp_path_factory.mktemp("data")
    registry = Registry(folder / "models")
    now = datetime(2026, 11, 1, tzinfo=UTC)
    for name in shipped():  # every policy has one, so that none has to be made
        card = ModelCard("", name, "lean", now, program_version(), "1", small_model.LEARNED, 0, "ab" * 32, {}, {})
        registry.promote(name, registry.add(replace(small_model.model(), policy=name), card).version)
    return folder


def said(data_dir: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    mail = data_dir / "mail.eml"
    mail.write_bytes(MAIL)
    with pytest.raises(SystemExit) as ended:
        main(["--data-dir", str(data_dir), "explain", str(mail), "--policy", "penelope", *options])
    assert not ended.value.code
    return capsys.readouterr().out


def test_the_text_lists_weights_that_add_up_for_each_label(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(data_dir, capsys)
    sections = re.split(r"\n\n(?=\w+ [\w ]+ \(\d+%\), runner-up)", text)[1:]
    assert [section.split()[0] for section in sections] == ["severity", "scope", "issue_type", "topic"]
    for section in sections:
        numbers = re.findall(r"^ +([-+][\d.]+)(?=  |$)", section.split("  margin")[0], re.MULTILINE)
        *weights, margin = map(float, numbers)
        assert sum(weights) == pytest.approx(margin, abs=0.006 * len(weights))
    assert "Nearest labelled mails" in text


def test_the_json_says_where_each_word_stands(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(said(data_dir, capsys, "--json"))
    assert {"model", "policy", "method", "text", "labels", "neighbours", "tips"} == set(told)
    for label in told["labels"]:
        total = sum(part["weight"] for part in [*label["words"], *label["parts"]])
        assert total == pytest.approx(label["margin"], abs=1e-6)
        words = [told["text"][word["start"] : word["end"]] for word in label["words"]]
        assert "none" in words
        # A greeting is not read, so it has no weight.
        assert "Hello" not in words


def test_a_file_that_is_not_there_is_one_line(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--data-dir", str(data_dir), "explain", str(data_dir / "no.eml"), "--policy", "penelope"])
    assert ended.value.code == 2
    assert "cannot be read" in capsys.readouterr().err
