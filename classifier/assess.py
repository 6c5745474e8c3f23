"""A mail and its facts to a verdict: heads predict, signals are found, rules override, thresholds decide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from classifier.explain import Words
from classifier.mail import Mail as Mail
from classifier.model import Model, Seen
from classifier.prediction import Decided, Prediction, decide
from classifier.program import program_version
from classifier.signals import finder
from classifier.verdict import FactReading, LabelDecision, Novelty, Reading, RuleHit, Verdict, Versions, WordWeight
from policies.labels import IMPACT_VALUES, LABELS
from policies.policy import Policy
from policies.rule import FiredRule

Signals = Mapping[str, tuple[str, ...]]


def assess(model: Model, policy: Policy, mails: Sequence[Mail]) -> list[Verdict]:
    """One verdict a mail, in order; the batch is embedded and predicted together."""
    if not mails:
        return []
    signals, seen = look(model, policy, mails)
    predictions = model.read(seen)
    novelties = model.novelties(seen, predictions)
    return [
        _verdict(
            model, policy, mail, prediction, novelty, signals[row], Words(model.features, seen.texts[row], seen.x[row])
        )
        for row, (mail, prediction, novelty) in enumerate(zip(mails, predictions, novelties, strict=True))
    ]


def judged_verdict(
    model: Model, policy: Policy, mail: Mail, prediction: Prediction, signals: Signals, *, novel: bool
) -> Verdict:
    """The verdict on a mail whose prediction is known already; without the words it rests on, and if ``novel`` with
    nothing decided alone."""
    verdict = _verdict(model, policy, mail, prediction, None, signals, None)
    if not novel or verdict.reading is None:
        return verdict
    labels = {label: replace(decision, acted_alone=False) for label, decision in verdict.labels.items()}
    nothing = replace(verdict.reading, sure=dict.fromkeys(LABELS, False))
    return replace(verdict, labels=labels, reading=nothing)


def look(model: Model, policy: Policy, mails: Sequence[Mail]) -> tuple[list[Signals], Seen]:
    """The policy's signals that are in each mail, and the mails as the heads see them."""
    signals = signals_in(policy, mails)
    # What the model learned from is what the rules and signals of its own policy said; a later policy does not change
    # what it reads, so that a changed rule can be tried on the past exactly.
    learned = model.trained_under or policy
    read = [replace(mail, facts=mail.facts.as_read) if mail.facts.read_with else mail for mail in mails]
    return signals, model.see(learned, read, signals if learned.digest == policy.digest else signals_in(learned, mails))


def signals_in(policy: Policy, mails: Sequence[Mail]) -> list[Signals]:
    """The policy's signals that are in each mail."""
    find = finder(policy).find
    return [find(mail.subject, mail.text) for mail in mails]


def _verdict(
    model: Model,
    policy: Policy,
    mail: Mail,
    prediction: Prediction,
    novelty: Novelty | None,
    signals: Signals,
    words: Words | None,
) -> Verdict:
    decided = decide(policy, prediction, mail.facts, signals, model.severity_mix)
    alone = _alone(model, decided, novelty)
    impact = prediction.impact
    return Verdict(
        policy=policy.name,
        labels=_labels(decided, alone),
        impact={
            fact: FactReading(
                impact[fact], prediction.probabilities[fact][impact[fact]], prediction.sentences.get(fact)
            )
            for fact in IMPACT_VALUES
        },
        severity_by_table=policy.severity_from_impact(impact)[0].value,
        severity_by_head=prediction.best("severity"),
        clauses=decided.outcome.clauses,
        evidence=_evidence(model, decided, words) if words is not None else {},
        rule_hits=tuple(_rule_hit(fired, decided, signals) for fired in decided.outcome.fired),
        missing_facts=decided.outcome.missing_facts,
        ask=decided.outcome.ask,
        language=mail.facts.language,
        versions=Versions(model.version, policy.version, program_version()),
        reading=Reading(
            severity=prediction.probabilities["severity"],
            impact={fact: prediction.probabilities[fact] for fact in IMPACT_VALUES},
            table_share=model.severity_mix.table_share,
            temperature=model.severity_mix.temperature,
            sure=alone,
            signals=dict(signals),
        ),
        novelty=novelty,
    )


def _labels(decided: Decided, alone: Mapping[str, bool]) -> dict[str, LabelDecision]:
    """What rests on a rule rests on the topic the rule was chosen by, so it may act alone only if the topic does."""
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


def _alone(model: Model, decided: Decided, novelty: Novelty | None) -> dict[str, bool]:
    """Of each label whether the model may decide it alone: none of a mail that is unlike those learned from."""
    if novelty is not None and novelty.novel:
        return dict.fromkeys(LABELS, False)
    values = decided.model_values
    return {label: model.autonomy[label].sure(values[label], decided.sureness(label)) for label in LABELS}


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
