"""What a policy's examples reach: its clauses, its rules, and every branch by which something is decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from policies.conditions import hold
from policies.file import PolicyFile
from policies.labels import Scope, Severity
from policies.policy import Policy
from policies.promises import Promise
from policies.rule import Observation
from policies.trial.trying import Tried
from policies.work.commitments import charge_seen

ENOUGH = 3
"""Examples that a clause should have: it holds, it just holds, and it looks so but does not."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of ``of`` were reached, and the names of those that were not."""

    reached: int
    of: int
    missed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """What examples reach. ``few`` are the clauses that fewer than :data:`ENOUGH` examples are about.

    A clause is reached by an example that is about it and in which it is cited. A branch is an alternative of a rule, a
    row of the severity table, a line of the response targets and each time in it, a charge, a notice, a question, a
    quota or a procedure.
    """

    clauses: Share
    few: tuple[str, ...]
    rules: Share
    branches: Share


def reach(policy: Policy, tried: Sequence[Tried]) -> Reach:
    """What those of ``tried`` that passed reach."""
    passed = [each for each in tried if each.passed]
    about = Counter(name for each in passed for name in dict.fromkeys(each.example.about))
    covered = {name for each in passed for name in each.example.about if name in each.clauses}
    fired = {hit.rule.id for each in passed for hit in each.outcome.fired}
    reached = {branch for each in passed for branch in _reached(policy, each)}
    return Reach(
        clauses=_share(policy.clauses, covered),
        few=tuple(name for name in policy.clauses if about[name] < ENOUGH),
        rules=_share([rule.id for rule in policy.rules], fired),
        branches=_share(list(branches(policy)), reached),
    )


def branches(policy: Policy) -> Iterator[str]:
    """The name of every branch of the policy."""
    file = policy.file
    for rule in policy.rules:
        yield from _alternatives(f"rule {rule.id}", rule.conditions)
    yield from (f"severity {row.level}: {row.row}" for row in file.severity)
    for promise in file.response_targets:
        yield f"response target {promise.id}"
        yield from (_time(promise, level) for level in Severity if _named(promise, level))
    for kind in ("charges", "notices", "questions", "quotas", "procedures"):
        for entry in getattr(file, kind):
            yield f"{kind[:-1]} {entry.id}"
            yield from _alternatives(f"{kind[:-1]} {entry.id}", entry.when.plain())


def _reached(policy: Policy, tried: Tried) -> Iterator[str]:
    file, terms = policy.file, tried.terms
    for hit in tried.outcome.fired:
        yield from _alternatives(f"rule {hit.rule.id}", hit.rule.conditions, tried.seen, file)
    row = next(row for row in file.severity if row.fits(tried.example.impact))
    yield f"severity {row.level}: {row.row}"
    yield from _targets(policy, tried)
    charge = charge_seen(policy, _decided(tried)) if terms.charge is not None else None
    if charge is not None:
        yield f"charge {charge.id}"
        yield from _alternatives(f"charge {charge.id}", charge.when.plain(), _decided(tried), file)
    for notice in file.notices:
        if notice.text in terms.notes:
            yield f"notice {notice.id}"
            yield from _alternatives(f"notice {notice.id}", notice.when.plain(), _decided(tried), file)
    for question in file.questions:
        if question.id in {asked.id for asked in terms.questions}:
            yield f"question {question.id}"
            yield from _alternatives(f"question {question.id}", question.when.plain(), _decided(tried), file)
    yield from (f"quota {name}" for name in terms.quotas)
    if terms.procedure is not None:
        yield f"procedure {terms.procedure}"


def _alternatives(
    of: str, conditions: Mapping[str, Any], seen: Observation | None = None, file: PolicyFile | None = None
) -> Iterator[str]:
    """The names of the alternatives among ``conditions``: of all, or of those that hold for what was ``seen``."""
    for number, alternative in enumerate(conditions.get("any_of", ()), 1):
        if seen is None or file is None or hold(alternative, seen, file).state:
            yield f"{of}, alternative {number}"


def _targets(policy: Policy, tried: Tried) -> Iterator[str]:
    """The line of the response targets that gave what the terms say, and the time in it."""
    seen = _decided(tried)
    for promise in policy.file.response_targets:
        cited = {f"{policy.name}/{name}" for name in promise.clauses} <= set(tried.terms.clauses)
        if cited and hold(promise.when.plain() if promise.when else {}, seen, policy.file).state:
            yield f"response target {promise.id}"
            if tried.terms.response_target is not None and seen.severity is not None:
                yield _time(promise, seen.severity)
            return


def _decided(tried: Tried) -> Observation:
    """What was observed, with the labels that were decided from it."""
    scope = tried.labels.get("scope")
    return replace(tried.seen, severity=Severity(tried.labels["severity"]), scope=Scope(scope) if scope else None)


def _named(promise: Promise, level: Severity) -> bool:
    within = promise.within[str(level)]
    return within.hours is not None or within.business_days is not None


def _time(promise: Promise, level: Severity) -> str:
    return f"response target {promise.id}, {level}"


def _share(names: Iterable[str], reached: set[str]) -> Share:
    every = list(names)
    missed = tuple(name for name in every if name not in reached)
    return Share(len(every) - len(missed), len(every), missed)
