"""A recorded verdict given again with other facts of the customer, from what was read of the mail then."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from classifier.redeciding import MODEL, decision_of, observation, recorded_severity
from classifier.verdict import RuleHit, Verdict
from policies.facts import Facts
from policies.policy import Policy
from policies.rule import FiredRule, Outcome


def with_facts(policy: Policy, verdict: Verdict, facts: Facts, signals: Collection[str]) -> Verdict:
    """The verdict that ``policy``, by which it was given, gives of the same reading with these facts.

    The same as deciding the mail's text again by the same model, which goes on seeing the facts that it saw
    (:attr:`~policies.facts.Facts.as_read`). ``signals`` are the policy's that are in the mail.
    """
    told = verdict.to_json()
    severity = recorded_severity(told)
    outcome = policy.decide(observation(told, severity, facts, signals))
    decision = decision_of(told, severity, outcome)
    return replace(
        verdict,
        labels={
            label: replace(
                before,
                value=decision.values[label],
                source="model" if decision.decided_by[label] == MODEL else "rule",
                acted_alone=decision.alone[label],
            )
            for label, before in verdict.labels.items()
        },
        clauses=outcome.clauses,
        rule_hits=tuple(_rule_hit(fired, outcome, verdict) for fired in outcome.fired),
        missing_facts=outcome.missing_facts,
        ask=outcome.ask,
    )


def _rule_hit(fired: FiredRule, outcome: Outcome, verdict: Verdict) -> RuleHit:
    effects = {label: outcome.values[label] for label, by in outcome.decided_by.items() if by == fired.rule.id}
    found = verdict.reading.signals if verdict.reading else {}
    matched = tuple(dict.fromkeys(text for name in fired.signals for text in found.get(name, ())))
    return RuleHit(fired.rule.id, fired.rule.clauses, effects, fired.because, matched)
