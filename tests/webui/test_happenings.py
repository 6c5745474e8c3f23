"""Events as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from policies.loader import load_shipped
from tests.webui.seed import NOW
from tickets.rows import Event
from webui.happenings import sentence

LABELS = {"severity": "SEV1", "scope": "included", "issue_type": "bug", "topic": "other"}


@pytest.mark.parametrize(
    ("kind", "details", "says"),
    [
        ("ticket_opened", {"message": 1, "labels": LABELS}, "Opened: SEV1, included, bug, something else"),
        (
            "reply_joined",
            {"message": 2, "labels": LABELS},
            "A reply came in; it reads as SEV1, included, bug, something else",
        ),
        (
            "message_set_aside",
            {"message": 3, "screening": {"kind": "own_mail", "reason": "From is one of our own addresses."}},
            "Kept with it, no request: From is one of our own addresses.",
        ),
        (
            "deadline_near",
            {"due_at": "2026-03-02T15:00:00+00:00", "support_seconds_left": 1800},
            "The first response is due 2 Mar 2026, 15:00 UTC: 30 min of support time left",
        ),
        (
            "deadline_missed",
            {"due_at": "2026-03-02T15:00:00+00:00", "late_seconds": 4000},
            "The first response was due 2 Mar 2026, 15:00 UTC; noticed 1 h 6 min later",
        ),
        (
            "notification_given_up",
            {"channel": "mail", "target": "lead@vendor.example", "error": "no such user", "tries": 1},
            "Gave up telling lead@vendor.example by mail: no such user",
        ),
        ("followed_up", {"by": 9}, "The customer wrote again after it was closed: ticket 9 goes on with it"),
        (
            "message_reconsidered",
            {"message": 4, "from": "set_aside", "to": "ticket", "before": "31 mails in 10 minutes."},
            "Taken from what was set aside: 31 mails in 10 minutes.",
        ),
        (
            "message_reconsidered",
            {"message": 4, "from": "quarantined", "to": "reply", "before": "parsing failed."},
            "Taken from what was quarantined: parsing failed.",
        ),
        (
            "policy_adopted",
            {"policy": "perfana", "version": "1.1.0", "effective": "2026-12-01", "reason": "new plan"},
            "Put perfana 1.1.0 in force from 2026-12-01 on: new plan",
        ),
        ("state_changed", {"from": "decided", "to": "review"}, "Moved to needs review"),
        ("quarantine_retried", {"program": "0.2.0", "ticket": 3}, "Quarantine retried (program: 0.2.0; ticket: 3)"),
    ],
)
def test_an_event_is_told_as_a_sentence(kind: str, details: Mapping[str, Any], says: str) -> None:
    assert sentence(Event(1, NOW, kind, 5, "mailtriage", details), load_shipped("penelope")) == says


@pytest.mark.parametrize(
    ("kind", "details", "says"),
    [
        ("quota_used", {"quota": "free-tasks", "left": 2}, "Uses one of the customer's free tasks; 2 left"),
        ("quota_returned", {"quota": "gone", "left": None}, "Gave back one of the customer's gone"),
        (
            "work_moved",
            {
                "step": "estimate",
                "procedure": "project",
                "from": "requested",
                "to": "estimated",
                "estimate": {"minutes": {"consultant": 70}, "units": 5, "amount": "125.00", "currency": "EUR"},
            },
            "Estimated: consultant 70 min; EUR 125.00 → Estimated",
        ),
        (
            "work_moved",
            {"step": "decline", "procedure": "project", "to": "declined", "said_by": "Jana", "note": "too much"},
            "Declined by the customer (Jana; too much) → Declined by the customer",
        ),
        ("work_moved", {"step": "start", "procedure": "gone", "to": "in_work"}, "Work started → in_work"),
        (
            "time_booked",
            {"entry": 1, "day": "2026-05-06", "minutes": 20, "kind": "consultant", "activity": "testing"},
            "Booked 20 min consultant, testing, 2026-05-06",
        ),
        ("request_opened", {"ticket": 8, "why": "set-up"}, "Ticket 8 was opened from it: set-up"),
        ("opened_from", {"ticket": 3, "why": ""}, "Opened from ticket 3"),
        (
            "charge_waived",
            {"charge": "USD 250 for a false alarm.", "from": "proposed", "reason": "the first time"},
            "Charge waived: USD 250 for a false alarm; the first time",
        ),
        ("closed_no_request", {"from": "review", "why": ""}, "Closed: it never was a request"),
    ],
)
def test_an_event_of_work_is_told_as_a_sentence(kind: str, details: Mapping[str, Any], says: str) -> None:
    assert sentence(Event(1, NOW, kind, 5, "ann", details), load_shipped("atollon")) == says
