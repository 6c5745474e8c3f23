"""A report on a model as files: a page with pictures, and every number of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from classifier.card import ModelCard
from classifier.evaluation import Judged
from classifier.figures.figures import Figures
from classifier.figures.mistakes import mistakes
from errors import MailtriageError
from policies.labels import LABELS
from policies.policy import Policy
from webui.report_page import report_page

PAGE, NUMBERS = "index.html", "report.json"


class ReportError(MailtriageError):
    """A report cannot be written: names the folder."""


def write_report(
    folder: Path,
    card: ModelCard,
    policy: Policy,
    figures: Figures,
    judged: Sequence[Judged],
    *,
    written: datetime,
    with_mails: bool,
) -> Path:
    """Writes ``index.html`` and ``report.json`` into ``folder``; the page's path.

    Mails are named by their ids; with ``with_mails`` the page shows the texts of those decided wrongly.
    """
    wrong = mistakes(judged, LABELS)
    named = {one.mail for one in wrong}
    shown = [one.example for one in judged if one.example.id in named] if with_mails else None
    page = report_page(card, policy, figures, wrong, written=written, mails=shown)
    numbers = {
        "written": written.isoformat(),
        "model": card.to_json(),
        "policy_version": policy.version,
        "figures": figures.to_json(),
        "mistakes": [asdict(one) for one in wrong],
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PAGE).write_text(page, encoding="utf-8")
        (folder / NUMBERS).write_text(json.dumps(numbers, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise ReportError(f"--report: {folder} cannot be written ({error.strerror}).") from error
    return folder / PAGE
