"""One version of a model: pictures of how it does, and its model card."""

from __future__ import annotations

from flask import Blueprint, abort, render_template

from classifier.model_card import model_card
from classifier.registry import RegistryError
from webui.pictures.gallery import gallery
from webui.room import room

bp = Blueprint("model_version", __name__)


@bp.get("/models/<policy>/<version>")
def show(policy: str, version: str) -> str:
    """The page of one version; 404 where there is none."""
    here = room()
    if policy not in here.policies:
        abort(404, f"There is no policy {policy}.")
    try:
        card = here.registry.card(policy, version)
    except RegistryError as error:
        abort(404, str(error))
    chosen, figures, fault = here.policies[policy], None, None
    try:
        figures = here.registry.figures(policy, version)
    except RegistryError as error:
        fault = str(error)
    return render_template(
        "models/version.html",
        card=card,
        policy=chosen,
        figures=figures,
        fault=fault,
        in_force=here.registry.current(policy) == version,
        shown=gallery(figures, chosen) if figures else [],
        sections=model_card(card, chosen, figures),
    )
