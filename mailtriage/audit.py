"""What the audit says, for the log, for alerts and for machines that watch the program."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mailtriage.office import Office
from tickets.audit_report import report
from tickets.holds import Hold, told
from tickets.store import Store
from webui.alerts import Alert

AUTONOMY_HELD = "autonomy_held"


def hold_alerts(store: Store) -> list[Alert]:
    """An alert for each label that decides nothing alone until a person has looked."""
    return [alert_of(hold) for hold in store.holds()]


def alert_of(hold: Hold) -> Alert:
    """What agents must know of a hold, and how it is lifted."""
    return Alert(
        hold.policy,
        AUTONOMY_HELD,
        f"{AUTONOMY_HELD} {hold.id}",
        f"{told(hold)} decides nothing alone, for {hold.reason}",
        f"Once a lead has looked, on the page Audit or: mailtriage audit lift {hold.id}",
        part="autonomy",
    )


def figures(office: Office, now: datetime) -> dict[str, Any]:
    """Numbers for monitoring, by policy: audits that wait, labels held, and of each label the live accuracy.

    ``accuracy`` is None where nothing was judged in the last 90 days; ``lower`` and ``upper`` are its 95% interval.
    """
    shown: dict[str, Any] = {}
    for name in sorted(office.policies):
        found = report(office.store, name, now)
        shown[name] = {
            "waiting": found.waiting,
            "held": sum(hold.stands for hold in found.holds),
            "labels": {each.label: each.accuracy.to_json() | {"promised": each.promised} for each in found.labels},
        }
    return shown
