"""What is found from the conditions is what trying every mail finds: on small random policies, nothing more or less."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.conditions import hold
from policies.contradictions.conflicts import examine
from policies.labels import Severity
from policies.loader import read_policy
from policies.policy import Policy
from policies.rule import Effect, Observation, Outcome, Rule
from tests.policies.random_policy import KINDS, mails, rules, targets

_LEVELS = list(Severity)
_TRIED = settings(
    max_examples=50, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)

_SMALL_KINDS = [kind for kind in KINDS if kind not in ("topic", "history")]
# Topics have clauses of their own, so they are among them; counts of requests are many and stand alone.
_KINDS_TOGETHER = [
    ["topic", "history"],
    ["history", "plan"],
    *(["topic", first, second] for first in _SMALL_KINDS for second in _SMALL_KINDS if first < second),
]


@_TRIED
@given(st.data(), st.sampled_from(_KINDS_TOGETHER))
def test_conflicts_dead_rules_and_clauses_are_those_that_every_mail_shows(
    data: st.DataObject, kinds: list[str]
) -> None:
    policy = read_policy(data.draw(rules(kinds)).encode(), "random.toml")
    found = examine(policy)
    tried = [(mail, policy.decide(mail)) for mail in mails(kinds)]
    assert not [finding.says for finding in found if finding.kind == "not_decided"]

    conflicts = {(f.name, policy.rules[_place(f.other)].id, f.label) for f in found if f.kind == "conflict"}
    assert conflicts == {pair for mail, outcome in tried for pair in _conflicts(policy, mail, outcome)}

    dead = {finding.name for finding in found if finding.kind == "dead" and finding.path.startswith("rules")}
    alive = {rule.id for _, outcome in tried for rule in _working(policy, outcome)}
    assert dead == {rule.id for rule in policy.rules} - alive

    unreachable = {finding.name for finding in found if finding.kind == "unreachable"}
    cited = {name.partition("/")[2] for _, outcome in tried for name in outcome.clauses}
    assert unreachable == {clause.id for clause in policy.file.clauses} - cited


@settings(parent=_TRIED, max_examples=25)
@given(st.data(), st.sampled_from([kind for kind in KINDS if KINDS[kind].of_lines]))
def test_dead_lines_are_those_that_no_mail_comes_to(data: st.DataObject, kind: str) -> None:
    policy = read_policy(data.draw(targets([kind])).encode(), "random.toml")
    found = {finding.name for finding in examine(policy) if finding.path.startswith("response_targets")}
    within = {_within(policy, mail) for mail in mails([kind])}
    assert found == {f"line-{n}" for n in range(len(policy.file.response_targets)) if n + 1 not in within}


def _place(path: str | None) -> int:
    return int((path or "").removeprefix("rules[").removesuffix("]"))


def _conflicts(policy: Policy, mail: Observation, outcome: Outcome) -> set[tuple[str, str, str]]:
    """The pairs of rules that applied, want different things of a label, and have no order.

    Those that apply to an unproven mail by what holds for a stranger alone are left out.
    """
    fired = [hit.rule for hit in outcome.fired if hold(hit.rule.conditions, mail, policy.file).state]
    return {
        (first.id, second.id, one.label or "")
        for place, first in enumerate(fired)
        for second in fired[place + 1 :]
        for one in first.effects
        for other in second.effects
        if one.label is not None and one.label == other.label and second.id not in first.over and not first.final
        if _differ(one, other, mail) and not _settled(fired[:place], first, second, one.label)
    }


def _differ(one: Effect, other: Effect, mail: Observation) -> bool:
    wanted, met = _allowed(one), _allowed(other)
    if "set" in (one.kind, other.kind) or one.kind != other.kind:
        return not wanted & met
    # Two raises, or two lowerings: the earlier is heard, and may fall short of the later.
    return mail.severity not in wanted and one.value not in met


def _allowed(effect: Effect) -> set[str]:
    """The values of its label with which the effect is content."""
    if effect.kind == "set":
        return {effect.value or ""}
    at = _LEVELS.index(Severity(effect.value or ""))
    return set(_LEVELS[: at + 1] if effect.kind == "raise_to" else _LEVELS[at:])


def _settled(before: list[Rule], first: Rule, second: Rule, label: str) -> bool:
    return any(
        {first.id, second.id} <= set(rule.over) and any(e.kind == "set" and e.label == label for e in rule.effects)
        for rule in before
    )


def _working(policy: Policy, outcome: Outcome) -> list[Rule]:
    """The rules that did something: decided a label, had a clause cited, asked, or ended the reading."""
    return [
        hit.rule
        for hit in outcome.fired
        if hit.rule.id in outcome.decided_by.values()
        or set(hit.rule.clauses) & set(outcome.clauses)
        or any(effect.kind == "ask" for effect in hit.rule.effects)
        or (hit.rule.final and hit.rule is not policy.rules[-1])
    ]


def _within(policy: Policy, mail: Observation) -> int | None:
    labels = {"topic": mail.topic or "", "issue_type": "advice", "severity": mail.severity or "", "scope": "included"}
    target = policy.terms(labels, (), mail.facts, mail.facts.received_at).response_target
    return int(target.within.split()[0]) if target else None
