"""What a decided request uses up, how work on it goes, what it is charged by, and what may be opened from it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from policies import identity
from policies.conditions import hold
from policies.facts import Facts
from policies.labels import IssueType, Scope, Severity
from policies.promises import Charge
from policies.rule import Observation
from policies.terms import Terms
from policies.values import read_fact
from policies.work.procedure import Procedure
from policies.work.quota import LinkedRequest, Quota

if TYPE_CHECKING:
    from policies.policy import Policy

USES = "Uses one of the customer's"
USES_NONE = "Uses none of the customer's"


def with_commitments(terms: Terms, policy: Policy, seen: Observation, *, proven: bool) -> Terms:
    """``terms`` with the quotas that the request uses, the procedure it is in, and whether its charge is proposed only.

    ``proven`` says whether the sender counts as who the mail says; an unproven one uses no quota. Where a label is
    undecided there is nothing to add.
    """
    if None in (seen.topic, seen.issue_type, seen.severity, seen.scope):
        return terms
    quotas = quotas_used(policy, seen, proven=proven)
    procedure = procedure_of(policy, seen, terms.clauses)
    charge = charge_seen(policy, seen)
    ids = [name for entry in (*quotas, procedure) if entry is not None for name in entry.clauses]
    cited = {name: policy.clauses[name].sentence for name in (f"{policy.name}/{each}" for each in ids)}
    notes = (
        *(f"{USES} {quota.title}." for quota in quotas),
        *(f"{USES_NONE} {quota.title}: {why}." for quota, why in included_beside(policy, seen, proven=proven)),
    )
    return replace(
        terms,
        clauses={**terms.clauses, **{name: text for name, text in cited.items() if name not in terms.clauses}},
        notes=(*terms.notes, *(note for note in notes if note not in terms.notes)),
        quotas={quota.id: quota.fact for quota in quotas},
        procedure=procedure.id if procedure else None,
        charge_proposed=charge is not None and charge.status == "proposed",
    )


def without_quotas(terms: Terms) -> Terms:
    """``terms`` of a request that uses no quota after all."""
    return replace(terms, quotas={}, notes=tuple(note for note in terms.notes if not note.startswith(USES)))


def quotas_used(policy: Policy, seen: Observation, *, proven: bool) -> list[Quota]:
    """The quotas of which the request uses one; an unproven sender uses none."""
    quotas: tuple[Quota, ...] = policy.file.quotas if proven else ()
    return [
        quota for quota in quotas if _left(policy, quota, seen) and hold(quota.when.plain(), seen, policy.file).state
    ]


def included_beside(policy: Policy, seen: Observation, *, proven: bool) -> list[tuple[Quota, str]]:
    """The quotas that an included request would use but for what is left, or for who sent it; each with why."""
    if seen.scope is not Scope.INCLUDED:
        return []
    used = quotas_used(policy, seen, proven=proven)
    found = []
    for quota in policy.file.quotas:
        others = {name: test for name, test in (quota.when.facts or {}).items() if name != quota.fact}
        when = quota.when.model_copy(update={"facts": others or None})
        if quota not in used and hold(when.plain(), seen, policy.file).state:
            left = _left(policy, quota, seen)
            found.append((quota, "none is known to be left" if not left else "the sender is not proven"))
    return found


def _left(policy: Policy, quota: Quota, seen: Observation) -> bool:
    value = read_fact(policy.file.facts[quota.fact], seen.facts.customer.get(quota.fact))
    return isinstance(value, int) and value > 0


def procedure_of(policy: Policy, seen: Observation, cited: Collection[str]) -> Procedure | None:
    """The first procedure that fits the request; ``cited`` are the full ids of its clauses."""
    procedures: tuple[Procedure, ...] = policy.file.procedures
    for procedure in procedures:
        wanted = {f"{policy.name}/{name}" for name in procedure.cites}
        if (not wanted or wanted & set(cited)) and hold(procedure.when.plain(), seen, policy.file).state:
            return procedure
    return None


def procedure_named(policy: Policy | None, name: str | None) -> Procedure | None:
    """The procedure of that id; None where the policy has none."""
    procedures: tuple[Procedure, ...] = policy.file.procedures if policy is not None else ()
    return next((procedure for procedure in procedures if procedure.id == name), None)


def charge_of(policy: Policy, labels: Mapping[str, str], facts: Facts) -> Charge | None:
    """The charge that applies to a request with these labels; None when it costs nothing."""
    return charge_seen(policy, observed(labels, facts))


def charge_seen(policy: Policy, seen: Observation) -> Charge | None:
    """As :func:`charge_of`, for a request as conditions look at it."""
    fitting = [charge for charge in policy.file.charges if hold(charge.when.plain(), seen, policy.file).state]
    if not identity.counts(policy.file, seen.facts):
        # Of an unproven sender it is the first that rests on the mail alone, if there is one.
        of_anybody = [e for e in fitting if not identity.rests_on_identity(e.when.plain(), seen, policy.file)]
        fitting = of_anybody or fitting
    return fitting[0] if fitting else None


def request_to_open(policy: Policy, labels: Mapping[str, str], facts: Facts) -> LinkedRequest | None:
    """What an agent may open from a request with these labels; None when nothing."""
    linked: LinkedRequest | None = policy.file.linked_request
    if linked is None or not hold(linked.when.plain(), observed(labels, facts), policy.file).state:
        return None
    return linked


def observed(labels: Mapping[str, str], facts: Facts) -> Observation:
    """A request with all labels decided, as conditions look at it."""
    return Observation(
        topic=labels["topic"],
        issue_type=IssueType(labels["issue_type"]),
        severity=Severity(labels["severity"]),
        scope=Scope(labels["scope"]),
        impact={},
        signals=(),
        facts=facts,
    )
