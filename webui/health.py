"""Whether the program is well, for a machine to ask."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, jsonify

from errors import MailtriageError
from webui.room import room

bp = Blueprint("health", __name__)
log = logging.getLogger(__name__)


@bp.get("/healthz")
def healthz() -> tuple[Response, int]:
    """200 with ``{"status": "ok", ...}``, or 503; without the reason, which is in the log: anybody may ask."""
    here = room()
    try:
        here.store.check()
        report = dict(here.health()) if here.health else {}
    except MailtriageError as error:
        log.error("health check: %s", error)
        return jsonify(status="failing"), 503
    report.setdefault("status", "ok")
    return jsonify(report), 200 if report["status"] == "ok" else 503
