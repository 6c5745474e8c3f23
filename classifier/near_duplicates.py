"""Mails that say nearly the same and were labelled differently."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from classifier.example import Example
from classifier.families import text_key
from classifier.features import Profile
from classifier.known import quick_vectors, stacked
from classifier.mail import mail_of
from classifier.model import Model
from classifier.novelty import Vectors
from classifier.sentences import whole
from classifier.suspicion import Suspicion, plain

LEAST_COSINE: Mapping[Profile, float] = {"lean": 0.9, "standard": 0.96, "full": 0.96}
"""From there on two mails are nearly the same: a word or two differ."""
TOLD_BY_TEXT = ("topic", "issue_type", "severity")
"""Whether a mail is covered may differ with the customer however alike the mails are."""
BLOCK = 512


def near_duplicates(examples: Sequence[Example], model: Model) -> list[Suspicion]:
    """Pairs of ``examples`` that are nearly the same text with different labels, one suspicion a pair and label.

    At least one of the two was labelled by an agent; rewrites of one mail that came labelled are no such pair.
    """
    least = LEAST_COSINE[model.profile]
    found = []
    for first, second, cosine in _pairs(vectors(examples, model), least):
        one, other = examples[first], examples[second]
        if "agent" in (one.origin, other.origin) and one.id != other.id:
            found += [_suspicion(one, other, label, cosine) for label in TOLD_BY_TEXT if _differ(one, other, label)]
    return found


def vectors(examples: Sequence[Example], model: Model) -> Vectors:
    """Unit rows of the ``examples``: those that the model keeps, and new ones of mails it does not know."""
    places = {one: row for row, one in enumerate(model.known.ids)}
    new = [example for example in examples if example.id not in places]
    texts = [whole(mail.subject, mail.text) for mail in map(mail_of, new)]
    places |= {example.id: len(places) + row for row, example in enumerate(new)}
    parts = [model.known.vectors] if model.known.ids else []
    if new:
        parts.append(quick_vectors(model.features, texts))
    return stacked(parts)[[places[example.id] for example in examples]]


def _pairs(rows: Vectors, least: float) -> Iterator[tuple[int, int, float]]:
    """Each pair of rows whose cosine is at least ``least``, the earlier row first, and the cosine."""
    turned = rows.T if isinstance(rows, np.ndarray) else rows.T.tocsr()
    for start in range(0, rows.shape[0], BLOCK):
        found = rows[start : start + BLOCK] @ turned
        cosines = found if isinstance(found, np.ndarray) else found.toarray()
        for row, column in np.argwhere(cosines >= least).tolist():
            if start + row < column:
                yield start + row, column, min(1.0, float(cosines[row, column]))


def _differ(one: Example, other: Example, label: str) -> bool:
    return label in one.labels and label in other.labels and one.labels[label] != other.labels[label]


def _suspicion(one: Example, other: Example, label: str, cosine: float) -> Suspicion:
    first, second = (one, other) if one.origin == "agent" else (other, one)
    alike = "the same text" if text_key(one) == text_key(other) else f"nearly the same text (cosine {cosine:.2f})"
    given, against = first.labels[label], second.labels[label]
    reason = f"{plain(label).capitalize()}: two mails of {alike}, one given as {given}, the other as {against}."
    return Suspicion("near_duplicate", label, (first.id, second.id), given, against, None, cosine, reason)
