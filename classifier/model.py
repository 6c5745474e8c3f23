"""A trained model of one policy: features, one calibrated head for each label and impact fact, thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from classifier import context
from classifier.example import Example
from classifier.features import Features
from classifier.features import Profile as Profile
from classifier.head import Head
from classifier.mail import Mail
from classifier.prediction import Prediction, SeverityMix
from classifier.reader import COLUMNS, Reader, pool
from classifier.sentences import sentences, whole
from classifier.space import Floats
from policies.policy import Policy

# What is asked for, and whether it is covered, is learned from the mail beside what is known around it; all else from
# the mail beside what its sentences say of the impact. Measured on the training data: each helps there and only there.
FROM_CONTEXT = frozenset({"scope", "topic"})


@dataclass(frozen=True, eq=False)
class Model:
    """See the module; ``version`` is the registry's name of it, ``policy`` the policy it was trained for.

    ``context`` names the features of what is known around a mail. ``heads`` has one head for each label and impact
    fact. ``severity_mix`` says how the severity's head and the policy's severity table are made into one.
    ``thresholds`` is, for each label, the confidence from which it is decided without a person (None: never).
    ``learned_from`` are the digests of the policy's examples it was fitted on.
    """

    version: str
    policy: str
    profile: Profile
    features: Features
    reader: Reader
    context: tuple[str, ...]
    heads: Mapping[str, Head]
    severity_mix: SeverityMix
    thresholds: Mapping[str, float | None]
    learned_from: frozenset[str]

    def see(self, policy: Policy, mails: Sequence[Mail], signals: Sequence[Mapping[str, object]]) -> Seen:
        """The mails as the heads see them; ``signals`` are those found in each."""
        lists, rows = cut(mails)
        scores = self.reader.scores(self.features.lexical([sentence for one in lists for sentence in one]))
        around = context.matrix(policy, self.context, mails, signals)
        x = self.features.transform([whole(mail.subject, mail.text) for mail in mails])
        return Seen(x, around, pool(scores, rows), lists, scores, rows)

    def read(self, seen: Seen) -> list[Prediction]:
        """What the heads think of the mails seen."""
        probabilities = self._probabilities(seen)
        predictions = []
        for row in range(len(seen.rows)):
            by_key = {
                key: dict(zip(head.classes, map(float, probabilities[key][row]), strict=True))
                for key, head in self.heads.items()
            }
            best = Prediction(by_key, {}).impact
            said = {fact: words for fact, value in best.items() if (words := seen.said(row, fact, value))}
            predictions.append(Prediction(by_key, said))
        return predictions

    def _probabilities(self, seen: Seen) -> dict[str, npt.NDArray[np.float64]]:
        probabilities = {}
        for beside, bank in zip((seen.around, seen.pooled), self._banks, strict=True):
            inputs = put_beside(seen.x, beside)
            scores = inputs @ bank.coef
            for key, columns in bank.columns.items():
                head = self.heads[key]
                probabilities[key] = head.calibrated(scores[:, columns] + head.intercept)
        return probabilities

    @cached_property
    def _banks(self) -> tuple[Bank, Bank]:
        """The heads that learn from the context, and the others, each as one matrix: one product serves them all."""
        contextual = {key: head for key, head in self.heads.items() if key in FROM_CONTEXT}
        return _bank(contextual), _bank({key: head for key, head in self.heads.items() if key not in contextual})


@dataclass(frozen=True, eq=False)
class Bank:
    """The coefficients of several heads side by side (a row a feature), and which columns are whose."""

    coef: Floats
    columns: Mapping[str, slice]


def _bank(heads: Mapping[str, Head]) -> Bank:
    ends = np.cumsum([len(head.coef) for head in heads.values()]).tolist()
    columns = {key: slice(end - len(head.coef), end) for (key, head), end in zip(heads.items(), ends, strict=True)}
    return Bank(np.ascontiguousarray(np.vstack([head.coef for head in heads.values()]).T), columns)


@dataclass(frozen=True, eq=False)
class Seen:
    """A batch as the heads see it: features of the whole mails, what is around them, and what their sentences say."""

    x: sp.csr_matrix
    around: Floats
    pooled: Floats
    sentence_lists: Sequence[Sequence[str]]
    sentence_scores: Floats
    rows: Sequence[range]

    def said(self, row: int, fact: str, value: str) -> str | None:
        """The sentence that speaks most for that value of the fact; None when none speaks for it."""
        column = COLUMNS.index((fact, value))
        scores = self.sentence_scores[self.rows[row].start : self.rows[row].stop, column]
        best = int(scores.argmax())
        # Above 0 the sentence is on the side of the value, below on the side of "says nothing of it".
        return self.sentence_lists[row][best] if scores[best] > 0 else None


def put_beside(x: sp.csr_matrix, more: Floats) -> sp.csr_matrix:
    """The features of the whole mails with ``more`` columns after them."""
    return sp.hstack([x, sp.csr_matrix(more)], format="csr")


def cut(mails: Sequence[Mail]) -> tuple[list[list[str]], list[range]]:
    """The sentences of each mail, and which rows of one long list of all sentences are its own."""
    lists = [sentences(mail.subject, mail.text) for mail in mails]
    ends = np.cumsum([len(one) for one in lists]).tolist()
    return lists, [range(end - len(one), end) for one, end in zip(lists, ends, strict=True)]


def train(
    policy: Policy,
    examples: Sequence[Example],
    *,
    profile: Profile = "standard",
    seed: int = 0,
    pool: Sequence[Example] = (),
) -> Model:
    """A model fitted on ``examples`` (labels that are absent are left out of their head). Deterministic under ``seed``.

    ``pool`` are examples of other policies, from which severity, issue type and impact are learned too. Raises
    :class:`classifier.fitting.TrainingError` when a label has no example.
    """
    # Fitting builds on the model it makes.
    from classifier.fitting import fit_model

    return fit_model(policy, examples, profile=profile, seed=seed, pool=pool)
