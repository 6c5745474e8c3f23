"""The rules that could fire are those that do fire for some topic."""

import random
from datetime import UTC, datetime

import pytest

from policies import loader
from policies.facts import Facts
from policies.policy import Policy
from policies.rule import Observation

SHIPPED = sorted(loader.shipped())


def fired_for_some_topic(policy: Policy, facts: Facts, signals: frozenset[str]) -> set[str]:
    return {
        one.rule.id
        for topic in policy.topics
        for one in policy.decide(Observation(topic, None, None, None, {}, signals, facts)).fired
    }


@pytest.mark.parametrize("name", SHIPPED)
def test_for_shipped_policies_whatever_is_known(name: str) -> None:
    policy = loader.load_shipped(name)
    chance = random.Random(7)
    seen = set()
    for _ in range(60):
        known = {
            fact: chance.choice(values)
            for fact, values in policy.fact_values.items()
            if values is not None and chance.random() < 0.6
        }
        language = chance.choice(["en", "nl", None])
        facts = Facts(datetime(2026, 11, 22, 10, tzinfo=UTC), known, sender_proven=True, language=language)
        signals = frozenset(name for name in policy.signals if chance.random() < 0.3)
        wanted = fired_for_some_topic(policy, facts, signals)
        assert policy.could_fire(facts, signals) == wanted
        seen |= wanted
    assert len(seen) > 1
