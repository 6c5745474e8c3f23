"""Rules that want different things of one mail without an order between them, found from their conditions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from policies.contradictions.dead import dead_lines, dead_rules
from policies.contradictions.effects import Difference, deciding, differences
from policies.contradictions.finding import Finding
from policies.contradictions.formula import Formula, negated
from policies.contradictions.rule_space import RuleSpace
from policies.contradictions.unreachable import unreachable_clauses
from policies.contradictions.witness import NotDecided
from policies.policy import Policy
from policies.positions import Positions
from policies.rule import Rule


def examine(policy: Policy) -> tuple[Finding, ...]:
    """Conflicts between rules, rules and lines that can never apply, and clauses that nothing can cite, in that order.

    Every condition is looked at, no mail is: each condition tells apart only a few values of what it looks at, and the
    search goes through those.
    """
    space = RuleSpace(policy)
    dead = (*dead_rules(space), *dead_lines(policy))
    found = [*conflicting_rules(space), *dead, *unreachable_clauses(space, dead)]
    positions = Positions.of(policy.source.decode("utf-8"))
    return tuple(replace(finding, line=positions.line(finding.path)) for finding in found)


def conflicting_rules(space: RuleSpace) -> Iterator[Finding]:
    """Pairs of rules that both apply to some mail and want different things, where nothing says which is to win."""
    for (at, first), (later, second) in combinations(enumerate(space.policy.rules), 2):
        if first.final or second.id in first.over or first.id in second.over:
            continue
        for difference in differences(first, second):
            yield from _conflict(space, (at, later), difference)


def _conflict(space: RuleSpace, places: tuple[int, int], difference: Difference) -> Iterator[Finding]:
    at, later = places
    rules = space.policy.rules
    first, second = rules[at], rules[later]
    path, other = f"rules[{at}]", f"rules[{later}]"
    pair = f"{first.id!r} and {second.id!r}"
    also: list[Formula] = [
        negated(space.applies(rule)) for rule in rules[:at] if _settles(rule, first, second, difference.label)
    ]
    if difference.severities is not None:
        also.append(space.dimensions.among("severity", difference.severities))
    try:
        witness = space.applying([first, second], also)
    except NotDecided as error:
        says = f"whether {pair} can both apply is not decided: {error}"
        yield Finding("not_decided", path, first.id, says, None, other, difference.label)
        return
    if witness is not None:
        says = f"{pair} can both apply: {difference.says}; say which wins with over, final or other conditions"
        yield Finding("conflict", path, first.id, says, witness, other, difference.label)


def _settles(rule: Rule, first: Rule, second: Rule, label: str) -> bool:
    """Whether a rule is said to win over both of two others, and decides the label that they quarrel about."""
    return {first.id, second.id} <= set(rule.over) and (label, None) in deciding(rule)
