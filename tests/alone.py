"""Models that decide alone whatever they are surer of than a test says."""

from __future__ import annotations

from collections.abc import Mapping

from classifier.autonomy import CONFIDENCE, Autonomy, never
from classifier.model import Model
from policies.labels import LABELS


def alone_above(model: Model, probability: float, *, but: frozenset[str] = frozenset()) -> Mapping[str, Autonomy]:
    """For each label the autonomy to decide alone from that probability on; never for the labels ``but``."""
    return {label: never() if label in but else _above(model.heads[label].classes, probability) for label in LABELS}


def _above(values: tuple[str, ...], probability: float) -> Autonomy:
    return Autonomy(None, None, CONFIDENCE, 100, dict.fromkeys(values, probability), 0.5, 0, ())
