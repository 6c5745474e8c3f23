"""Labels that predictions contradict with confidence: confident learning.

After Northcutt, Jiang and Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels" (JAIR 70, 2021). A
class's threshold is the mean probability it gets from mails that were given it; a mail is counted as of the most
probable class whose threshold it reaches, and where that is not the one given, the label is doubtful.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from classifier.second_opinion import Opinion
from classifier.suspicion import Suspicion, plain

LEAST_PROBABILITY = 0.5
"""A class of few, hard mails has so low a threshold that it would claim mails of which nobody is sure."""


def thresholds(opinions: Sequence[Opinion]) -> dict[str, float]:
    """By value the mean probability that it gets from mails that were given it."""
    own: dict[str, list[float]] = {}
    for opinion in opinions:
        own.setdefault(opinion.given, []).append(opinion.probabilities.get(opinion.given, 0.0))
    return {value: float(np.mean(found)) for value, found in own.items()}


def disagreements(opinions: Sequence[Opinion]) -> list[Suspicion]:
    """The doubtful among the ``opinions`` of one label; strength is by how much the other value is more probable."""
    least = thresholds(opinions)
    found = [(opinion, counted_as(opinion.probabilities, least)) for opinion in opinions if not opinion.agrees]
    return [_suspicion(opinion, value) for opinion, value in found if value not in (None, opinion.given)]


def counted_as(probabilities: Mapping[str, float], least: Mapping[str, float]) -> str | None:
    """The most probable value that reaches its threshold; None where none does."""
    reached = [value for value, p in probabilities.items() if p >= max(least.get(value, np.inf), LEAST_PROBABILITY)]
    return max(reached, key=probabilities.__getitem__) if reached else None


def _suspicion(opinion: Opinion, value: str | None) -> Suspicion:
    assert value is not None  # noqa: S101 - disagreements passes only those that count as something
    more, less = opinion.probabilities[value], opinion.probabilities.get(opinion.given, 0.0)
    reason = (
        f"{plain(opinion.label)} was given as {opinion.given}; the model, which had not seen the mail, says {value} "
        f"({more:.0%}, {opinion.given} {less:.0%})."
    )
    mails = (opinion.example.id,)
    return Suspicion(
        "disagreement", opinion.label, mails, opinion.given, value, None, more - less, reason[0].upper() + reason[1:]
    )
