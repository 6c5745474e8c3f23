"""What the rules of a policy, and its topics, make of one observation."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING

from policies import identity
from policies.conditions import NO, Held, hold
from policies.facts import Facts
from policies.file import PolicyFile
from policies.labels import Scope, Severity
from policies.rule import FiredRule, Observation, Outcome, Rule
from policies.work.commitments import charge_seen

if TYPE_CHECKING:
    from policies.policy import Policy

_OF_TOPICS = ("topic", "not_topic")
_AS_ANYBODY = "the sender is not proven, and so it would be for anybody"
_CHARGED_UNPROVEN = (
    "The sender is not proven: the receiving server does not vouch for the address, and a charge is proposed ({}). "
    "Did the customer write the mail?"
)


@dataclass(slots=True)
class _Draft:
    """An outcome while the rules are read."""

    values: dict[str, str] = field(default_factory=dict)
    decided_by: dict[str, str] = field(default_factory=dict)
    clauses: list[str] = field(default_factory=list)
    fired: list[FiredRule] = field(default_factory=list)
    ask: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    withheld: list[Rule] = field(default_factory=list)
    ended_by: str | None = None
    """A final rule applied: nothing after it is looked at, the topic's own clauses neither."""

    def decide(self, label: str, value: str, by: str) -> None:
        """The earlier of two deciders wins."""
        if label not in self.values:
            self.values[label] = value
            self.decided_by[label] = by

    def withhold(self, rule: Rule) -> None:
        """What the rule would give is not given; what it asks a person is asked all the same."""
        self.withheld.append(rule)
        self.ask.extend(effect.reason or rule.title for effect in rule.effects if effect.kind == "ask")


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
    conditions = rule.conditions
    fitting = topics & set(conditions.get("topic", topics)) - set(conditions.get("not_topic", ()))
    alternatives = conditions.get("any_of", ())
    named = {topic for alternative in alternatives for key in _OF_TOPICS for topic in alternative.get(key, ())}
    apart = {*_OF_TOPICS, "any_of"} if named else _OF_TOPICS
    rest = {key: wanted for key, wanted in conditions.items() if key not in apart}
    if not fitting or not hold(rest, seen, file).state:
        return set()
    if not named:
        return fitting
    # Topics that no alternative names fare alike: one stands for all of them.
    others = fitting - named
    asked = fitting & named | set(islice(others, 1))
    holding = {topic for topic in asked if hold({"any_of": alternatives}, replace(seen, topic=topic), file).state}
    return holding | others if holding & others else holding


def decide(policy: Policy, seen: Observation) -> Outcome:
    """See :meth:`policies.policy.Policy.decide`."""
    draft = _Draft()
    _read_rules(policy, seen, draft)
    _add_topic(policy, seen, draft)
    _ask_about_withheld(policy, draft)
    _ask_about_charge(policy, seen, draft)
    draft.clauses = _cited(policy, draft)
    if draft.missing and policy.file.unknown_facts == "ask":
        draft.ask.append(f"Facts that the policy asks for are not known: {', '.join(dict.fromkeys(draft.missing))}.")
    return Outcome(
        values=draft.values,
        decided_by=draft.decided_by,
        clauses=tuple(dict.fromkeys(draft.clauses)),
        fired=tuple(draft.fired),
        ask=tuple(dict.fromkeys(draft.ask)),
        missing_facts=tuple(dict.fromkeys(draft.missing)),
        withheld=tuple(draft.withheld),
        ended_by=draft.ended_by,
    )


def _read_rules(policy: Policy, seen: Observation, draft: _Draft) -> None:
    """Reads the rules for the mail; where the sender is not believed, beside it for the same mail from a stranger.

    What gives something must apply to both, what does not, to one of them; a final rule that is not withheld ends the
    reading that it applies in.
    """
    believed = identity.counts(policy.file, seen.facts)
    views = (seen,) if believed else (seen, identity.stranger(seen))
    reading = [True] * len(views)
    for rule in policy.rules:
        held = [
            hold(rule.conditions, view, policy.file) if read else NO for view, read in zip(views, reading, strict=True)
        ]
        own, applying = held[0], [part for part in held if part.state]
        withheld = len(applying) < len(held) and identity.grants(rule, policy.file)
        if rule.final and not withheld:
            reading = [read and not part.state for read, part in zip(reading, held, strict=True)]
        if own.state is None and (withheld or not applying) and _could_matter(rule, draft.values):
            draft.missing.extend(own.missing)
        if withheld and own.state:
            draft.withhold(rule)
        elif applying and not withheld:
            _apply(rule, own if own.state else _as_anybody(applying[0]), seen, draft)
        if not any(reading):
            draft.ended_by = rule.id
            return


def _as_anybody(held: Held) -> Held:
    return replace(held, because=(*held.because, _AS_ANYBODY))


def _ask_about_withheld(policy: Policy, draft: _Draft) -> None:
    """A person looks where the customer would have been covered, had the mail been proven to be the customer's."""
    if draft.values.get("scope", Scope.INCLUDED) == Scope.INCLUDED:
        return
    for rule in draft.withheld:
        covering = {Scope.INCLUDED, *(name for name, topic in policy.topics.items() if topic.scope is Scope.INCLUDED)}
        if any(effect.label in ("scope", "topic") and effect.value in covering for effect in rule.effects):
            draft.ask.append(f"It would be covered, were the sender proven: {rule.title}. Is the mail the customer's?")


def _ask_about_charge(policy: Policy, seen: Observation, draft: _Draft) -> None:
    """A charge that a person is to confirm is not proposed to an address that anybody may have written."""
    if identity.counts(policy.file, seen.facts) or "scope" not in draft.values:
        return
    severity = draft.values.get("severity") or seen.severity
    decided = replace(
        seen,
        topic=draft.values.get("topic") or seen.topic,
        scope=Scope(draft.values["scope"]),
        severity=Severity(severity) if severity else None,
    )
    charge = charge_seen(policy, decided)
    if charge is not None and charge.status == "proposed":
        draft.ask.append(_CHARGED_UNPROVEN.format(charge.reason))


def _apply(rule: Rule, held: Held, seen: Observation, draft: _Draft) -> None:
    draft.fired.append(FiredRule(rule, held.because, held.signals))
    draft.clauses.extend(rule.clauses)
    for effect in rule.effects:
        if effect.kind == "ask":
            draft.ask.append(effect.reason or rule.title)
        elif effect.kind == "set":
            draft.decide(effect.label or "", effect.value or "", rule.id)
        elif seen.severity in effect.moves:
            draft.decide("severity", effect.value or "", rule.id)


def _could_matter(rule: Rule, decided: Mapping[str, str]) -> bool:
    """Whether a rule that lacks a fact might still have changed a label, or asked for a person."""
    return any(effect.kind == "ask" or (effect.label or "severity") not in decided for effect in rule.effects)


def _add_topic(policy: Policy, seen: Observation, draft: _Draft) -> None:
    """The topic's own scope and clauses; where a rule has decided the scope, those clauses that agree with it."""
    topic = policy.topics.get(draft.values.get("topic") or seen.topic or "")
    if topic is None or (draft.ended_by is not None and "scope" in draft.values):
        return
    decided = draft.values.get("scope")
    if decided is None:
        draft.clauses[:0] = topic.clauses
        if topic.scope is not None:
            draft.decide("scope", topic.scope.value, "topic")
    elif topic.scope == decided:
        draft.clauses.extend(topic.clauses)
    else:
        draft.clauses.extend(name for name in topic.clauses if policy.clauses[name].scope == decided)


def _cited(policy: Policy, draft: _Draft) -> list[str]:
    """The clauses without those of rules that lost the scope to another: a verdict does not cite both sides."""
    scope = draft.values.get("scope")
    lost: set[str] = set()
    kept: set[str] = set()
    for fired in draft.fired:
        wanted = {effect.value for effect in fired.rule.effects if effect.label == "scope"}
        for name in fired.rule.clauses:
            against = bool(wanted) and scope not in wanted and policy.clauses[name].scope not in (None, scope)
            (lost if against else kept).add(name)
    return [name for name in draft.clauses if name not in lost or name in kept]
