"""A few rules on top of a policy: where they come, what they replace, and what they can change."""

from __future__ import annotations

import pytest

from policies.candidate import differences, with_rules
from policies.loader import PolicyFileError, load_shipped
from policies.policy import Policy

RULE = b"""
[[rules]]
id = "tried"
title = "A rule on trial"
when = { signals_any = ["tried_words"] }
set = { scope = "outside" }

[signals.tried_words]
title = "Words on trial"
phrases.en = ["on trial"]
"""


@pytest.fixture
def policy() -> Policy:
    return load_shipped("penelope")


def test_a_rule_comes_last(policy: Policy) -> None:
    candidate = with_rules(policy, RULE, "trial.toml")
    assert [rule.id for rule in candidate.rules] == [*[rule.id for rule in policy.rules], "tried"]
    assert "tried_words" in candidate.signals
    assert candidate.version == policy.version
    assert candidate.digest != policy.digest


def test_a_rule_comes_before_the_one_that_is_named(policy: Policy) -> None:
    candidate = with_rules(policy, b'before = "self-hosted"\n' + RULE, "trial.toml")
    ids = [rule.id for rule in candidate.rules]
    assert ids.index("tried") == ids.index("self-hosted") - 1
    assert [name for name in ids if name != "tried"] == [rule.id for rule in policy.rules]


def test_a_rule_whose_id_is_there_takes_its_place(policy: Policy) -> None:
    candidate = with_rules(policy, RULE.replace(b'"tried"', b'"self-hosted"'), "trial.toml")
    ids = [rule.id for rule in candidate.rules]
    assert ids == [rule.id for rule in policy.rules]
    assert candidate.rules[ids.index("self-hosted")].title == "A rule on trial"


def test_a_clause_can_be_cited_by_the_rule_that_comes_with_it(policy: Policy) -> None:
    clause = b"""
[[clauses]]
id = "outside.99"
sentence = "What is on trial is outside support."
scope = "outside"
needs = ["M"]
"""
    candidate = with_rules(policy, clause + RULE.replace(b"when =", b'clauses = ["outside.99"]\nwhen ='), "trial.toml")
    assert candidate.clauses["penelope/outside.99"].sentence == "What is on trial is outside support."
    assert candidate.rules[-1].clauses == ("penelope/outside.99",)


@pytest.mark.parametrize(
    ("addition", "says"),
    [
        (b"version = '9.9.9'", "version"),
        (b"[rules]\nid = 'x'", r"\[\[rules\]\]"),
        (b"signals = 3", r"\[signals.NAME\]"),
        (b'before = "nobody"\n' + RULE, "no rule 'nobody'"),
        (RULE.replace(b'"tried_words"]', b'"other_words"]'), "other_words"),
        (b"not toml", "TOML"),
        (b"\xff", "TOML"),
    ],
)
def test_what_cannot_be_added_is_refused_by_name(policy: Policy, addition: bytes, says: str) -> None:
    with pytest.raises(PolicyFileError, match=says) as refused:
        with_rules(policy, addition, "trial.toml")
    assert "trial.toml" in str(refused.value)


def test_nothing_differs_from_itself(policy: Policy) -> None:
    found = differences(policy, policy)
    assert (found.rules, found.signals) == ((), frozenset())
    assert found.same_severity
    assert found.same_terms
    assert found.additions_only


def test_added_rules_and_signals_are_additions_only(policy: Policy) -> None:
    found = differences(with_rules(policy, RULE, "trial.toml"), policy)
    assert [rule.id for rule in found.rules] == ["tried"]
    assert found.signals == {"tried_words"}
    assert found.additions_only


def test_a_changed_rule_is_no_mere_addition(policy: Policy) -> None:
    changed = with_rules(policy, RULE.replace(b'"tried"', b'"self-hosted"'), "trial.toml")
    assert not differences(changed, policy).additions_only


def test_a_rule_that_is_gone_is_no_mere_addition(policy: Policy) -> None:
    assert not differences(policy, with_rules(policy, RULE, "trial.toml")).additions_only


def test_a_changed_signal_is_no_mere_addition(policy: Policy) -> None:
    name = next(iter(policy.signals))
    found = differences(with_rules(policy, RULE.replace(b"tried_words", name.encode()), "trial.toml"), policy)
    assert found.signals == {name}
    assert not found.additions_only
