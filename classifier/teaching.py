"""In which order to ask a person for labels: one score, made of five parts.

Each part is from 0 to 1 and counts with its weight of :data:`WEIGHTS`; a mail's score is their sum.

- ``uncertainty``: 1 less the margin between the two most probable values, the mean over the labels (margin sampling:
  Scheffer et al. 2001, "Active Hidden Markov Models for Information Extraction").
- ``novelty``: 1 less the cosine to the nearest mail that is labelled, or stands earlier in the same order: of mails
  that say the same one is asked first and the others later.
- ``typicality``: the mean cosine to the mails most like it that wait too. What stands for many teaches more than what
  stands for itself alone, most of all while little is labelled (Hacohen et al. 2022, "Active Learning on a Budget").
- ``urgency``: 1 for a response that is overdue, halved with every day that is left, 0 without a target.
- ``audit``: 1 for a mail of the audit sample.

Why these weights: see docs/learning.md; ``python -m benchmarks.stream`` measures them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from classifier.novelty import Vectors

Parts = npt.NDArray[np.float64]

WEIGHTS: Mapping[str, float] = {
    "uncertainty": 1.0,
    "novelty": 0.5,
    "typicality": 0.5,
    "urgency": 0.5,
    "audit": 1.0,
}
NEIGHBOURS = 20
"""So many of the mails that wait say how typical one is."""
HALVED_EVERY = timedelta(days=1)
BLOCK = 512


@dataclass(frozen=True, slots=True)
class Worth:
    """What asking for the labels of one mail is worth, by part; see the module."""

    uncertainty: float
    novelty: float
    typicality: float
    urgency: float = 0.0
    audit: float = 0.0

    @property
    def score(self) -> float:
        """The weighted sum of the parts."""
        return sum(weight * float(getattr(self, part)) for part, weight in WEIGHTS.items())

    def to_json(self) -> dict[str, float]:
        """The parts and the score."""
        return {**asdict(self), "score": self.score}


def uncertainty(probabilities: Parts) -> Parts:
    """1 less the margin between the two largest of each row; 0 where there is one column only."""
    if probabilities.shape[1] < 2:
        return np.zeros(len(probabilities))
    best = -np.partition(-probabilities, 1, axis=1)[:, :2]
    return np.asarray(1.0 - (best[:, 0] - best[:, 1]))


def doubt(probabilities: Sequence[float]) -> float:
    """The :func:`uncertainty` of one label's values."""
    return float(uncertainty(np.asarray([probabilities]).reshape(1, -1))[0])


def urgency(due: datetime | None, now: datetime) -> float:
    """1 from the moment a response is overdue, and half of it for every day before; 0 without a target."""
    if due is None:
        return 0.0
    return 1.0 if due <= now else float(0.5 ** ((due - now) / HALVED_EVERY))


def in_order(
    uncertain: Sequence[float] | Parts,
    vectors: Vectors,
    known: Vectors,
    *,
    urgent: Sequence[float] | Parts | None = None,
    audited: Sequence[float] | Parts | None = None,
    count: int | None = None,
) -> list[tuple[int, Worth]]:
    """The rows of the mails that wait in the order to ask for them, each with what it is worth there.

    ``vectors`` are unit rows of the mails that wait, ``known`` of those labelled; ``uncertain``, ``urgent`` and
    ``audited`` are the parts of those names. Each next one is that of the highest score beside those before it, so its
    novelty is what was left when its turn came. At most ``count``.
    """
    total = vectors.shape[0]
    if not total:
        return []
    none = np.zeros(total)
    fixed = {
        "uncertainty": np.asarray(uncertain, float),
        "typicality": typicality(vectors),
        "urgency": none if urgent is None else np.asarray(urgent, float),
        "audit": none if audited is None else np.asarray(audited, float),
    }
    base = sum((WEIGHTS[part] * values for part, values in fixed.items()), none)
    near = nearest(vectors, known)
    turned = _turned(vectors)
    left = np.ones(total, dtype=bool)
    found = []
    for _ in range(total if count is None else min(count, total)):
        new = 1.0 - near
        row = int(np.where(left, base + WEIGHTS["novelty"] * new, -np.inf).argmax())
        left[row] = False
        parts = {part: float(values[row]) for part, values in fixed.items()}
        found.append((row, Worth(novelty=float(new[row]), **parts)))
        near = np.maximum(near, _cosines(vectors[[row]], turned)[0])
    return found


def nearest(vectors: Vectors, known: Vectors) -> Parts:
    """The cosine of each row to its nearest row of ``known``, from 0 to 1; 0 where none is known."""
    if not known.shape[0]:
        return np.zeros(vectors.shape[0])
    turned = _turned(known)
    rows = range(0, vectors.shape[0], BLOCK)
    return np.concatenate([_cosines(vectors[start : start + BLOCK], turned).max(axis=1) for start in rows])


def typicality(vectors: Vectors) -> Parts:
    """The mean cosine of each row to the :data:`NEIGHBOURS` others nearest to it; 0 for a row alone."""
    total = vectors.shape[0]
    count = min(NEIGHBOURS, total - 1)
    if count < 1:
        return np.zeros(total)
    turned = _turned(vectors)
    means = []
    for start in range(0, total, BLOCK):
        cosines = _cosines(vectors[start : start + BLOCK], turned)
        # A row is no neighbour of its own.
        cosines[np.arange(len(cosines)), np.arange(start, start + len(cosines))] = 0.0
        means.append(np.partition(cosines, -count, axis=1)[:, -count:].mean(axis=1))
    return np.concatenate(means)


def _turned(vectors: Vectors) -> Vectors:
    return vectors.T if isinstance(vectors, np.ndarray) else vectors.T.tocsr()


def _cosines(rows: Vectors, turned: Vectors) -> Parts:
    found = rows @ turned
    dense = found if isinstance(found, np.ndarray) else found.toarray()
    return np.asarray(np.clip(dense, 0.0, 1.0), dtype=np.float64)
