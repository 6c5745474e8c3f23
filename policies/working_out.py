"""Coverage, charge, response target and notices of a decided request."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

from policies import identity
from policies.clock.calendar import clock_of
from policies.conditions import hold
from policies.facts import Facts
from policies.labels import IssueType, Scope, Severity
from policies.promises import Promise
from policies.rule import Observation, Rule
from policies.terms import Question, ResponseTarget, Terms
from policies.work.commitments import charge_seen, with_commitments

if TYPE_CHECKING:
    from policies.policy import Policy

_COVERAGE = {
    Scope.INCLUDED: "Covered by the support agreement",
    Scope.OUTSIDE: "Not covered by the support agreement",
    Scope.PROFESSIONAL_SERVICES: "Not covered by support, but offered as a professional service",
}
PROPOSED = "proposed, a person confirms it before it is charged"


@dataclass(slots=True)
class _Draft:
    """Terms while they are worked out: full ids of clauses cited, and notes."""

    clauses: list[str]
    notes: list[str]


def work_out_terms(
    policy: Policy,
    labels: Mapping[str, str],
    clauses: Sequence[str],
    facts: Facts,
    received_at: datetime,
    *,
    impact: Mapping[str, str] | None = None,
    signals: Collection[str] = (),
) -> Terms:
    """See :meth:`policies.policy.Policy.terms`."""
    seen = _observation(labels, replace(facts, received_at=received_at), impact or {}, signals)
    draft = _Draft(list(clauses), [])
    target = _response_target(policy, seen, draft)
    charge = _charge(policy, seen, draft)
    _notices(policy, seen, draft)
    outcome = policy.decide(seen)
    draft.notes.extend(_not_relied_on(rule) for rule in outcome.withheld)
    if outcome.missing_facts:
        draft.notes.append(f"Not known: {', '.join(policy.file.title_of(name) for name in outcome.missing_facts)}.")
    cited = [policy.clauses[name] for name in dict.fromkeys(draft.clauses) if name in policy.clauses]
    terms = Terms(
        clauses={clause.id: clause.sentence for clause in cited},
        coverage=_coverage(policy, seen.scope, clauses),
        charge=charge,
        response_target=target,
        notes=tuple(dict.fromkeys(draft.notes)),
        questions=_questions(policy, seen) if impact is not None else (),
    )
    return with_commitments(terms, policy, seen, proven=identity.counts(policy.file, facts))


def _not_relied_on(rule: Rule) -> str:
    cited = f" ({', '.join(rule.clauses)})" if rule.clauses else ""
    return f"Not relied on, because the receiving server does not vouch for the sender's address: {rule.title}{cited}."


def _questions(policy: Policy, seen: Observation) -> tuple[Question, ...]:
    return tuple(
        Question(entry.id, dict(entry.asks))
        for entry in policy.file.questions
        if hold(entry.when.plain(), seen, policy.file).state
    )


def _observation(
    labels: Mapping[str, str], facts: Facts, impact: Mapping[str, str], signals: Collection[str]
) -> Observation:
    issue_type, severity, scope = (labels.get(key) for key in ("issue_type", "severity", "scope"))
    return Observation(
        topic=labels.get("topic"),
        issue_type=IssueType(issue_type) if issue_type else None,
        severity=Severity(severity) if severity else None,
        scope=Scope(scope) if scope else None,
        impact=impact,
        signals=signals,
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
    draft.clauses.extend(f"{policy.name}/{name}" for name in promise.clauses)
    within = promise.within[str(seen.severity)]
    due = clock_of(policy.file.calendars[promise.calendar]).due(seen.facts.received_at, within)
    if due is None:
        draft.notes.append(promise.no_time or f"No response time is promised for {seen.severity} by {promise.title}.")
        return None
    # A fixed offset: in the hour that autumn repeats, a zoned time is unequal to every other (PEP 495), also to itself
    # read back from JSON.
    fixed = due.astimezone(timezone(due.utcoffset() or timedelta(0)))
    return ResponseTarget(fixed, within.words, policy.file.calendars[promise.calendar].title)


def _promise(policy: Policy, seen: Observation, draft: _Draft) -> Promise | None:
    """The first line of the table that fits and that the sender may claim; facts that are missing become a note."""
    promises: tuple[Promise, ...] = policy.file.response_targets
    believed = identity.counts(policy.file, seen.facts)
    missing: list[str] = []
    for promise in promises:
        conditions = promise.when.plain() if promise.when else {}
        held = hold(conditions, seen, policy.file)
        if not held.state:
            missing.extend(held.missing)
        elif believed or not identity.rests_on_identity(conditions, seen, policy.file):
            return promise
        else:
            draft.notes.append(
                f"No response target of {promise.title}: the sender's address is not proven "
                "by the receiving server, and a claimed identity entitles to nothing."
            )
    if missing:
        names = ", ".join(policy.file.title_of(name) for name in dict.fromkeys(missing))
        draft.notes.append(f"No response target: it depends on what is not known ({names}).")
    return None


def _charge(policy: Policy, seen: Observation, draft: _Draft) -> str | None:
    charge = charge_seen(policy, seen)
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
    status = PROPOSED if charge.status == "proposed" else ""
    remarks = "; ".join(filter(None, [", ".join(ids), status]))
    return f"{price[0].upper()}{price[1:]}{f' ({remarks})' if remarks else ''}."


def _notices(policy: Policy, seen: Observation, draft: _Draft) -> None:
    # What is told beside a refusal gives nothing away.
    believed = seen.scope is not Scope.INCLUDED or identity.counts(policy.file, seen.facts)
    for notice in policy.file.notices:
        conditions = notice.when.plain()
        if not hold(conditions, seen, policy.file).state:
            continue
        if believed or not identity.rests_on_identity(conditions, seen, policy.file):
            draft.notes.append(notice.text)
            draft.clauses.extend(f"{policy.name}/{name}" for name in notice.clauses)
