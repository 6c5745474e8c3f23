"""What a model said of each mail that it learned from while that mail was held out: kept with its version.

With it the next model is judged against this one on the same mails, and nothing has to be fitted again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.prediction import Prediction

Halves = npt.NDArray[np.float16]
PREFIX = "held_"


@dataclass(frozen=True, eq=False)
class HeldOut:
    """By label and impact fact the ``classes`` and, a row for each of ``ids`` and a column a class, the probabilities.

    ``folds`` is in how many parts the mails were held out. ``novel`` are the ids of those that would have been found
    unlike all others. Probabilities are kept in half precision.
    """

    ids: tuple[str, ...] = ()
    folds: int = 0
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    probabilities: Mapping[str, Halves] = field(default_factory=dict)
    novel: frozenset[str] = frozenset()

    def __contains__(self, mail: str) -> bool:
        return mail in self._rows

    def prediction(self, mail: str) -> Prediction:
        """What was said of the mail of that id; raises KeyError for one that was not held out."""
        row = self._rows[mail]
        return Prediction(
            {
                key: dict(zip(self.classes[key], map(float, p[row]), strict=True))
                for key, p in self.probabilities.items()
            },
            {},
        )

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {one: row for row, one in enumerate(self.ids)}

    def to_arrays(self) -> tuple[dict[str, Any], dict[str, Halves]]:
        """What :meth:`from_arrays` puts together again: names as JSON, and arrays."""
        names = {"ids": list(self.ids), "folds": self.folds, "novel": sorted(self.novel)}
        return names, {f"{PREFIX}{key}": values for key, values in self.probabilities.items()}

    @classmethod
    def from_arrays(
        cls, names: Mapping[str, Any] | None, arrays: Mapping[str, Any], classes: Mapping[str, tuple[str, ...]]
    ) -> HeldOut:
        """What was saved; nothing for a model from before this was kept."""
        if not names or not names["ids"]:
            return NOTHING_HELD
        probabilities = {key: arrays[f"{PREFIX}{key}"] for key in classes}
        if any(p.shape != (len(names["ids"]), len(classes[key])) for key, p in probabilities.items()):
            raise ValueError("what was held out does not fit the heads")
        return cls(tuple(names["ids"]), int(names["folds"]), classes, probabilities, frozenset(names["novel"]))


NOTHING_HELD = HeldOut()


def held_out(
    ids: Sequence[str], predictions: Sequence[Prediction | None], folds: int, novel: frozenset[str]
) -> HeldOut:
    """The ``predictions`` of the mails of those ``ids``; those that were in no fold (None) are left out."""
    kept = [(one, prediction) for one, prediction in zip(ids, predictions, strict=True) if prediction is not None]
    if not kept:
        return NOTHING_HELD
    classes = {key: tuple(values) for key, values in kept[0][1].probabilities.items()}
    probabilities = {
        key: np.asarray([[p.probabilities[key][name] for name in names] for _, p in kept], dtype=np.float16)
        for key, names in classes.items()
    }
    ids_kept = tuple(one for one, _ in kept)
    return HeldOut(ids_kept, folds, classes, probabilities, novel & frozenset(ids_kept))
