"""How heads are fitted: what a model search chooses between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """The defaults are those measured best on Banking77 (see benchmarks/accuracy.py).

    ``c`` is the machine's inverse regularisation. ``logistic`` is the share of a logistic regression in the head's
    scores, the rest is the support vector machine's. ``embedding`` is the length of the sentence vector beside words
    and characters of length 1 each, ``subject`` the weight of the subject's own columns where it is known apart.
    ``balance`` says how much more the mails of rare classes count: 0 not at all, 1 until all classes count the same.
    """

    c: float = 0.3
    logistic: float = 0.0
    embedding: float = 2.0
    subject: float = 0.0
    balance: float = 0.0

    def to_json(self) -> dict[str, float]:
        """A JSON object that :meth:`from_json` reads back."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, float]) -> Recipe:
        """The recipe that :meth:`to_json` wrote; what it does not name is as by default."""
        return cls(**{key: float(data[key]) for key in cls.__slots__ if key in data})

    def __str__(self) -> str:
        return ", ".join(f"{key} {value:g}" for key, value in asdict(self).items())


DEFAULT = Recipe()
FOR_MAILS = Recipe(c=0.1)
"""Measured on the training data: mails are long, and a few hundred are known."""
