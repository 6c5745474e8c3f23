"""The mails of which a model was surest and wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from classifier.evaluation import Judged
from classifier.example import WRITTEN

MOST = 20
"""Of each label."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A label of a mail (its id) decided otherwise than it is: by ``model`` or ``rule``, and how sure the model was."""

    mail: str
    label: str
    true: str
    decided: str
    source: str
    probability: float


def mistakes(judged: Sequence[Judged], labels: Sequence[str]) -> tuple[Mistake, ...]:
    """Of each label the mistakes of which the model was surest, at most :data:`MOST`, the surest first."""
    return tuple(
        mistake
        for label in labels
        for mistake in sorted(_wrong(judged, label), key=lambda one: (-one.probability, one.mail))[:MOST]
    )


def _wrong(judged: Sequence[Judged], label: str) -> Iterator[Mistake]:
    for one in judged:
        true, decision = one.example.labels.get(label), one.verdict.labels[label]
        if true is not None and true != decision.value and one.example.origin != WRITTEN:
            probability = round(decision.probability, 4)
            yield Mistake(one.example.id, label, true, decision.value, decision.source, probability)
