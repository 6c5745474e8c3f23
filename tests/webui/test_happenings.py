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
        ("state_changed", {"from": "decided", "to": "review"}, "Moved to needs review"),
        ("quarantine_retried", {"program": "0.2.0", "ticket": 3}, "Quarantine retried (program: 0.2.0; ticket: 3)"),
    ],
)
def test_an_event_is_told_as_a_sentence(kind: str, details: Mapping[str, Any], says: str) -> None:
    assert sentence(Event(1, NOW, kind, 5, "mailtriage", details), load_shipped("penelope")) == says
