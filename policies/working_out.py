"""Coverage, charge, response target and notices of a decided request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

from policies.calendar import SupportClock
from policies.conditions import hold
from policies.facts import Facts
from policies.hours import Calendar
from policies.labels import IssueType, Scope, Severity
from policies.promises import Charge, Promise, Within
from policies.rule import Observation
from policies.terms import ResponseTarget, Terms
from policies.when import TermsWhen

if TYPE_CHECKING:
    from policies.policy import Policy

_COVERAGE = {
    Scope.INCLUDED: "Covered by the support agreement",
    Scope.OUTSIDE: "Not covered by the support agreement",
    Scope.PROFESSIONAL_SERVICES: "Not covered by support, but offered as a professional service",
}
_NOT_FACTS = {"history": "the customer's earlier requests", "language": "the language of the mail"}


@dataclass(slots=True)
class _Draft:
    """Terms while they are worked out: full ids of clauses cited, and notes."""

    clauses: list[str]
    notes: list[str]


def work_out_terms(
    policy: Policy, labels: Mapping[str, str], clauses: Sequence[str], facts: Facts, received_at: datetime
) -> Terms:
    """See :meth:`policies.policy.Policy.terms`."""
    seen = _observation(labels, replace(facts, received_at=received_at))
    draft = _Draft(list(clauses), [])
    target = _response_target(policy, seen, draft)
    charge = _charge(policy, seen, draft)
    _notices(policy, seen, draft)
    missing = policy.decide(seen).missing_facts
    if missing:
        draft.notes.append(f"Not known: {', '.join(_fact_title(policy, name) for name in missing)}.")
    cited = [policy.clauses[name] for name in dict.fromkeys(draft.clauses) if name in policy.clauses]
    return Terms(
        clauses={clause.id: clause.sentence for clause in cited},
        coverage=_coverage(policy, seen.scope, clauses),
        charge=charge,
        response_target=target,
        notes=tuple(dict.fromkeys(draft.notes)),
    )


def _observation(labels: Mapping[str, str], facts: Facts) -> Observation:
    issue_type, severity, scope = (labels.get(key) for key in ("issue_type", "severity", "scope"))
    return Observation(
        topic=labels.get("topic"),
        issue_type=IssueType(issue_type) if issue_type else None,
        severity=Severity(severity) if severity else None,
        scope=Scope(scope) if scope else None,
        impact={},
        signals=(),
        facts=facts,
    )


def _coverage(policy: Policy, scope: Scope | None, clauses: Sequence[str]) -> str:
    if scope is None:
        return "Whether the support agreement covers this is not decided."
    cited = [policy.clauses[name] for name in clauses if name in policy.clauses]
    if not cited:
        return f"{_COVERAGE[scope]}; no clause of the agreement names it."
    reason = next((clause for clause in cited if clause.scope is scope), cited[0])
    return f"{_COVERAGE[scope]}: {reason.sentence.rstrip('.')} ({reason.id})."


def _response_target(policy: Policy, seen: Observation, draft: _Draft) -> ResponseTarget | None:
    promise = _promise(policy, seen, draft)
    if promise is None or seen.severity is None:
        return None
    if _rests_on_identity(promise.when) and not _identity_counts(policy, seen.facts):
        draft.notes.append(
            f"No response target of {promise.title}: the sender's address is not proven "
            "by the receiving server, and a claimed identity entitles to nothing."
        )
        return None
    draft.clauses.extend(f"{policy.name}/{name}" for name in promise.clauses)
    within = promise.within[str(seen.severity)]
    calendar: Calendar = policy.file.calendars[promise.calendar]
    if within.hours is None and within.business_days is None:
        draft.notes.append(f"No response time is promised for {seen.severity} by {promise.title}.")
        return None
    return ResponseTarget(_due(calendar, within, seen.facts.received_at), within.words, calendar.title)


def _promise(policy: Policy, seen: Observation, draft: _Draft) -> Promise | None:
    """The first line of the table that fits; facts that would decide and are missing become a note."""
    promises: tuple[Promise, ...] = policy.file.response_targets
    missing: list[str] = []
    for promise in promises:
        held = hold(promise.when.plain() if promise.when else {}, seen, policy.file)
        if held.state:
            return promise
        missing.extend(held.missing)
    if missing:
        names = ", ".join(_fact_title(policy, name) for name in dict.fromkeys(missing))
        draft.notes.append(f"No response target: it depends on what is not known ({names}).")
    return None


def _due(calendar: Calendar, within: Within, received_at: datetime) -> datetime:
    clock = SupportClock(calendar)
    if within.business_days is not None:
        due = clock.add_business_days(received_at, within.business_days)
    else:
        due = clock.add(received_at, within.hours or timedelta(0))
    # A fixed offset: in the hour that autumn repeats, a zoned time is unequal to every other (PEP 495), also to itself
    # read back from JSON.
    return due.astimezone(timezone(due.utcoffset() or timedelta(0)))


def _rests_on_identity(when: TermsWhen | None) -> bool:
    return when is not None and (when.facts or when.days_since or when.version or when.history) is not None


def _identity_counts(policy: Policy, facts: Facts) -> bool:
    return policy.file.sender_proof == "trusted" or facts.sender_proven is True


def _charge(policy: Policy, seen: Observation, draft: _Draft) -> str | None:
    charges: tuple[Charge, ...] = policy.file.charges
    charge = next((entry for entry in charges if hold(entry.when.plain(), seen, policy.file).state), None)
    if charge is None:
        return None
    ids = [f"{policy.name}/{name}" for name in charge.clauses]
    draft.clauses.extend(ids)
    match charge.kind:
        case "amount":
            price = f"{charge.currency} {Decimal(charge.amount or '0')} for {charge.reason}"
        case "by_time":
            price = f"{charge.reason}, charged {policy.file.prices.sentence()}"
        case _:
            price = f"{charge.reason}, at a price to be quoted"
    status = "proposed, a person confirms it before it is charged" if charge.status == "proposed" else ""
    remarks = "; ".join(filter(None, [", ".join(ids), status]))
    return f"{price[0].upper()}{price[1:]}{f' ({remarks})' if remarks else ''}."


def _notices(policy: Policy, seen: Observation, draft: _Draft) -> None:
    for notice in policy.file.notices:
        if _rests_on_identity(notice.when) and not _identity_counts(policy, seen.facts):
            continue
        if hold(notice.when.plain(), seen, policy.file).state:
            draft.notes.append(notice.text)
            draft.clauses.extend(f"{policy.name}/{name}" for name in notice.clauses)


def _fact_title(policy: Policy, name: str) -> str:
    return _NOT_FACTS.get(name) or policy.file.facts[name].title
