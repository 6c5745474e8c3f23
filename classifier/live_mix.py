"""Weights that make held-back mails count as the mail that comes does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from classifier.example import Example

LiveMix = Mapping[str, Mapping[str, float]]
"""By label (topic, scope) what share of recent mail has each value."""

MOST = 5.0
"""No mail counts more than so many times, nor less than that part of, another: a rare topic must not decide alone."""
ROUNDS = 20


def weights(examples: Sequence[Example], mix: LiveMix | None) -> npt.NDArray[np.float64]:
    """What each mail counts, 1 on average, so that the shares of the mix's values are those of the mix.

    Fitted label by label in turn (raking: Deming and Stephan 1940, Annals of Mathematical Statistics 11). Values that
    the mix or the mails lack are left as they are; without a mix all mails count alike.
    """
    weight = np.ones(len(examples))
    sides = [(_values(examples, label), shares) for label, shares in (mix or {}).items()]
    for _ in range(ROUNDS if sides and len(examples) else 0):
        for values, shares in sides:
            weight *= _ratios(values, weight, shares)
        weight = np.clip(weight / weight.mean(), 1 / MOST, MOST)
    return weight / weight.mean() if len(weight) else weight


def _values(examples: Sequence[Example], label: str) -> npt.NDArray[np.str_]:
    return np.asarray([example.labels.get(label, "") for example in examples], dtype=str)


def _ratios(
    values: npt.NDArray[np.str_], weight: npt.NDArray[np.float64], shares: Mapping[str, float]
) -> npt.NDArray[np.float64]:
    """What each mail's weight is to be multiplied by: the share there is to be of its value by the one there is."""
    ratios = np.ones(len(values))
    both = {value for value in values.tolist() if shares.get(value, 0.0) > 0.0}
    here = np.isin(values, list(both))
    if not both:
        return ratios
    wanted, found = sum(shares[value] for value in both), weight[here].sum()
    for value in both:
        of_it = values == value
        ratios[of_it] = (shares[value] / wanted) / (weight[of_it].sum() / found)
    return ratios
