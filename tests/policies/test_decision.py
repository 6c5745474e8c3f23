"""How rules and topics together decide."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.labels import Severity
from policies.policy import Policy
from tests.policies.build import RULE, SMALL, facts, observe, policy_from

FULL_PLAN = """
[[rules]]
id = "full"
title = "Full plan"
clauses = ["in.1"]
set.scope = "included"
when.topic = ["help"]
when.facts = { plan = "full" }
"""


def _policy(rules: str, folder: Path) -> Policy:
    return policy_from(SMALL + rules, folder)


def test_without_a_rule_the_topic_decides(tmp_path: Path) -> None:
    outcome = _policy("", tmp_path).decide(observe("help"))
    assert outcome.values == {"scope": "included"}
    assert outcome.decided_by == {"scope": "topic"}
    assert outcome.clauses == ("small/in.1",)
    assert outcome.fired == ()


@pytest.mark.parametrize("topic", ["rest", None, "gone"])
def test_a_topic_without_scope_leaves_it_to_the_text(topic: str | None, tmp_path: Path) -> None:
    outcome = _policy("", tmp_path).decide(observe(topic))
    assert (outcome.values, outcome.clauses) == ({}, ())


def test_a_rule_that_sets_the_scope_replaces_the_topics_clauses(tmp_path: Path) -> None:
    outcome = _policy(RULE, tmp_path).decide(observe("help"))
    assert outcome.values == {"scope": "outside"}
    assert outcome.decided_by == {"scope": "out"}
    assert outcome.clauses == ("small/out.1",)
    assert [fired.rule.id for fired in outcome.fired] == ["out"]
    assert outcome.fired[0].because == ("the topic is help",)


def test_a_rule_that_sets_no_scope_adds_its_clauses_to_the_topics(tmp_path: Path) -> None:
    outcome = _policy(RULE.replace('set.scope = "outside"', ""), tmp_path).decide(observe("help"))
    assert outcome.values == {"scope": "included"}
    assert outcome.clauses == ("small/in.1", "small/out.1")


def test_the_earlier_of_two_rules_wins_and_the_clause_against_it_is_not_cited(tmp_path: Path) -> None:
    seen = observe("help", facts({"plan": "full"}))
    first = _policy(FULL_PLAN + RULE, tmp_path).decide(seen)
    assert (first.values["scope"], first.decided_by["scope"]) == ("included", "full")
    assert first.clauses == ("small/in.1",)
    assert [fired.rule.id for fired in first.fired] == ["full", "out"]
    second = _policy(RULE + FULL_PLAN, tmp_path).decide(seen)
    assert (second.values["scope"], second.clauses) == ("outside", ("small/out.1",))


def test_of_two_rules_that_agree_both_are_cited(tmp_path: Path) -> None:
    second = RULE.replace('"out"', '"also"').replace('["out.1"]', '["out.1", "in.1"]')
    outcome = _policy(RULE + second, tmp_path).decide(observe("help"))
    assert outcome.clauses == ("small/out.1", "small/in.1")


def test_a_topics_clauses_are_cited_beside_a_rule_that_decides_as_the_topic_does(tmp_path: Path) -> None:
    text = SMALL.replace(
        'name = "rest"\ntitle = "The rest"', 'name = "rest"\ntitle = "R"\nscope = "outside"\nclauses = ["out.1"]'
    )
    deny = FULL_PLAN.replace('set.scope = "included"', 'set.scope = "outside"').replace('["help"]', '["rest"]')
    policy = policy_from(text + deny, tmp_path)
    outcome = policy.decide(observe("rest", facts({"plan": "full"})))
    assert outcome.decided_by == {"scope": "full"}
    assert outcome.clauses == ("small/in.1", "small/out.1")


def test_of_a_topic_that_a_rule_decides_otherwise_the_clauses_that_agree_are_cited(tmp_path: Path) -> None:
    text = SMALL.replace('clauses = ["in.1"]\n\n[[topics]]', 'clauses = ["in.1", "out.1"]\n\n[[topics]]')
    outcome = policy_from(text + RULE.replace('clauses = ["out.1"]\n', ""), tmp_path).decide(observe("help"))
    assert outcome.clauses == ("small/out.1",)


def test_a_final_rule_is_all_that_is_cited(tmp_path: Path) -> None:
    text = SMALL.replace('clauses = ["in.1"]\n\n[[topics]]', 'clauses = ["in.1", "out.1"]\n\n[[topics]]')
    final = RULE.replace('clauses = ["out.1"]', "final = true")
    assert policy_from(text + final, tmp_path).decide(observe("help")).clauses == ()


def test_after_a_final_rule_no_other_is_read(tmp_path: Path) -> None:
    final = RULE.replace('title = "Out"', 'title = "Out"\nfinal = true')
    outcome = _policy(final + FULL_PLAN, tmp_path).decide(observe("help", facts({"plan": "full"})))
    assert [fired.rule.id for fired in outcome.fired] == ["out"]
    assert outcome.clauses == ("small/out.1",)


def test_an_unknown_fact_does_not_fire_the_rule_and_is_named(tmp_path: Path) -> None:
    deny = FULL_PLAN.replace('set.scope = "included"', 'set.scope = "outside"')
    policy = _policy(deny, tmp_path)
    outcome = policy.decide(observe("help"))
    assert outcome.values == {"scope": "included"}
    assert outcome.missing_facts == ("plan",)
    assert policy.decide(observe("rest")).missing_facts == ()


def test_a_fact_is_not_missing_when_an_earlier_rule_has_decided_all_of_it(tmp_path: Path) -> None:
    assert _policy(RULE + FULL_PLAN, tmp_path).decide(observe("help")).missing_facts == ()


def test_a_policy_may_ask_a_person_where_facts_are_missing(tmp_path: Path) -> None:
    text = (SMALL + FULL_PLAN).replace('sender_proof = "required"', 'sender_proof = "required"\nunknown_facts = "ask"')
    outcome = policy_from(text, tmp_path).decide(observe("help"))
    assert len(outcome.ask) == 1
    assert "plan" in outcome.ask[0]


@pytest.mark.parametrize(
    ("effect", "before", "after"),
    [
        ('raise_to = "SEV2"', Severity.SEV4, "SEV2"),
        ('raise_to = "SEV2"', Severity.SEV2, None),
        ('raise_to = "SEV2"', Severity.SEV1, None),
        ('raise_to = "SEV2"', None, None),
        ('lower_to = "SEV3"', Severity.SEV1, "SEV3"),
        ('lower_to = "SEV3"', Severity.SEV3, None),
        ('lower_to = "SEV3"', Severity.SEV4, None),
        ('set.severity = "SEV1"', Severity.SEV4, "SEV1"),
    ],
)
def test_severity_is_raised_to_at_least_and_lowered_to_at_most(
    effect: str, before: Severity | None, after: str | None, tmp_path: Path
) -> None:
    outcome = _policy(RULE.replace('set.scope = "outside"', effect), tmp_path).decide(observe("help", severity=before))
    assert outcome.values.get("severity") == after


def test_the_earlier_of_raising_and_lowering_wins(tmp_path: Path) -> None:
    raising = RULE.replace('set.scope = "outside"', 'raise_to = "SEV2"')
    lowering = raising.replace('raise_to = "SEV2"', 'lower_to = "SEV4"').replace('"out"', '"low"')
    outcome = _policy(raising + lowering, tmp_path).decide(observe("help", severity=Severity.SEV3))
    assert (outcome.values["severity"], outcome.decided_by["severity"]) == ("SEV2", "out")


def test_a_rule_may_ask_for_a_person(tmp_path: Path) -> None:
    outcome = _policy(RULE.replace('set.scope = "outside"', 'ask = "Really?"'), tmp_path).decide(observe("help"))
    assert outcome.ask == ("Really?",)


def test_a_rule_that_sets_the_topic_moves_to_that_topics_clauses(tmp_path: Path) -> None:
    moving = RULE.replace('clauses = ["out.1"]\nset.scope = "outside"', 'set.topic = "help"').replace(
        'when.topic = ["help"]', 'when.topic = ["rest"]'
    )
    outcome = _policy(moving, tmp_path).decide(observe("rest"))
    assert outcome.values == {"topic": "help", "scope": "included"}
    assert outcome.clauses == ("small/in.1",)
