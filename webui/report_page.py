"""The report on a model as one HTML document that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from flask import Flask
from markupsafe import Markup

from classifier.card import ModelCard
from classifier.example import Example
from classifier.figures.figures import Figures
from classifier.figures.mistakes import Mistake
from classifier.model_card import model_card
from classifier.program import program_version
from policies.policy import Policy
from webui.decision import title_of
from webui.pictures.gallery import gallery
from webui.words import LABEL_TITLES, plain, stamp

STYLE = Path(__file__).parent / "static" / "style.css"


def report_page(
    card: ModelCard,
    policy: Policy,
    figures: Figures,
    mistakes: Sequence[Mistake],
    *,
    written: datetime,
    mails: Sequence[Example] | None = None,
) -> str:
    """The document. ``mails`` are those of the mistakes, shown with their texts; None names them only."""
    environment = Flask("webui").jinja_env
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters.update(plain=plain, stamp=stamp)
    environment.globals.update(LABEL_TITLES=LABEL_TITLES, title_of=title_of)
    return environment.get_template("report/index.html").render(
        card=card,
        policy=policy,
        figures=figures,
        shown=gallery(figures, policy),
        sections=model_card(card, policy, figures),
        mistakes=mistakes,
        mails=mails or (),
        with_mails=mails is not None,
        written=written,
        program=program_version(),
        style=_style(),
    )


def _style() -> Markup:
    """The pages' own stylesheet, which refers to nothing outside it."""
    return Markup(STYLE.read_text(encoding="utf-8"))  # noqa: S704 - a file of the program's own
