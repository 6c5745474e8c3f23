"""The rows of new tickets, and what a reply changes in a ticket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from classifier.promise import NOVEL
from classifier.verdict import Verdict
from policies.labels import LABELS
from tickets import holds
from tickets.customer.whose import choice_asked
from tickets.holds import Hold
from tickets.recording import Recording
from tickets.work.charges import opened_with

CUSTOMER_REPLIED = "customer replied"
NEW_SENDER = "new sender: no customer record"


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a ticket a reply looks at and changes."""

    state: str
    severity: str
    review_reasons: tuple[str, ...]


def opening(
    recording: Recording, received_at: datetime, closed: Mapping[str, int], held: Sequence[Hold] = ()
) -> dict[str, Any]:
    """The row of the ticket that an accepted mail opens; ``closed`` has the last ticket of its conversation, if any.

    What falls under one of the holds goes to a person, its verdict being what it was.
    """
    placement, verdict, terms, mail = recording.placement, recording.verdict, recording.terms, recording.message
    if placement is None or verdict is None or terms is None:
        raise ValueError("a ticket is opened with its placement, verdict and terms")
    customer = placement.customer
    target = terms.response_target
    choice = choice_asked(placement.facts)
    under_hold = holds.reasons(held, verdict)
    in_review = verdict.needs_person or choice is not None or bool(under_hold)
    reasons = [*review_reasons(verdict, known_sender=customer is not None or choice is not None), *under_hold]
    return {
        "policy": recording.policy,
        "conversation": placement.conversation,
        "state": "review" if in_review else "decided",
        "review_reasons": [*reasons, *([choice] if choice else [])] if in_review else [],
        "subject": mail.subject,
        "sender_name": mail.sender.name if mail.sender else "",
        "sender_address": mail.sender.address if mail.sender else "",
        "customer_id": customer.id if customer else None,
        **{label: verdict.labels[label].value for label in LABELS},
        "sources": {label: verdict.labels[label].source for label in LABELS},
        "corrected": {},
        "clauses": list(verdict.clauses),
        "created_at": received_at,
        "due_at": target.due if target else None,
        "verdict": verdict.to_json(),
        "facts": placement.facts.to_json(),
        "terms": terms.to_json(),
        "previous": closed.get(placement.conversation),
        "charge_state": opened_with(terms),
    }


def review_reasons(verdict: Verdict, *, known_sender: bool) -> list[str]:
    """Why a person has to look, in short sentences."""
    unsure = (
        [NOVEL]
        if verdict.novel
        else [
            f"{label.replace('_', ' ')} unsure ({verdict.labels[label].probability:.2f})"
            for label in LABELS
            if not verdict.labels[label].acted_alone
        ]
    )
    return [*unsure, *verdict.ask, *([] if known_sender else [NEW_SENDER])]


def after_reply(standing: Standing, verdict: Verdict | None) -> Standing:
    """The ticket after the customer wrote again: in review, its labels untouched."""
    reasons = list(standing.review_reasons) if standing.state == "review" else []
    reasons.append(CUSTOMER_REPLIED)
    severity = verdict.labels["severity"].value if verdict else standing.severity
    if severity < standing.severity:  # SEV1 is the most severe and sorts first
        reasons.append(f"the reply reads as {severity}, more severe than {standing.severity}")
    return Standing("review", standing.severity, tuple(dict.fromkeys(reasons)))
