"""A mail and its facts to a verdict: heads predict, signals are found, rules override, thresholds decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from classifier.explain import Words
from classifier.mail import Mail as Mail
from classifier.model import Model, Seen
from classifier.prediction import Decided, Prediction, decide
from classifier.program import program_version
from classifier.sentences import whole
from classifier.signals import finder
from classifier.verdict import FactReading, LabelDecision, RuleHit, Verdict, Versions, WordWeight
from policies.labels import IMPACT_VALUES, LABELS
from policies.policy import Policy
from policies.rule import FiredRule

Signals = Mapping[str, tuple[str, ...]]


def assess(model: Model, policy: Policy, mails: Sequence[Mail]) -> list[Verdict]:
    """One verdict a mail, in order; the batch is embedded and predicted together."""
    if not mails:
        return []
    find = finder(policy).find
    signals = [find(mail.subject, mail.text) for mail in mails]
    seen = model.see(policy, mails, signals)
    return [
        _verdict(model, policy, mail, prediction, signals[row], _words(model, seen, mail, row))
        for row, (mail, prediction) in enumerate(zip(mails, model.read(seen), strict=True))
    ]


def _words(model: Model, seen: Seen, mail: Mail, row: int) -> Words:
    return Words(model.features, whole(mail.subject, mail.text), seen.x[row])


def _verdict(
    model: Model, policy: Policy, mail: Mail, prediction: Prediction, signals: Signals, words: Words
) -> Verdict:
    decided = decide(policy, prediction, mail.facts, signals, model.severity_mix)
    impact = prediction.impact
    return Verdict(
        policy=policy.name,
        labels=_labels(model, decided),
        impact={
            fact: FactReading(
                impact[fact], prediction.probabilities[fact][impact[fact]], prediction.sentences.get(fact)
            )
            for fact in IMPACT_VALUES
        },
        severity_by_table=policy.severity_from_impact(impact)[0].value,
        severity_by_head=prediction.best("severity"),
        clauses=decided.outcome.clauses,
        evidence=_evidence(model, decided, words),
        rule_hits=tuple(_rule_hit(fired, decided, signals) for fired in decided.outcome.fired),
        missing_facts=decided.outcome.missing_facts,
        ask=decided.outcome.ask,
        language=mail.facts.language,
        versions=Versions(model.version, policy.version, program_version()),
    )


def _labels(model: Model, decided: Decided) -> dict[str, LabelDecision]:
    """What rests on a rule rests on the topic the rule was chosen by, so it may act alone only if the topic does."""
    alone = {label: _sure(model, decided, label) for label in LABELS}
    by_rule = decided.outcome.values
    decisions = {}
    for label in LABELS:
        probabilities = decided.probabilities[label]
        decisions[label] = LabelDecision(
            value=decided.values[label],
            source="rule" if label in by_rule else "model",
            model_value=decided.model_values[label],
            probability=probabilities[decided.model_values[label]],
            alternatives=tuple(sorted(probabilities.items(), key=lambda item: -item[1])),
            acted_alone=alone["topic"] if label in by_rule else alone[label],
        )
    return decisions


def _sure(model: Model, decided: Decided, label: str) -> bool:
    threshold = model.thresholds[label]
    return threshold is not None and decided.probabilities[label][decided.model_values[label]] >= threshold


def _evidence(model: Model, decided: Decided, words: Words) -> dict[str, tuple[WordWeight, ...]]:
    return {
        label: words.speaking(model.heads[label], decided.model_values[label], decided.probabilities[label])
        for label in LABELS
    }


def _rule_hit(fired: FiredRule, decided: Decided, signals: Signals) -> RuleHit:
    outcome = decided.outcome
    effects = {label: outcome.values[label] for label, by in outcome.decided_by.items() if by == fired.rule.id}
    matched = tuple(dict.fromkeys(text for name in fired.signals for text in signals.get(name, ())))
    return RuleHit(fired.rule.id, fired.rule.clauses, effects, fired.because, matched)
