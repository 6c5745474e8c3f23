"""Fits a model: features, sentence reader, heads, the severity's mix of table and head, thresholds, in that order.

Everything that is chosen (temperatures, shares, thresholds) is chosen on predictions for mails that were held out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from classifier import context
from classifier import features as feature_room
from classifier import head as head_room
from classifier import reader as reader_room
from classifier import thresholds as threshold_room
from classifier.example import Example
from classifier.features import Profile
from classifier.head import Head, Split
from classifier.mail import Mail, mail_of
from classifier.model import FROM_CONTEXT, Model, cut, put_beside
from classifier.prediction import (
    SEVERITIES,
    Decided,
    Prediction,
    SeverityMix,
    decide,
    severity_probabilities,
)
from classifier.reader import Teaching
from classifier.sentences import whole
from classifier.signals import finder
from classifier.space import Space, span
from errors import MailtriageError
from policies.labels import IMPACT_VALUES, LABELS, Severity
from policies.policy import Policy

# Measured on the training data: these gain from other policies' mails, the policy's own scopes and topics cannot.
POOLED = frozenset({"severity", "issue_type", *IMPACT_VALUES})
POOL_WEIGHT = 0.5
# A person's word on one mail must be able to outweigh the few labelled mails that look like it.
AGENT_WEIGHT = 3.0
# Measured on the training data: .5 to 3 all help, 2 most.
CLAUSE_WEIGHT = 2.0
# Neither view is trusted alone, however few mails speak for it (measured: each alone is worse in every policy).
SHARES = tuple(share / 10 for share in range(2, 9))
UNREGISTERED = "unregistered"
UNREAD = {"kind": "other", "deadline": "false"}
"""The value of a fact of which no example knows anything, where it is not ``unknown``."""


class TrainingError(MailtriageError):
    """The examples cannot make a model: says which label lacks examples."""


@dataclass(frozen=True, eq=False)
class Held:
    """The model's parts, and what they said of each of the policy's own examples while that example was held out."""

    heads: Mapping[str, Head]
    predictions: Sequence[Prediction | None]


def fit_model(
    policy: Policy, examples: Sequence[Example], *, profile: Profile, seed: int, pool: Sequence[Example] = ()
) -> Model:
    """See :func:`classifier.model.train`."""
    for label in LABELS:
        if not any(label in example.labels for example in examples):
            raise TrainingError(f"No mail labelled under {policy.name} has a {label}: label some, then train again.")
    every = [*examples, *pool]
    mails = [mail_of(example) for example in every]
    signals = [finder(policy).find(mail.subject, mail.text) for mail in mails[: len(examples)]]
    texts = [whole(mail.subject, mail.text) for mail in mails]
    features = feature_room.fit(texts, profile)
    splits = head_room.group_folds([_stratum(e) for e in every], [_group(e) for e in every], seed=seed)
    lists, rows = cut(mails)
    teachings = [Teaching(r, s, e.impact, e.evidence) for r, s, e in zip(rows, lists, every, strict=True)]
    lexical = features.lexical([sentence for one in lists for sentence in one])
    reader, pooled = reader_room.fit(lexical, teachings, splits, seed)
    names = context.names(policy, [mail.facts for mail in mails[: len(examples)]])
    around = context.matrix(policy, names, mails[: len(examples)], signals)
    x = features.transform(texts)
    clauses = _clause_texts(policy)
    contextual = sp.vstack(
        [
            put_beside(x[: len(examples)], around),
            put_beside(features.transform(list(clauses.values())), np.zeros((len(clauses), len(names)), np.float32)),
        ],
        format="csr",
    )
    spaces = span(contextual), span(put_beside(x, pooled))
    held = _fit_heads(every, len(examples), tuple(clauses), spaces, splits, seed)
    mix = fit_severity_mix(policy, examples, held.predictions)
    decided = _decided(policy, examples, mails, signals, held.predictions, mix)
    thresholds = {label: _threshold(policy, label, decided) for label in LABELS}
    return Model(
        version=UNREGISTERED,
        policy=policy.name,
        profile=profile,
        features=features,
        reader=reader,
        context=names,
        heads=held.heads,
        severity_mix=mix,
        thresholds=thresholds,
        learned_from=frozenset(example.digest for example in examples),
    )


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


def _fit_heads(
    every: Sequence[Example],
    own: int,
    topics: Sequence[str],
    spaces: tuple[Space, Space],
    splits: Sequence[Split],
    seed: int,
) -> Held:
    """``spaces`` are those of the own mails with their context, then ``topics``' clauses, and of all with sentences."""
    heads: dict[str, Head] = {}
    out_of_fold: dict[str, npt.NDArray[np.float64]] = {}
    for key in (*LABELS, *IMPACT_VALUES):
        space = spaces[0] if key in FROM_CONTEXT else spaces[1]
        labelled = [i for i, e in enumerate(every) if _value(e, key) and (i < own or key in POOLED)]
        truth = [_value(every[i], key) for i in labelled]
        weights = [_weight(every[i], i < own) for i in labelled]
        rows = np.asarray(labelled, dtype=np.intp)
        within = _within(splits, rows)
        if not labelled:
            heads[key] = _constant(UNREAD.get(key, "unknown"), space.features.shape[1])
            out_of_fold[key] = np.ones((own, 1))
            continue
        mine = rows < own
        if key == "topic":
            # What the clauses say in their own words teaches topics of which there are few mails, or none.
            places = np.arange(len(labelled), len(labelled) + len(topics))
            rows, mine = (
                np.append(rows, np.arange(own, own + len(topics))),
                np.append(mine, np.zeros(len(topics), bool)),
            )
            truth, weights = [*truth, *topics], [*weights, *[CLAUSE_WEIGHT] * len(topics)]
            within = [(np.append(inside, places), outside) for inside, outside in within]
        fitted = head_room.fit(space, rows, truth, within, weights=weights, calibrate=mine, seed=seed)
        heads[key] = fitted.head
        placed = np.full((own, len(fitted.head.classes)), np.nan)
        placed[rows[mine]] = fitted.out_of_fold[mine]
        # A mail without this label took part in no fold of the head: the whole head is fair to it.
        lacking = np.setdiff1d(np.arange(own), rows[mine])
        if len(lacking):
            placed[lacking] = fitted.head.probabilities(space.features[lacking])
        out_of_fold[key] = placed
    return Held(heads, [_held_prediction(heads, out_of_fold, row) for row in range(own)])


def _clause_texts(policy: Policy) -> dict[str, str]:
    """For each topic its title and the sentences of its clauses."""
    return {
        name: " ".join([f"{topic.title}.", *(policy.clauses[clause].sentence for clause in topic.clauses)])
        for name, topic in policy.topics.items()
    }


def _value(example: Example, key: str) -> str:
    return example.labels.get(key) or example.impact.get(key) or ""


def _held_prediction(
    heads: Mapping[str, Head], out_of_fold: Mapping[str, npt.NDArray[np.float64]], row: int
) -> Prediction | None:
    if any(np.isnan(values[row]).any() for values in out_of_fold.values()):
        return None
    by_key = {k: dict(zip(h.classes, map(float, out_of_fold[k][row]), strict=True)) for k, h in heads.items()}
    return Prediction(by_key, {})


def _decided(
    policy: Policy,
    examples: Sequence[Example],
    mails: Sequence[Mail],
    signals: Sequence[Mapping[str, object]],
    held: Sequence[Prediction | None],
    mix: SeverityMix,
) -> list[tuple[Example, Decided]]:
    together = zip(examples, mails, signals, held, strict=False)
    return [(e, decide(policy, p, mail.facts, found, mix)) for e, mail, found, p in together if p is not None]


def _threshold(policy: Policy, label: str, decided: Sequence[tuple[Example, Decided]]) -> float | None:
    judged = [(d.probabilities[label], d.model_values[label], e.labels[label]) for e, d in decided if label in e.labels]
    confidences = [probabilities[value] for probabilities, value, _ in judged]
    right = [value == truth for _, value, truth in judged]
    return threshold_room.find(confidences, right, policy.target_precision[label])


def _stratum(example: Example) -> str:
    return f"{example.policy} {example.labels.get('topic') or example.labels.get('severity')}"


def _group(example: Example) -> str:
    return f"{example.policy} {example.group or example.id}"


def _weight(example: Example, own: bool) -> float:
    return (AGENT_WEIGHT if example.origin == "agent" else 1.0) * (1.0 if own else POOL_WEIGHT)


def _constant(value: str, width: int) -> Head:
    return Head((value,), np.zeros((1, width), np.float32), np.zeros(1, np.float32), 1.0)


def _within(splits: Sequence[Split], rows: npt.NDArray[np.intp]) -> list[Split]:
    """The splits of all examples, as positions in ``rows``; a fold that would leave nothing on a side is left out."""
    position = {int(row): i for i, row in enumerate(rows)}
    kept = []
    for split in splits:
        sides = [[position[i] for i in side.tolist() if i in position] for side in split]
        if all(sides):
            kept.append((np.asarray(sides[0], dtype=np.intp), np.asarray(sides[1], dtype=np.intp)))
    return kept
