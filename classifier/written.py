"""A policy's own examples as mails to learn from, and what is still to be written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from classifier.example import WRITTEN, Example
from policies.facts import FactValue
from policies.policy import Policy
from policies.trial import examples as policy_examples

ENOUGH = 5
"""Mails of a topic below which it is hardly told from others; most topics of the mails that ship have as many."""


def labelled(examples: Sequence[policy_examples.Example], policy: Policy) -> list[Example]:
    """The examples as labelled mails whose origin is ``written``; their severity is the one that must come out.

    What was expected of a sender who is not proven says nothing of the scope: labelled mails count as proven.
    """
    return [_labelled(example, policy) for example in examples]


def _labelled(example: policy_examples.Example, policy: Policy) -> Example:
    expect, facts = example.expect, example.facts
    severity = expect.severity or example.severity or policy.severity_from_impact(example.impact)[0]
    labels = {"severity": str(severity), "issue_type": str(example.issue_type), "topic": example.topic}
    decided = facts.sender_proven and expect.scope != "text"
    if decided:
        labels["scope"] = str(expect.scope)
    return Example(
        id=f"{policy.name}-example-{example.id}",
        subject=example.subject,
        body=example.body,
        policy=policy.name,
        received=facts.received_at,
        customer={name: _plain(value) for name, value in facts.customer.items()},
        history=None if facts.history is None else tuple((past.topic, past.days_ago) for past in facts.history),
        labels=labels,
        clauses=tuple(f"{policy.name}/{name}" for name in expect.clauses or ()) if decided else None,
        impact=dict(example.impact),
        origin=WRITTEN,
    )


def _plain(value: FactValue) -> FactValue:
    return value.isoformat() if isinstance(value, date) else value


def wanting(examples: Sequence[Example], policy: Policy) -> Iterator[str]:
    """For each topic that has too few of ``examples`` a sentence that says what to write."""
    counts = Counter(example.labels.get("topic") for example in examples)
    for name, topic in policy.topics.items():
        if counts[name] < ENOUGH:
            has = f"has {counts[name] or 'no'} mail{'' if counts[name] == 1 else 's'}"
            yield (
                f"Topic {name} ({topic.title}) {has}; write {ENOUGH - counts[name]} more, as different "
                f"customers would, or label some that came in."
            )
