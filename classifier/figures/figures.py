"""All figures of one model on one set of labelled mails: numbers and names of classes, nothing of any mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from classifier import autonomy
from classifier.autonomy import Autonomy
from classifier.evaluation import Judged, LabelScores, SeverityScores, score
from classifier.example import WRITTEN
from classifier.figures.costs import Cost, SeverityCosts, severity_costs
from classifier.figures.reliability import Bin, reliability
from classifier.figures.share import Share, share_of
from classifier.figures.slicing import Slice, slices
from classifier.figures.source import Source
from classifier.figures.step import Step
from policies.labels import LABELS
from policies.policy import Policy

On = Literal["held_back", "file"]
"""Whether the mails are those that made the model, each judged while it was held back, or those of a file."""


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """One label: the scores of :class:`~classifier.evaluation.LabelScores` with intervals, and what pictures need.

    ``right`` counts what was decided rightly with the rules, ``right_model`` by the model without them, ``right_alone``
    of those decided without a person. ``confusion`` is by true value, then the one decided with the rules.
    ``autonomy`` is when it is decided alone, its curve that of these mails.
    """

    right: Share
    right_model: Share
    right_alone: Share
    macro_f1: float
    ece: float
    share_alone: float
    confusion: Mapping[str, Mapping[str, int]]
    reliability: tuple[Bin, ...]
    autonomy: Autonomy


@dataclass(frozen=True, slots=True)
class Figures:
    """See the module. ``source`` is what the model learned from, None where that is not known.

    ``learning`` is the learning curve, empty unless it was asked for. ``seen`` counts the mails of a file that the
    model learned from: what it says of these shows little.
    """

    policy: str
    on: On
    mails: int
    labels: Mapping[str, LabelFigures]
    severity: SeverityScores
    costs: SeverityCosts | None
    impact: Mapping[str, float]
    slices: tuple[Slice, ...]
    source: Source | None = None
    learning: tuple[Step, ...] = ()
    seen: int = 0

    def to_json(self) -> dict[str, Any]:
        """A JSON object that :meth:`from_json` reads back to equal figures."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Figures:
        """The figures that :meth:`to_json` wrote; raises ValueError, KeyError or TypeError for anything else."""
        costs = data["costs"]
        read = {
            "labels": {label: _label_from(found) for label, found in data["labels"].items()},
            "severity": SeverityScores(**data["severity"]),
            "costs": SeverityCosts(**{**costs, "ways": tuple(Cost(**way) for way in costs["ways"])}) if costs else None,
            "slices": tuple(_slice_from(part) for part in data["slices"]),
            "source": Source(**data["source"]) if data["source"] else None,
            "learning": tuple(_step_from(step) for step in data["learning"]),
        }
        return cls(**{**data, **read})


def figures_of(
    policy: Policy,
    judged: Sequence[Judged],
    autonomies: Mapping[str, Autonomy],
    on: On,
    source: Source | None = None,
) -> Figures:
    """The figures of verdicts against labels; ``autonomies`` say when the model decides each label alone.

    Examples written for a policy are left out: they are not drawn from the mail that comes. On the mails held back the
    curves are those that the thresholds were chosen by.
    """
    judged = [one for one in judged if one.example.origin != WRITTEN]
    found = score(policy, judged)
    return Figures(
        policy=policy.name,
        on=on,
        mails=len(judged),
        labels={
            label: _label(policy, judged, label, found.with_rules[label], autonomies[label], on) for label in LABELS
        },
        severity=found.severity_with_rules,
        costs=severity_costs(policy, judged),
        impact={fact: scores["accuracy"] for fact, scores in found.impact.items()},
        slices=slices(judged),
        source=source,
    )


def _label(
    policy: Policy, judged: Sequence[Judged], label: str, scores: LabelScores, acting: Autonomy, on: On
) -> LabelFigures:
    known = [one for one in judged if label in one.example.labels]
    decisions = [one.verdict.labels[label] for one in known]
    truth = [one.example.labels[label] for one in known]
    right = [decision.value == true for decision, true in zip(decisions, truth, strict=True)]
    model_right = [decision.model_value == true for decision, true in zip(decisions, truth, strict=True)]
    probabilities = [decision.probability for decision in decisions]
    if on == "file":
        values = [decision.model_value for decision in decisions]
        here = autonomy.for_precision(values, probabilities, model_right, policy.target_precision[label])
        alone = sum(one.model_alone[label] for one in known) / len(known) if known else 0.0
        acting = replace(acting, curve=here.curve, coverage=round(alone, 6), held_out=len(known))
    return LabelFigures(
        right=share_of(right),
        right_model=share_of(model_right),
        right_alone=share_of(r for r, decision in zip(right, decisions, strict=True) if decision.acted_alone),
        macro_f1=scores.macro_f1,
        ece=scores.ece,
        share_alone=scores.share_alone,
        confusion=scores.confusion,
        reliability=reliability(probabilities, model_right),
        autonomy=acting,
    )


def _label_from(data: Mapping[str, Any]) -> LabelFigures:
    shares = {name: Share(**data[name]) for name in ("right", "right_model", "right_alone")}
    bins = tuple(Bin(found["said"], Share(**found["found"])) for found in data["reliability"])
    return LabelFigures(**{**data, **shares, "reliability": bins, "autonomy": Autonomy.from_json(data["autonomy"])})


def _slice_from(data: Mapping[str, Any]) -> Slice:
    return Slice(**{**data, "right": {label: Share(**found) for label, found in data["right"].items()}})


def _step_from(data: Mapping[str, Any]) -> Step:
    return Step(**{**data, "right": {label: Share(**found) for label, found in data["right"].items()}})
