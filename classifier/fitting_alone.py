"""Fits what may be decided without a person: the novelty gate and the thresholds, on mails that were held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from classifier import autonomy, novelty
from classifier.autonomy import Autonomy
from classifier.example import WRITTEN, Example
from classifier.head import Head, Split
from classifier.known import Known
from classifier.mail import Mail
from classifier.model import topic_probabilities
from classifier.novelty import NoveltyGate
from classifier.prediction import Decided, Prediction, SeverityMix, decide
from policies.labels import LABELS
from policies.policy import Policy

# Fewer have no twentieth to refuse.
LEAST_FOR_GATE = 20


def fit_gate(
    examples: Sequence[Example],
    topic: Head,
    held: Sequence[Prediction | None],
    known: Known,
    splits: Sequence[Split],
    shares: npt.NDArray[np.float64],
) -> tuple[NoveltyGate | None, frozenset[str]]:
    """The gate, and the digests of the examples that it would have found novel while each was held out."""
    topics = topic_probabilities(topic, held)
    # Only mails that came, and whose topic was held out, show what is usual of mails that come.
    usual = np.asarray(["topic" in e.labels and e.origin != WRITTEN for e in examples])
    inside = {row for _, outside in splits for row in outside.tolist()}
    usual &= ~np.isnan(topics).any(axis=1) & np.asarray([row in inside for row in range(len(examples))])
    if usual.sum() < LEAST_FOR_GATE:
        return None, frozenset()
    gate = novelty.fit(np.where(usual[:, None], topics, np.nan), known.vectors, splits, shares)
    familiar = gate.out_of_fold(topics, known.vectors, splits, shares)
    return gate, frozenset(examples[row].digest for row in np.flatnonzero(familiar < gate.threshold).tolist())


def decided_while_held(
    policy: Policy,
    examples: Sequence[Example],
    mails: Sequence[Mail],
    signals: Sequence[Mapping[str, object]],
    held: Sequence[Prediction | None],
    mix: SeverityMix,
) -> list[tuple[Example, Decided]]:
    """The examples that were held out, each as it was decided then."""
    together = zip(examples, mails, signals, held, strict=False)
    return [(e, decide(policy, p, mail.facts, found, mix)) for e, mail, found, p in together if p is not None]


def one_a_family(
    decided: Sequence[tuple[Example, Decided]], families: Mapping[str, str]
) -> dict[str, list[tuple[Example, Decided]]]:
    """The mails that judge each label.

    Examples written for a policy are not drawn from the mail that comes: they show no precision. Of the mails of one
    family one speaks (by the order of digests, so not the one most rightly decided): the same alert that came thirty
    times is one proof, not thirty.
    """
    judging: dict[str, dict[str, tuple[Example, Decided]]] = {label: {} for label in LABELS}
    for example, found in sorted(decided, key=lambda one: one[0].digest):
        for label in LABELS if example.origin != WRITTEN else ():
            if label in example.labels:
                judging[label].setdefault(families[example.digest], (example, found))
    return {label: list(by_family.values()) for label, by_family in judging.items()}


def fit_autonomy(
    policy: Policy, label: str, decided: Sequence[tuple[Example, Decided]], novel: frozenset[str]
) -> Autonomy:
    """When ``label`` may be decided alone, by the mails that judge it; ``novel`` are digests."""
    # A novel mail goes to a person however sure the model is, so it shows nothing of what is decided alone.
    familiar = [(e, d) for e, d in decided if e.digest not in novel]
    values = [d.model_values[label] for _, d in familiar]
    confidences = [d.sureness(label) for _, d in familiar]
    right = [e.labels[label] == value for (e, _), value in zip(familiar, values, strict=True)]
    never = len(decided) - len(familiar)
    if (share := policy.target_coverage.get(label)) is not None:
        return autonomy.for_coverage(values, confidences, right, share, never)
    return autonomy.for_precision(values, confidences, right, policy.target_precision[label], never)
