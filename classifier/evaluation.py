"""How a model does on labelled mails: by itself, and with the policy's rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from classifier import metrics
from classifier.assess import assess
from classifier.example import Example
from classifier.families import group_families
from classifier.head import FOLDS, group_folds
from classifier.mail import mail_of
from classifier.model import Model, Profile, train
from classifier.recipe import FOR_MAILS, Recipe
from classifier.verdict import Verdict
from policies.labels import IMPACT_VALUES, LABELS, Severity
from policies.policy import Policy


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled mail with the verdict on it, and which labels the model alone would have decided without a person."""

    example: Example
    verdict: Verdict
    model_alone: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class LabelScores:
    """One label over the mails that have it. ``ece`` is the expected calibration error of the model's probability.

    ``share_alone`` is the share decided without a person, ``accuracy_alone`` how often those were right (None: there
    were none).
    """

    examples: int
    accuracy: float
    macro_f1: float
    confusion: Mapping[str, Mapping[str, int]]
    ece: float
    share_alone: float
    accuracy_alone: float | None


@dataclass(frozen=True, slots=True)
class SeverityScores:
    """Severity as a decision: mean cost a mail by the policy's table, and how pages (SEV1) went.

    ``false_pages`` is the share of the other mails that were decided SEV1.
    """

    cost: float
    sev1_recall: float | None
    false_pages: float | None
    quadratic_kappa: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The scores of one model (or of one recipe, cross-validated) on the labelled mails of one policy."""

    policy: str
    examples: int
    model_alone: Mapping[str, LabelScores]
    with_rules: Mapping[str, LabelScores]
    severity_model_alone: SeverityScores
    severity_with_rules: SeverityScores
    impact: Mapping[str, Mapping[str, float]]

    def to_json(self) -> dict[str, Any]:
        """A JSON object with every score."""
        return asdict(self)


def evaluate(model: Model, policy: Policy, examples: Sequence[Example]) -> Evaluation:
    """The scores of ``model`` on ``examples``."""
    return score(policy, judge(model, policy, examples))


def cross_validate(
    policy: Policy,
    examples: Sequence[Example],
    folds: int = FOLDS,
    *,
    profile: Profile = "standard",
    seed: int = 0,
    pool: Sequence[Example] = (),
    recipe: Recipe = FOR_MAILS,
) -> Evaluation:
    """The scores over all ``examples``, each judged by a model trained without it or any other mail of its group."""
    strata = [example.labels.get("topic", "") for example in examples]
    families = group_families(examples)
    groups = [families[example.digest] for example in examples]
    judged: list[Judged] = []
    for inside, outside in group_folds(strata, groups, folds=folds, seed=seed):
        learning = [examples[i] for i in inside]
        model = train(policy, learning, profile=profile, seed=seed, pool=pool, recipe=recipe)
        judged += judge(model, policy, [examples[i] for i in outside])
    return score(policy, judged)


def judge(model: Model, policy: Policy, examples: Sequence[Example]) -> list[Judged]:
    """The verdicts on ``examples``; their labels are not looked at."""
    verdicts = assess(model, policy, [mail_of(example) for example in examples])
    return [
        Judged(example, verdict, dict(verdict.reading.sure) if verdict.reading else {})
        for example, verdict in zip(examples, verdicts, strict=True)
    ]


def score(policy: Policy, judged: Sequence[Judged]) -> Evaluation:
    """The scores of verdicts against labels."""
    severities = [
        (j.example.labels["severity"], j.verdict.labels["severity"]) for j in judged if "severity" in j.example.labels
    ]
    truth = [true for true, _ in severities]
    return Evaluation(
        policy=policy.name,
        examples=len(judged),
        model_alone={label: _label_scores(judged, label, rules=False) for label in LABELS},
        with_rules={label: _label_scores(judged, label, rules=True) for label in LABELS},
        severity_model_alone=_severity_scores(policy, truth, [d.model_value for _, d in severities]),
        severity_with_rules=_severity_scores(policy, truth, [d.value for _, d in severities]),
        impact={fact: _fact_scores(judged, fact) for fact in IMPACT_VALUES},
    )


def _label_scores(judged: Sequence[Judged], label: str, *, rules: bool) -> LabelScores:
    known = [j for j in judged if label in j.example.labels]
    truth = [j.example.labels[label] for j in known]
    decisions = [j.verdict.labels[label] for j in known]
    decided = [d.value if rules else d.model_value for d in decisions]
    right = [a == b for a, b in zip(truth, decided, strict=True)]
    alone = [d.acted_alone if rules else j.model_alone[label] for j, d in zip(known, decisions, strict=True)]
    return LabelScores(
        examples=len(known),
        accuracy=metrics.accuracy(truth, decided),
        macro_f1=metrics.macro_f1(truth, decided),
        confusion=metrics.confusion(truth, decided),
        ece=metrics.expected_calibration_error([d.probability for d in decisions], right),
        share_alone=sum(alone) / len(known) if known else 0.0,
        accuracy_alone=sum(r for r, a in zip(right, alone, strict=True) if a) / sum(alone) if any(alone) else None,
    )


def _severity_scores(policy: Policy, truth: Sequence[str], decided: Sequence[str]) -> SeverityScores:
    costs = [policy.severity_costs[Severity(a)][Severity(b)] for a, b in zip(truth, decided, strict=True)]
    paged = [b == Severity.SEV1 for b in decided]
    recalled = [page for page, true in zip(paged, truth, strict=True) if true == Severity.SEV1]
    mistaken = [page for page, true in zip(paged, truth, strict=True) if true != Severity.SEV1]
    return SeverityScores(
        cost=sum(costs) / len(costs) if costs else 0.0,
        sev1_recall=sum(recalled) / len(recalled) if recalled else None,
        false_pages=sum(mistaken) / len(mistaken) if mistaken else None,
        quadratic_kappa=metrics.quadratic_kappa(truth, decided, list(Severity)),
    )


def _fact_scores(judged: Sequence[Judged], fact: str) -> dict[str, float]:
    known = [j for j in judged if fact in j.example.impact]
    truth = [j.example.impact[fact] for j in known]
    read = [j.verdict.impact[fact].value for j in known]
    return {"accuracy": metrics.accuracy(truth, read), "macro_f1": metrics.macro_f1(truth, read)}
