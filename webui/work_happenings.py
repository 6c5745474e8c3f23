"""Events of work, quotas and charges as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policies.policy import Policy
from policies.work.commitments import procedure_named
from policies.work.quota import Quota
from tickets.rows import Event

KINDS = frozenset(
    {"quota_used", "quota_returned", "work_moved", "time_booked", "time_removed", "request_opened", "opened_from"}
    | {"charge_confirmed", "charge_waived", "charge_stands", "closed_no_request"}
)
"""The kinds of events that are told here."""

STEPS: Mapping[str, str] = {
    "estimate": "Estimated",
    "send": "Estimate sent for approval",
    "approve": "Approved by the customer",
    "decline": "Declined by the customer",
    "start": "Work started",
    "hand_over": "Handed over",
    "accept": "Accepted by the customer",
    "done": "Work done",
}


def sentence(event: Event, policy: Policy | None) -> str:
    """What happened, for a person."""
    details = event.details
    match event.kind:
        case "quota_used":
            return f"Uses one of the customer's {_quota(details, policy)}{_left(details)}"
        case "quota_returned":
            return f"Gave back one of the customer's {_quota(details, policy)}{_left(details)}"
        case "work_moved":
            return _moved(details, policy)
        case "time_booked":
            return f"Booked {_time(details)}"
        case "time_removed":
            return f"Took out of the timesheet: {_time(details)}"
        case "request_opened":
            return f"Ticket {details.get('ticket')} was opened from it{_why(details)}"
        case "opened_from":
            return f"Opened from ticket {details.get('ticket')}{_why(details)}"
        case "charge_confirmed" | "charge_waived":
            word = event.kind.removeprefix("charge_")
            return f"Charge {word}: {str(details.get('charge')).rstrip('.')}; {details.get('reason')}"
        case "charge_stands":
            return str(details.get("says"))
        case _:
            return f"Closed: it never was a request{_why(details)}"


def _quota(details: Mapping[str, Any], policy: Policy | None) -> str:
    quotas: tuple[Quota, ...] = policy.file.quotas if policy is not None else ()
    return next((quota.title for quota in quotas if quota.id == details.get("quota")), str(details.get("quota")))


def _left(details: Mapping[str, Any]) -> str:
    return f"; {details['left']} left" if details.get("left") is not None else ""


def _moved(details: Mapping[str, Any], policy: Policy | None) -> str:
    procedure = procedure_named(policy, details.get("procedure"))
    state = str(details.get("to"))
    told = STEPS.get(str(details.get("step")), str(details.get("step")))
    estimate = details.get("estimate") or {}
    if estimate:
        minutes = ", ".join(f"{kind} {number} min" for kind, number in (estimate.get("minutes") or {}).items())
        amount, currency = estimate.get("amount"), estimate.get("currency")
        told += f": {minutes}; {f'{currency} {amount}' if amount is not None else 'amount open'}"
    remarks = "; ".join(filter(None, [details.get("said_by"), details.get("note")]))
    title = procedure.title_of(state) if procedure is not None else state
    return f"{told}{f' ({remarks})' if remarks else ''} → {title}"


def _time(details: Mapping[str, Any]) -> str:
    return f"{details.get('minutes')} min {details.get('kind')}, {details.get('activity')}, {details.get('day')}"


def _why(details: Mapping[str, Any]) -> str:
    return f": {details['why']}" if details.get("why") else ""
