"""Whether mail is made as other mail was: by topic, words, language, and how sure the model is of the topic.

Mail is compared by what the model reads in it, on both sides (Lipton, Wang and Smola 2018, "Detecting and correcting
for label shift with black box predictors"): of mails it learned from, by what it said while they were held out. The
distance is the Jensen-Shannon divergence (Lin 1991, IEEE Transactions on Information Theory 37), which unlike the
population stability index is finite where one side lacks a value. Whether it could be chance is a permutation test over
mails, exact however few they are (Phipson and Smyth 2010, "Permutation p-values should never be zero").
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

Floats = npt.NDArray[np.float64]

LEAST_MAILS = 10
"""Of fewer nothing is said."""
MOST_MAILS = 2000
"""So many of each side are compared at most, drawn with a fixed seed."""
PERMUTATIONS = 999
AT_ONCE = 100
ENOUGH = 10
"""Once chance has given as much so often, it is no shift, and no more is drawn (Besag and Clifford 1991, "Sequential
Monte Carlo p-values", Biometrika 78)."""
LEVEL = 0.01
"""How often a side that is like the other may be found unlike it, all aspects together (Bonferroni)."""
LEAST_SHIFT = 0.1 / (8 * math.log(2))
"""Bits beyond chance below which nothing is worth a word: a stability index of 0.1, "some change" by the usual rule
(Siddiqi 2006, Credit Risk Scorecards), as the index is about eight times the divergence in nats where that is small."""
WORDS = 1000
"""The commonest words of both sides together are compared."""
WORD = r"(?u)\b[^\W\d_]{3,}\b"
ROUNDING = 1e-9
BANDS = 10
"""Of equal width, in which probabilities are counted."""
PARTS = 5
SHOWN_MAILS = 5


@dataclass(frozen=True, slots=True)
class Read:
    """A mail as it is compared: its topic as the model reads it and how probable that is; None where not known."""

    id: str
    topic: str | None
    certainty: float | None
    language: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """A topic, word, language or band of certainty: its share before, and now."""

    value: str
    before: float
    now: float

    def to_json(self) -> dict[str, Any]:
        """The part as a JSON object."""
        return {"value": self.value, "before": round(self.before, 4), "now": round(self.now, 4)}


@dataclass(frozen=True, slots=True)
class Shift:
    """How far one aspect of some mail is from that of other mail, in bits from 0 (alike) to 1 (nothing in common).

    ``chance`` is what mails drawn by chance give on average, ``p_value`` how often chance gives as much. ``parts`` are
    what changed most, ``mails`` the ids of those that show it most; both also where it is no shift.
    """

    aspect: str
    divergence: float
    chance: float
    p_value: float
    parts: tuple[Part, ...]
    mails: tuple[str, ...]

    @property
    def shifted(self) -> bool:
        """Whether it is neither chance nor too little to matter."""
        return self.p_value <= LEVEL / len(ASPECTS) and self.divergence - self.chance >= LEAST_SHIFT

    def to_json(self) -> dict[str, Any]:
        """The shift as a JSON object."""
        numbers = {name: round(getattr(self, name), 4) for name in ("divergence", "chance", "p_value")}
        parts = [part.to_json() for part in self.parts]
        return {"shifted": self.shifted, **numbers, "parts": parts, "mails": list(self.mails)}


def shifts(before: Sequence[Read], now: Sequence[Read], *, permutations: int = PERMUTATIONS) -> dict[str, Shift]:
    """How far ``now`` is from ``before`` in each aspect; without those of which too few mails are known."""
    before, now = _sample(before), _sample(now)
    found = {}
    for aspect, rows_of in ASPECTS.items():
        old = [mail for mail in before if _known(mail, aspect)]
        new = [mail for mail in now if _known(mail, aspect)]
        if min(len(old), len(new)) >= LEAST_MAILS:
            found[aspect] = _shift(aspect, rows_of, old, new, permutations)
    return found


def _known(mail: Read, aspect: str) -> bool:
    return bool(mail.text.strip()) if aspect == "words" else getattr(mail, aspect) is not None


def _sample(mails: Sequence[Read]) -> Sequence[Read]:
    if len(mails) <= MOST_MAILS:
        return mails
    kept = np.random.default_rng(0).choice(len(mails), MOST_MAILS, replace=False)
    return [mails[i] for i in sorted(kept.tolist())]


@dataclass(frozen=True, eq=False)
class _Rows:
    """A row a mail, whose entries are the shares of the values in it; each row sums to 1, or 0 where it has none."""

    shares: sp.csr_matrix
    values: Sequence[str]


def _of_values(values: Sequence[str]) -> _Rows:
    names, columns = np.unique(np.asarray(values, dtype=str), return_inverse=True)
    shares = sp.csr_matrix((np.ones(len(values)), (np.arange(len(values)), columns)), shape=(len(values), len(names)))
    return _Rows(shares, names.tolist())


def _topics(mails: Sequence[Read]) -> _Rows:
    return _of_values([mail.topic or "" for mail in mails])


def _languages(mails: Sequence[Read]) -> _Rows:
    return _of_values([mail.language or "" for mail in mails])


def _bands(mails: Sequence[Read]) -> _Rows:
    bands = [min(BANDS - 1, int((mail.certainty or 0.0) * BANDS)) for mail in mails]
    return _of_values([f"{100 * band // BANDS} to {100 * (band + 1) // BANDS}%" for band in bands])


def _words(mails: Sequence[Read]) -> _Rows:
    """The words of each mail, the rarer the heavier, each counted once."""
    # scikit-learn takes a hundred megabytes, which a process that only classifies need not have.
    from sklearn.feature_extraction.text import TfidfVectorizer

    counting = TfidfVectorizer(
        token_pattern=WORD, binary=True, min_df=2, max_features=WORDS, norm="l1", dtype=np.float64
    )
    try:
        shares = counting.fit_transform([mail.text for mail in mails])
    except ValueError:  # no word stands in two mails
        return _Rows(sp.csr_matrix((len(mails), 1)), ("",))
    return _Rows(shares.tocsr(), counting.get_feature_names_out().tolist())


ASPECTS: Mapping[str, Callable[[Sequence[Read]], _Rows]] = {
    "topic": _topics,
    "words": _words,
    "language": _languages,
    "certainty": _bands,
}


def _shift(
    aspect: str,
    rows_of: Callable[[Sequence[Read]], _Rows],
    before: Sequence[Read],
    now: Sequence[Read],
    permutations: int,
) -> Shift:
    # Both sides are counted together, so that a permutation of them is counted as it would be by itself.
    rows = rows_of([*now, *before])
    total, count = np.asarray(rows.shares.sum(axis=0)).ravel(), len(now)
    own = np.asarray(rows.shares[:count].sum(axis=0)).ravel()
    divergence = float(_divergences(own[None, :], total)[0])
    by_chance = _by_chance(rows.shares, total, count, permutations, divergence - ROUNDING)
    p, q = _shares(own), _shares(total - own)
    return Shift(
        aspect=aspect,
        divergence=divergence,
        chance=float(by_chance.mean()),
        p_value=float((1 + (by_chance >= divergence - ROUNDING).sum()) / (1 + len(by_chance))),
        parts=_parts(rows.values, q, p),
        mails=_telling(rows.shares[:count], p, q, now),
    )


def _by_chance(shares: sp.csr_matrix, total: Floats, count: int, permutations: int, least: float) -> Floats:
    """The divergence of ``count`` rows drawn by chance from the others; as often, or until enough reach ``least``."""
    rng = np.random.default_rng(0)
    places = np.arange(shares.shape[0])
    found: list[Floats] = []
    reached = 0
    for start in range(0, permutations, AT_ONCE):
        if reached >= ENOUGH:
            break
        times = min(AT_ONCE, permutations - start)
        drawn = rng.permuted(np.tile(places, (times, 1)), axis=1)[:, :count]
        chosen = sp.csr_matrix(
            (np.ones(drawn.size), drawn.ravel(), np.arange(0, drawn.size + 1, count)), shape=(times, len(places))
        )
        found.append(_divergences((chosen @ shares).toarray(), total))
        reached += int((found[-1] >= least).sum())
    return np.concatenate(found)


def _divergences(sums: Floats, total: Floats) -> Floats:
    """The Jensen-Shannon divergence of each row of sums from what the total leaves, in bits."""
    p, q = _shares(sums), _shares(total - sums)
    return np.asarray(np.maximum(0.0, _entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2))


def _shares(sums: Floats) -> Floats:
    sums = np.maximum(sums, 0.0)
    return np.asarray(sums / np.maximum(sums.sum(axis=-1, keepdims=True), np.finfo(float).tiny))


def _entropy(shares: Floats) -> Floats:
    return np.asarray(-(shares * np.log2(np.where(shares > 0, shares, 1.0))).sum(axis=-1))


def _parts(values: Sequence[str], before: Floats, now: Floats) -> tuple[Part, ...]:
    """The values that make up most of the divergence."""
    middle = np.where(before + now > 0, (before + now) / 2, 1.0)
    made = sum(shares * np.log2(np.where(shares > 0, shares / middle, 1.0)) for shares in (before, now))
    order = np.argsort(-np.asarray(made), kind="stable")[:PARTS]
    return tuple(Part(values[i], float(before[i]), float(now[i])) for i in order.tolist() if before[i] != now[i])


def _telling(shares: sp.csr_matrix, p: Floats, q: Floats, mails: Sequence[Read]) -> tuple[str, ...]:
    """The mails that speak most for the difference: the mean of these weights is their half of the divergence."""
    weights = shares @ np.log2(np.where(p > 0, 2 * p / np.maximum(p + q, np.finfo(float).tiny), 1.0))
    order = np.argsort(-weights, kind="stable")[:SHOWN_MAILS]
    return tuple(mails[i].id for i in order.tolist() if weights[i] > 0)
