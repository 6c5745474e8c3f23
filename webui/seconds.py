"""How long an agent looked at a page before saying something on it."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import request

from webui.room import room

LONGEST = timedelta(hours=1)
"""A page open longer was left alone meanwhile, over lunch say: how long was looked at it is not known."""


def seconds_looked() -> float | None:
    """Since the moment that the form carries as ``opened``; None where that cannot be known."""
    try:
        opened = datetime.fromisoformat(request.form.get("opened", ""))
        looked = room().clock() - opened
    except (ValueError, TypeError):  # no moment, or one without an offset
        return None
    return round(looked.total_seconds(), 1) if timedelta(0) <= looked <= LONGEST else None
