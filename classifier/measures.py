"""What the gate compares of two models, mail by mail."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from classifier.evaluation import Judged
from policies.labels import LABELS, Severity
from policies.policy import Policy

Values = npt.NDArray[np.float64]
LEAST_PROBABILITY = 1e-3
"""A value that a model held for impossible costs no more than this in log loss, so that one mail decides nothing."""


def severity_cost(policy: Policy, judged: Sequence[Judged]) -> Values:
    """What the severity decided costs by the policy's table; NaN where the true one is not known."""
    return np.asarray(
        [
            policy.severity_costs[Severity(true)][Severity(one.verdict.labels["severity"].value)] if true else np.nan
            for one, true in ((one, one.example.labels.get("severity")) for one in judged)
        ],
        dtype=float,
    )


def sev1_missed(judged: Sequence[Judged]) -> Values:
    """1 for a SEV1 that was decided to be less, 0 for one that was found; NaN for all other mails."""
    return np.asarray(
        [
            float(one.verdict.labels["severity"].value != Severity.SEV1)
            if one.example.labels.get("severity") == Severity.SEV1
            else np.nan
            for one in judged
        ]
    )


def wrong(label: str, judged: Sequence[Judged]) -> Values:
    """1 where the label was decided wrongly, 0 where rightly; NaN where the true value is not known."""
    return np.asarray(
        [
            float(one.example.labels[label] != one.verdict.labels[label].value)
            if label in one.example.labels
            else np.nan
            for one in judged
        ]
    )


def log_loss(judged: Sequence[Judged]) -> Values:
    """The negative log of the probability of the true value, on average over the labels known; NaN without any."""
    losses = []
    for one in judged:
        chosen = [
            dict(one.verdict.labels[label].alternatives).get(one.example.labels[label], 0.0)
            for label in LABELS
            if label in one.example.labels
        ]
        losses.append(float(-np.log(np.maximum(chosen, LEAST_PROBABILITY)).mean()) if chosen else np.nan)
    return np.asarray(losses)


def right_by_class(judged: Sequence[Judged]) -> dict[tuple[str, str], int]:
    """For each label and true value on how many mails the model, before any rule, was right."""
    counts: dict[tuple[str, str], int] = {}
    for one in judged:
        for label, true in one.example.labels.items():
            counts[label, true] = counts.get((label, true), 0) + (one.verdict.labels[label].model_value == true)
    return counts
