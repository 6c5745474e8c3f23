"""Fits the heads of all labels and impact facts, and how the severity's head and the policy's table become one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from classifier import head as head_room
from classifier.example import Example
from classifier.head import Head, Split
from classifier.model import FROM_CONTEXT
from classifier.prediction import SEVERITIES, Prediction, SeverityMix, severity_probabilities
from classifier.recipe import Recipe
from classifier.space import Space
from policies.labels import IMPACT_VALUES, LABELS, Severity
from policies.policy import Policy

# Measured on the training data: these gain from other policies' mails, the policy's own scopes and topics cannot.
POOLED = frozenset({"severity", "issue_type", *IMPACT_VALUES})
POOL_WEIGHT = 0.5
# While such words are few, a person's on one mail must be able to outweigh the labelled mails that look like it.
AGENT_WEIGHT = 9.0
# Measured on the training data with three times the regularisation constant: .5 to 3 all help, 2 most.
CLAUSE_WEIGHT = 6.0
# Neither view is trusted alone, however few mails speak for it (measured: each alone is worse in every policy).
SHARES = tuple(share / 10 for share in range(2, 9))
UNREAD = {"kind": "other", "deadline": "false"}
"""The value of a fact of which no example knows anything, where it is not ``unknown``."""

Floats64 = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Held:
    """The model's parts, and what they said of each of the policy's own examples while that example was held out.

    ``later`` has, by row, what heads said that were taught by all other mails but those.
    """

    heads: Mapping[str, Head]
    predictions: Sequence[Prediction | None]
    later: Mapping[int, Prediction] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Lesson:
    """What the heads are taught: all examples, the first ``own`` of which are the policy's.

    ``spaces`` are those of the own mails with their context, then ``topics``' clauses, and of all with sentences.
    ``later`` are the rows to be judged by heads that learned from all others.
    """

    every: Sequence[Example]
    own: int
    topics: Sequence[str]
    spaces: tuple[Space, Space]
    splits: Sequence[Split]
    later: Split | None
    seed: int
    recipe: Recipe

    def space(self, key: str) -> Space:
        """Where the head of that label or fact is fitted."""
        return self.spaces[0] if key in FROM_CONTEXT else self.spaces[1]

    def taught(self, key: str) -> Taught:
        """The rows that teach a head, their values and weights."""
        labelled = [i for i, e in enumerate(self.every) if _value(e, key) and (i < self.own or key in POOLED)]
        of_agents = _agent_weight([self.every[i] for i in labelled if i < self.own])
        weights = [_weight(self.every[i], i < self.own, of_agents) for i in labelled]
        values = [_value(self.every[i], key) for i in labelled]
        found = Taught(np.asarray(labelled, dtype=np.intp), values, weights)
        return found.with_clauses(self.own, self.topics) if key == "topic" and labelled else found


@dataclass(frozen=True, eq=False)
class Taught:
    """Rows of a space with the value and the weight of each; the last ``clauses`` of them are a policy's own words."""

    rows: npt.NDArray[np.intp]
    values: Sequence[str]
    weights: Sequence[float]
    clauses: int = 0

    def with_clauses(self, own: int, topics: Sequence[str]) -> Taught:
        """What the clauses say in their own words teaches topics of which there are few mails, or none."""
        rows = np.append(self.rows, np.arange(own, own + len(topics)))
        return Taught(
            rows, [*self.values, *topics], [*self.weights, *[CLAUSE_WEIGHT] * len(topics)], clauses=len(topics)
        )

    @property
    def mails(self) -> npt.NDArray[np.intp]:
        """The rows that are mails."""
        return self.rows[: len(self.rows) - self.clauses]

    def without(self, rows: npt.NDArray[np.intp]) -> Taught:
        """Without the mails of those rows."""
        kept = np.append(~np.isin(self.mails, rows), np.ones(self.clauses, bool))
        places = np.flatnonzero(kept).tolist()
        return Taught(
            self.rows[kept], [self.values[i] for i in places], [self.weights[i] for i in places], self.clauses
        )


def fit_heads(lesson: Lesson, progress: Callable[[str, float], None]) -> Held:
    """The head of every label and impact fact, and what each said of the own mails while they were held out."""
    heads: dict[str, Head] = {}
    out_of_fold: dict[str, Floats64] = {}
    later: dict[str, Floats64] = {}
    keys = (*LABELS, *IMPACT_VALUES)
    for number, key in enumerate(keys):
        progress(f"head {key}", 0.35 + 0.6 * number / len(keys))
        taught = lesson.taught(key)
        if not len(taught.rows):
            heads[key] = _constant(UNREAD.get(key, "unknown"), lesson.space(key).features.shape[1])
            out_of_fold[key] = np.ones((lesson.own, 1))
        else:
            heads[key], out_of_fold[key] = _fit_head(lesson, key, taught)
        if lesson.later is not None:
            later[key] = _later(lesson, key, taught, heads[key])
    predictions = [_prediction(heads, out_of_fold, row) for row in range(lesson.own)]
    return Held(heads, predictions, _by_row(heads, later, lesson.later))


def _fit_head(lesson: Lesson, key: str, taught: Taught) -> tuple[Head, Floats64]:
    """The head, and its probabilities of the own mails out of fold."""
    space = lesson.space(key)
    within = inner_splits(lesson.splits, taught.mails)
    mine = np.append(taught.mails < lesson.own, np.zeros(taught.clauses, bool))
    if taught.clauses:
        places = np.arange(len(taught.mails), len(taught.rows))
        within = [(np.append(inside, places), outside) for inside, outside in within]
    fitted = head_room.fit(
        space,
        taught.rows,
        taught.values,
        within,
        weights=taught.weights,
        calibrate=mine,
        seed=lesson.seed,
        recipe=lesson.recipe,
    )
    placed = np.full((lesson.own, len(fitted.head.classes)), np.nan)
    placed[taught.rows[mine]] = fitted.out_of_fold[mine]
    # A mail without this label took part in no fold of the head: the whole head is fair to it.
    lacking = np.setdiff1d(np.arange(lesson.own), taught.rows[mine])
    if len(lacking):
        placed[lacking] = fitted.head.probabilities(space.features[lacking])
    return fitted.head, placed


def _later(lesson: Lesson, key: str, taught: Taught, head: Head) -> Floats64:
    assert lesson.later is not None  # noqa: S101 - asked for only then
    asked = lesson.later[1]
    past = taught.without(asked)
    if len(head.classes) == 1 or not len(past.rows):
        return head.probabilities(lesson.space(key).features[asked])
    return head_room.elsewhere(
        lesson.space(key),
        past.rows,
        past.values,
        asked,
        like=head,
        weights=past.weights,
        seed=lesson.seed,
        recipe=lesson.recipe,
    )


def _by_row(
    heads: Mapping[str, Head], probabilities: Mapping[str, Floats64], later: Split | None
) -> dict[int, Prediction]:
    if later is None:
        return {}
    said = ((row, _prediction(heads, probabilities, place)) for place, row in enumerate(later[1].tolist()))
    return {row: prediction for row, prediction in said if prediction is not None}


def fit_severity_mix(policy: Policy, examples: Sequence[Example], held: Sequence[Prediction | None]) -> SeverityMix:
    """The mix with the least log loss of the severities of held-out mails; half and half when none is known."""
    known = [(e.labels["severity"], p) for e, p in zip(examples, held, strict=True) if p and "severity" in e.labels]
    if not known:
        return SeverityMix(0.5, 1.0)
    truth = np.asarray([SEVERITIES.index(Severity(severity)) for severity, _ in known])
    predictions = [prediction for _, prediction in known]
    head, table = (_mixed(policy, predictions, SeverityMix(share, 1.0)) for share in (0.0, 1.0))

    def loss(share: float) -> float:
        mixed = (1 - share) * head + share * table
        return float(-np.log(np.maximum(mixed[np.arange(len(truth)), truth], 1e-6)).mean())

    share = min(SHARES, key=loss)
    scores = np.log(np.maximum((1 - share) * head + share * table, 1e-6)).astype(np.float32)
    return SeverityMix(share, head_room.fit_temperature(scores, truth))


def _mixed(policy: Policy, predictions: Sequence[Prediction], mix: SeverityMix) -> npt.NDArray[np.float64]:
    rows = [severity_probabilities(policy, prediction, mix) for prediction in predictions]
    return np.asarray([[row[severity] for severity in SEVERITIES] for row in rows])


def _value(example: Example, key: str) -> str:
    return example.labels.get(key) or example.impact.get(key) or ""


def _prediction(
    heads: Mapping[str, Head], out_of_fold: Mapping[str, npt.NDArray[np.float64]], row: int
) -> Prediction | None:
    if any(np.isnan(values[row]).any() for values in out_of_fold.values()):
        return None
    by_key = {k: dict(zip(h.classes, map(float, out_of_fold[k][row]), strict=True)) for k, h in heads.items()}
    return Prediction(by_key, {})


def _agent_weight(own: Sequence[Example]) -> float:
    """What an agent's mail counts: most while they are few, and as much as any other where there are no others."""
    others = sum(example.origin != "agent" for example in own)
    return float(AGENT_WEIGHT ** (others / len(own))) if own else 1.0


def _weight(example: Example, own: bool, of_agents: float) -> float:
    return (of_agents if example.origin == "agent" else 1.0) * (1.0 if own else POOL_WEIGHT)


def _constant(value: str, width: int) -> Head:
    return Head((value,), np.zeros((1, width), np.float32), np.zeros(1, np.float32), 1.0)


def inner_splits(splits: Sequence[Split], rows: npt.NDArray[np.intp]) -> list[Split]:
    """The splits of all examples, as positions in ``rows``; a fold that would leave nothing on a side is left out."""
    position = {int(row): i for i, row in enumerate(rows)}
    kept = []
    for split in splits:
        sides = [[position[i] for i in side.tolist() if i in position] for side in split]
        if all(sides):
            kept.append((np.asarray(sides[0], dtype=np.intp), np.asarray(sides[1], dtype=np.intp)))
    return kept
