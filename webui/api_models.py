"""Models, as the API has them: their cards and figures, and put in force by hand."""

from __future__ import annotations

from flask import Response

from classifier.registry import RegistryError
from webui.api import answer, bp, editor, policy_named, sent_object
from webui.problems import Problem
from webui.promoting import LONGEST_REASON, promoting
from webui.room import room

KEYS = frozenset({"version", "reason"})


@bp.get("/models/<policy>/<version>")
def show(policy: str, version: str) -> Response:
    """The card of a version, and its ``figures`` (null where none were kept); 404 where there is none."""
    chosen, registry = policy_named(policy), room().registry
    try:
        card = registry.card(chosen.name, version)
    except RegistryError as error:
        raise Problem(404, str(error)) from error
    figures = registry.figures(chosen.name, version)
    return answer({**card.to_json(), "figures": figures.to_json() if figures else None})


@bp.post("/models/<policy>/promote")
def promote(policy: str) -> Response:
    """Puts ``version`` in force; one that the gate refused needs a ``reason``."""
    user = editor("put models in force")
    chosen, sent = policy_named(policy), sent_object(KEYS)
    version, reason = sent.get("version"), sent.get("reason", "")
    if not isinstance(version, str) or not isinstance(reason, str) or len(reason) > LONGEST_REASON:
        raise Problem(422, "Send the version, and the reason if there is one, as strings.")
    promoting()(chosen.name, version, user.name, reason)
    return answer({"policy": chosen.name, "version": version, "in_force": True})
