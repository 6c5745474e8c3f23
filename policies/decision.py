"""What the rules of a policy, and its topics, make of one observation."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from policies.conditions import Held, hold
from policies.facts import Facts
from policies.file import PolicyFile
from policies.labels import Severity
from policies.rule import Effect, FiredRule, Observation, Outcome, Rule

if TYPE_CHECKING:
    from policies.policy import Policy

_LEVELS = list(Severity)


@dataclass(slots=True)
class _Draft:
    """An outcome while the rules are read."""

    values: dict[str, str] = field(default_factory=dict)
    decided_by: dict[str, str] = field(default_factory=dict)
    clauses: list[str] = field(default_factory=list)
    fired: list[FiredRule] = field(default_factory=list)
    ask: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def decide(self, label: str, value: str, by: str) -> None:
        """The earlier of two deciders wins."""
        if label not in self.values:
            self.values[label] = value
            self.decided_by[label] = by


def could_fire(policy: Policy, facts: Facts, signals: Collection[str]) -> frozenset[str]:
    """See :meth:`policies.policy.Policy.could_fire`."""
    fired: set[str] = set()
    unsettled = set(policy.topics)
    for rule in policy.rules:
        topics = _topics_for(rule, unsettled, Observation(None, None, None, None, {}, signals, facts), policy.file)
        if topics:
            fired.add(rule.id)
            if rule.final:
                unsettled -= topics
    return frozenset(fired)


def _topics_for(rule: Rule, topics: set[str], seen: Observation, file: PolicyFile) -> set[str]:
    """Those of ``topics`` for which the rule's conditions hold; what asks for no topic is looked at once."""
    named = {key: rule.conditions[key] for key in ("topic", "not_topic") if key in rule.conditions}
    fitting = topics & set(named.get("topic", topics)) - set(named.get("not_topic", ()))
    if any(key in alternative for alternative in rule.conditions.get("any_of", ()) for key in ("topic", "not_topic")):
        return {topic for topic in fitting if hold(rule.conditions, replace(seen, topic=topic), file).state}
    rest = {key: wanted for key, wanted in rule.conditions.items() if key not in named}
    return fitting if fitting and hold(rest, seen, file).state else set()


def decide(policy: Policy, seen: Observation) -> Outcome:
    """See :meth:`policies.policy.Policy.decide`."""
    draft = _Draft()
    for rule in policy.rules:
        held = hold(rule.conditions, seen, policy.file)
        if held.state:
            _apply(rule, held, seen, draft)
            if rule.final:
                break
        elif held.state is None and _could_matter(rule, draft.values):
            draft.missing.extend(held.missing)
    _add_topic(policy, seen, draft)
    if draft.missing and policy.file.unknown_facts == "ask":
        draft.ask.append(f"Facts that the policy asks for are not known: {', '.join(dict.fromkeys(draft.missing))}.")
    return Outcome(
        values=draft.values,
        decided_by=draft.decided_by,
        clauses=tuple(dict.fromkeys(draft.clauses)),
        fired=tuple(draft.fired),
        ask=tuple(dict.fromkeys(draft.ask)),
        missing_facts=tuple(dict.fromkeys(draft.missing)),
    )


def _apply(rule: Rule, held: Held, seen: Observation, draft: _Draft) -> None:
    draft.fired.append(FiredRule(rule, held.because, held.signals))
    draft.clauses.extend(rule.clauses)
    for effect in rule.effects:
        if effect.kind == "ask":
            draft.ask.append(effect.reason or rule.title)
        elif effect.kind == "set":
            draft.decide(effect.label or "", effect.value or "", rule.id)
        elif moved := _moved_severity(effect, seen.severity):
            draft.decide("severity", moved.value, rule.id)


def _moved_severity(effect: Effect, severity: Severity | None) -> Severity | None:
    """The severity a raising or lowering rule asks for; None when it is already met, or there is none to move."""
    bound = Severity(effect.value or "")
    if severity is None:
        return None
    too_low = _LEVELS.index(severity) > _LEVELS.index(bound)
    too_high = _LEVELS.index(severity) < _LEVELS.index(bound)
    return bound if (too_low if effect.kind == "raise_to" else too_high) else None


def _could_matter(rule: Rule, decided: Mapping[str, str]) -> bool:
    """Whether a rule that lacks a fact might still have changed a label, or asked for a person."""
    return any(effect.kind == "ask" or (effect.label or "severity") not in decided for effect in rule.effects)


def _add_topic(policy: Policy, seen: Observation, draft: _Draft) -> None:
    """The topic's own scope and clauses, where no rule has decided the scope."""
    topic = policy.topics.get(draft.values.get("topic") or seen.topic or "")
    if topic is None or "scope" in draft.values:
        return
    draft.clauses[:0] = topic.clauses
    if topic.scope is not None:
        draft.decide("scope", topic.scope.value, "topic")
