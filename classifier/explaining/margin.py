"""How far a value of a label is ahead of its rival, and how that rests on the scores of the heads behind it.

A margin is the logarithm of how many times as probable the value is as its rival. Of a single head it is linear in the
head's scores. The severity's is not: the head's probabilities and those of the policy's table, which follow from the
heads of the impact facts, are mixed. Its slopes are averaged on the straight way from an empty mail to this one
(integrated gradients: Sundararajan, Taly, Yan 2017, "Axiomatic Attribution for Deep Networks"), so that slope times
score adds up there too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from classifier.head import Head, softmax
from classifier.prediction import SEVERITIES, SeverityMix, severity_table
from policies.labels import IMPACT_VALUES, Severity
from policies.policy import Policy

Numbers = npt.NDArray[np.float64]
SEVERITY = "severity"
# Gauss-Legendre points on the way: with these the sum is within a millionth of the margin; what is left is kept.
STEPS = 12
LEAST = 1e-12


@dataclass(frozen=True, eq=False)
class Margin:
    """``total`` is ``base``, what an empty mail gives, and for each head its slopes times how far its scores moved.

    ``rest`` is what the averaging of the slopes leaves over: zero for a single head.
    """

    total: float
    base: float
    slopes: Mapping[str, Numbers]
    rest: float = 0.0


def of_head(key: str, head: Head, scores: Numbers, empty: Numbers, value: str, rival: str) -> Margin:
    """The margin of one head; ``scores`` are those of the mail, ``empty`` those of a mail without a word."""
    slopes = np.zeros(len(head.classes))
    slopes[head.classes.index(value)] += 1 / head.temperature
    slopes[head.classes.index(rival)] -= 1 / head.temperature
    return Margin(float(scores @ slopes), float(empty @ slopes), {key: slopes})


@dataclass(frozen=True, eq=False)
class SeverityMargin:
    """The margin of the severity; the heads are those of the severity and of the impact facts."""

    policy: Policy
    heads: Mapping[str, Head]
    mix: SeverityMix
    value: str
    rival: str

    @cached_property
    def _table(self) -> Numbers:
        """The policy's table for the value and its rival alone."""
        both = [SEVERITIES.index(Severity(one)) for one in (self.value, self.rival)]
        return np.ascontiguousarray(severity_table(self.policy)[..., both])

    def between(self, empty: Mapping[str, Numbers], scores: Mapping[str, Numbers]) -> Margin:
        """The margin of a mail with these ``scores`` by head, explained from those of an ``empty`` one."""
        base, total = self._at(empty)[0], self._at(scores)[0]
        slopes = {key: np.zeros(len(values)) for key, values in scores.items()}
        places, weights = np.polynomial.legendre.leggauss(STEPS)
        for place, weight in zip((places + 1) / 2, weights / 2, strict=True):
            here = {key: empty[key] + place * (scores[key] - empty[key]) for key in scores}
            for key, slope in self._at(here)[1].items():
                slopes[key] += weight * slope
        told = sum(float(slopes[key] @ (scores[key] - empty[key])) for key in scores)
        return Margin(total, base, slopes, total - base - told)

    def _at(self, scores: Mapping[str, Numbers]) -> tuple[float, dict[str, Numbers]]:
        """The margin at these scores, and its slopes."""
        probabilities = {key: softmax(scores[key][None] / self.heads[key].temperature)[0] for key in scores}
        read = [_placed(self.heads[fact], probabilities[fact], values) for fact, values in IMPACT_VALUES.items()]
        tables = by_fact(self._table, read)
        both = (self.value, self.rival)
        direct = _placed(self.heads[SEVERITY], probabilities[SEVERITY], both)
        mixed = np.maximum((1 - self.mix.table_share) * direct + self.mix.table_share * (read[0] @ tables[0]), LEAST)
        signs = np.asarray([1.0, -1.0]) / self.mix.temperature
        pulls = signs / mixed
        slopes = {SEVERITY: self._through(SEVERITY, probabilities, (1 - self.mix.table_share) * pulls, both)}
        for (fact, values), given in zip(IMPACT_VALUES.items(), tables, strict=True):
            slopes[fact] = self._through(fact, probabilities, self.mix.table_share * (given @ pulls), values)
        return float(np.log(mixed) @ signs), slopes

    def _through(
        self, key: str, probabilities: Mapping[str, Numbers], pulls: Numbers, values: Sequence[str]
    ) -> Numbers:
        """The slopes of a head's scores, from those of its probabilities."""
        head, shares = self.heads[key], probabilities[key]
        mine = np.asarray([pulls[values.index(name)] if name in values else 0.0 for name in head.classes])
        slopes: Numbers = shares * (mine - shares @ mine) / head.temperature
        return slopes


def by_fact(table: Numbers, read: Sequence[Numbers]) -> list[Numbers]:
    """For each fact a row for each of its values: what the table gives if it were so, the other facts as read."""
    given, left, width = [], table, table.shape[-1]
    for place, shares in enumerate(read):
        others = np.ones(1)
        for later in read[place + 1 :]:
            others = np.outer(others, later).ravel()
        rows = left.reshape(len(shares), -1, width)
        given.append(others @ rows)
        left = shares @ rows.reshape(len(shares), -1)
    return given


def _placed(head: Head, probabilities: Numbers, values: Sequence[str]) -> Numbers:
    """The head's probabilities in the order of ``values``; 0 of a value that it does not know."""
    known = dict(zip(head.classes, probabilities.tolist(), strict=True))
    return np.asarray([known.get(value, 0.0) for value in values])
