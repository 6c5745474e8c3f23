"""What deciding the severity costs by the policy's table, beside what simpler ways of deciding would have cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.bootstrap import paired
from classifier.evaluation import Judged
from classifier.figures.share import DIGITS
from classifier.holding_back import unit_of
from policies.labels import Severity
from policies.policy import Policy

OUTSIDE = 0.05
"""Of the intervals: 95% of the resamples lie within."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The mean cost a mail of one ``way`` of deciding, and the interval of it.

    ``way``: ``with_rules`` is what was decided, ``model_alone`` the model's value without the rules, ``most_probable``
    the most probable severity instead of the cheapest, and ``always`` the cheapest that is the same for all mails.
    """

    way: str
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class SeverityCosts:
    """The costs of each way, over ``mails`` mails; ``always`` is the severity that is cheapest for all alike.

    ``cells`` has, for each true severity and the one decided, what all those mails cost together; zeros left out.
    """

    mails: int
    always: str
    ways: tuple[Cost, ...]
    cells: Mapping[str, Mapping[str, float]]


def severity_costs(policy: Policy, judged: Sequence[Judged], *, seed: int = 0) -> SeverityCosts | None:
    """The costs; None where no mail has a severity. Intervals by bootstrap over customers (or conversations)."""
    known = [one for one in judged if "severity" in one.example.labels]
    if not known:
        return None
    truth = [Severity(one.example.labels["severity"]) for one in known]
    always = min(Severity, key=lambda decided: sum(policy.severity_costs[true][decided] for true in truth))
    ways: dict[str, Callable[[Judged], str]] = {
        "with_rules": lambda one: one.verdict.labels["severity"].value,
        "model_alone": lambda one: one.verdict.labels["severity"].model_value,
        "most_probable": lambda one: one.verdict.labels["severity"].alternatives[0][0],
        "always": lambda one: always.value,
    }
    units = [unit_of(one.example, one.example.group or one.example.id) for one in known]
    found = []
    for way, decided in ways.items():
        costs = np.asarray([policy.severity_costs[t][Severity(decided(o))] for t, o in zip(truth, known, strict=True)])
        mean = paired(np.zeros(len(costs)), costs, np.ones(len(costs)), units, outside=OUTSIDE, seed=seed)
        found.append(Cost(way, *(round(x, DIGITS) for x in (mean.second, mean.low, mean.high))))
    return SeverityCosts(len(known), always.value, tuple(found), _cells(policy, truth, known))


def _cells(policy: Policy, truth: Sequence[Severity], known: Sequence[Judged]) -> dict[str, dict[str, float]]:
    cells: dict[str, dict[str, float]] = {}
    for true, one in zip(truth, known, strict=True):
        decided = Severity(one.verdict.labels["severity"].value)
        if cost := policy.severity_costs[true][decided]:
            row = cells.setdefault(true.value, {})
            row[decided.value] = round(row.get(decided.value, 0.0) + cost, DIGITS)
    return cells
