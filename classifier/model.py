"""A trained model of one policy: features, a calibrated head for each label and impact fact, when it may act alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from classifier import context, cues
from classifier.autonomy import Autonomy
from classifier.beside import beside
from classifier.example import Example
from classifier.features import Features
from classifier.features import Profile as Profile
from classifier.head import Head
from classifier.held_out import NOTHING_HELD, HeldOut
from classifier.known import NOTHING, Known, vectors_of
from classifier.mail import Mail
from classifier.network import LEAST, installed_network
from classifier.novelty import NoveltyGate, Vectors, known_shares
from classifier.prediction import Prediction, SeverityMix
from classifier.reader import COLUMNS, Reader, pool
from classifier.recipe import FOR_MAILS, Recipe
from classifier.sentences import joined, sentences
from classifier.space import Floats
from classifier.verdict import Novelty
from policies.policy import Policy

# What is asked for, and whether it is covered, is learned from the mail beside what is known around it; all else from
# the mail beside what its sentences say of the impact. Measured on the training data: each helps there and only there.
FROM_CONTEXT = frozenset({"scope", "topic"})
# Measured on the training data: what a sure answer of the network counts beside the words and the vector of a mail.
READING_WEIGHT = 0.7
# Of a familiarity, in standard deviations.
DIGITS = 4


@dataclass(frozen=True, eq=False)
class Model:
    """See the module; ``version`` is the registry's name of it, ``policy`` the policy it was trained for.

    ``context`` names the features of what is known around a mail. ``heads`` has one head for each label and impact
    fact. ``severity_mix`` says how the severity's head and the policy's severity table are made into one.
    ``autonomy`` says of each label when it is decided without a person.
    ``learned_from`` are the digests of the policy's examples it was fitted on. ``trained_under`` is the policy as it
    was then, None in a model of an older format: its rules and signals are part of what the heads look at.
    ``known`` are the policy's examples themselves, as vectors; ``novelty`` says by them and by the topic which mail is
    unlike them all, None in an older model and where there were too few. ``recipe`` is how the heads were fitted.
    ``held`` is what was said of each while it was held out. ``network`` is the digest of the network whose readings
    the heads learned from, empty in ``lean``.
    """

    version: str
    policy: str
    profile: Profile
    features: Features
    reader: Reader
    context: tuple[str, ...]
    heads: Mapping[str, Head]
    severity_mix: SeverityMix
    autonomy: Mapping[str, Autonomy]
    learned_from: frozenset[str]
    trained_under: Policy | None = None
    known: Known = NOTHING
    novelty: NoveltyGate | None = None
    recipe: Recipe = FOR_MAILS
    held: HeldOut = NOTHING_HELD
    network: str = ""

    @property
    def acts_alone(self) -> tuple[str, ...]:
        """The labels that it may decide without a person."""
        return tuple(label for label, autonomy in self.autonomy.items() if autonomy.acts)

    def see(self, policy: Policy, mails: Sequence[Mail], signals: Sequence[Mapping[str, object]]) -> Seen:
        """The mails as the heads see them; ``signals`` are those found in each."""
        lists, rows = cut(mails)
        cued = cues.matrix(lists)
        looked = self.features.of_mails(lists)
        scores = self.reader.scores(beside(looked.sentences, cued))
        around = context.matrix(policy, self.context, mails, signals)
        read = readings(self.profile, [(mail.subject, mail.text) for mail in mails])
        return Seen(looked.x, around, told(scores, cued, rows), read, lists, scores, rows, looked.texts)

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

    def novelties(self, seen: Seen, predictions: Sequence[Prediction]) -> list[Novelty | None]:
        """How like what was learned from each mail seen is, of which that was read; None where nobody can say."""
        if self.novelty is None:
            return [None] * len(predictions)
        vectors = vectors_of(self.features, seen.x)
        topics = topic_probabilities(self.heads["topic"], predictions)
        shares = shares_of(self.features, [joined(sentence_list) for sentence_list in seen.sentence_lists])
        # One by one: the same mail must get the same numbers, to the last bit, alone and among others.
        return [
            _novelty(self.novelty, topics[[row]], vectors[[row]], float(shares[row])) for row in range(len(predictions))
        ]

    def _probabilities(self, seen: Seen) -> dict[str, npt.NDArray[np.float64]]:
        probabilities = {}
        for more, bank in zip((seen.around, seen.pooled), self._banks, strict=True):
            inputs = beside(seen.x, np.hstack([more, seen.read]))
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


def topic_probabilities(head: Head, predictions: Sequence[Prediction | None]) -> npt.NDArray[np.float64]:
    """The probability of each topic, a row a prediction (NaN where there is none) and a column a class of ``head``."""
    unread = dict.fromkeys(head.classes, np.nan)
    rows = [p.probabilities["topic"] if p is not None else unread for p in predictions]
    return np.asarray([[row[name] for name in head.classes] for row in rows]).reshape(len(rows), len(head.classes))


def shares_of(features: Features, texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """How much of each whole mail the vectors of nearness speak of: all of it where they are sentence vectors."""
    if features.profile != "lean":
        return np.ones(len(texts))
    return known_shares(texts, features.words.vocabulary)


def _novelty(gate: NoveltyGate, topics: npt.NDArray[np.float64], vector: Vectors, share: float) -> Novelty:
    certainty, nearness = (round(float(part[0]), DIGITS) for part in gate.parts(topics, vector, share))
    familiarity, threshold = round(certainty + nearness, DIGITS), round(gate.threshold, DIGITS)
    return Novelty(familiarity < threshold, familiarity, threshold, certainty, nearness)


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
    """A batch as the heads see it: features of the whole mails, what is around them, and what their sentences say.

    ``pooled`` has, a row a mail, the best score of its sentences for each of :data:`classifier.reader.COLUMNS`, then
    which of :func:`classifier.cues.columns` any of them has; ``read`` are the :func:`readings` of the network.
    ``texts`` are the mails as their features are counted.
    """

    x: sp.csr_matrix
    around: Floats
    pooled: Floats
    read: Floats
    sentence_lists: Sequence[Sequence[str]]
    sentence_scores: Floats
    rows: Sequence[range]
    texts: Sequence[str]

    def said(self, row: int, fact: str, value: str) -> str | None:
        """The sentence that speaks most for that value of the fact; None when none speaks for it."""
        column = COLUMNS.index((fact, value))
        scores = self.sentence_scores[self.rows[row].start : self.rows[row].stop, column]
        best = int(scores.argmax())
        # Above 0 the sentence is on the side of the value, below on the side of "says nothing of it".
        return self.sentence_lists[row][best] if scores[best] > 0 else None


def sentence_features(features: Features, mails: Sequence[Sequence[str]], cued: Floats) -> sp.csr_matrix:
    """What the reader looks at: the words of each sentence, and its cues.

    Measured on the training data: with the characters too it reads no better, and learns five times as slowly.
    """
    return beside(features.worded([sentence for one in mails for sentence in one]), cued)


def told(scores: Floats, cued: Floats, rows: Sequence[range]) -> Floats:
    """What the sentences of each mail say together, from their scores and their cues."""
    return np.hstack([pool(scores, rows), pool(cued, rows)])


def readings(profile: Profile, mails: Sequence[tuple[str, str]]) -> Floats:
    """What the network reads of mails (subject, text), a column an answer: 0 surely not, 1 surely; none in ``lean``."""
    if profile == "lean":
        return np.zeros((len(mails), 0), np.float32)
    return weighted(installed_network().read(mails))


def weighted(reading: Floats) -> Floats:
    """A reading's log-probabilities as columns of the heads."""
    return (np.float32(1.0) - reading / np.float32(LEAST)) * np.float32(READING_WEIGHT)


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
    recipe: Recipe = FOR_MAILS,
) -> Model:
    """A model fitted on ``examples`` (labels that are absent are left out of their head). Deterministic under ``seed``.

    ``pool`` are examples of other policies, from which severity, issue type and impact are learned too. Raises
    :class:`classifier.fitting.TrainingError` when a label has no example.
    """
    # Fitting builds on the model it makes.
    from classifier.fitting import fit_model

    return fit_model(policy, examples, profile=profile, seed=seed, pool=pool, recipe=recipe).model
