"""One point of a learning curve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from classifier.figures.share import Share


@dataclass(frozen=True, slots=True)
class Step:
    """What a model that learned from ``learned`` mails got right of those held back, by label, and its severity cost.

    All points of a curve are judged by the same mails.
    """

    learned: int
    right: Mapping[str, Share]
    severity_cost: float
