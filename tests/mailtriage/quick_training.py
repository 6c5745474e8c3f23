"""An office that trains in no time: its challenger is the small model, which is there already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.small_office import POLICY, learning_from, small_office, small_settings
from classifier.snapshot import snapshot
from classifier.training import GateReport
from mailtriage import retraining
from mailtriage.office import Office
from mailtriage.settings import RetrainingTable
from tests import small_model

STEPS = ("features", "heads", "judging")


def quick_challenge(*_: object, progress: Callable[[str, float], None], **__: object) -> GateReport:
    """What the small model, which is there already, would be promoted by."""
    for number, step in enumerate(STEPS):
        progress(step, number / len(STEPS))
    progress("judged", 1.0)
    data = snapshot(small_model.examples()[:20])
    return GateReport(POLICY, True, ("Not worse.",), None, (), (), data, small_model.model())


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """An office whose challenger is fitted in no time."""
    monkeypatch.setattr(retraining, "challenge", quick_challenge)
    with learning_from(small_model.examples()[:20]), closing(small_office(small_settings(tmp_path / "data"))) as made:
        yield made


def changed(office: Office, **retraining: Any) -> Office:
    """The office with other settings of retraining."""
    table = RetrainingTable(**retraining)
    return replace(office, settings=office.settings.model_copy(update={"retraining": table}))
