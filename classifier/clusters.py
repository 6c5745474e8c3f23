"""Mails that are alike among those that no topic fits, and the words that name them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from classifier.drift import WORD, Read
from classifier.features import Features
from classifier.known import vectors_of
from classifier.sentences import sentences

LEAST_MAILS = 5
"""Fewer mails make no topic."""
MOST_MAILS = 2000
"""The newest so many are looked at."""
APART_BY_MEANING, APART_BY_WORDS = 0.6, 0.93
"""The mean cosine distance from which two groups stay apart, of sentence vectors and of TF-IDF: measured by
benchmarks/drift.py."""
TOO_COMMON = 0.3
"""What stands in a larger share of all mail does not make two alike."""
LEAST_OF_LANGUAGE = 20
"""So many mails of a language say which of its words are common."""
NAMED_BY = 5
STANDS_IN = 0.25
"""A word that names a group stands in this share of its mails at least,"""
TIMES = 3.0
"""and so many times as often there as elsewhere."""
SHARED_BY, LEAST_SHARED = 0.5, 2
"""A group in which fewer such words stand in half of the mails is alike in how it is written, not in what it is
about."""

Matrix = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Group:
    """Mails that are alike: their ids, the most typical first, the words they are named by, and their language."""

    mails: tuple[str, ...]
    words: tuple[str, ...]
    language: str | None

    @property
    def name(self) -> str:
        """A name for a topic of them, as a policy file takes it."""
        return slug(" ".join(self.words[:2])) or "new_topic"

    @property
    def title(self) -> str:
        """The words as a title."""
        return ", ".join(self.words[:3]).capitalize()


def groups(mails: Sequence[Read], known: Sequence[Read], vectors: Matrix | None) -> list[Group]:
    """Those of ``mails`` that are alike, largest group first; ``known`` is what mail is like otherwise.

    ``vectors`` are the unit sentence vectors of ``mails``, a row each; without them TF-IDF is compared. Agglomerative
    clustering by average linkage over the cosine: the same mails give the same groups, and those that are like no
    others are in none.
    """
    if len(mails) < LEAST_MAILS:
        return []
    # scikit-learn takes a hundred megabytes, which a process that only classifies need not have.
    from sklearn.cluster import AgglomerativeClustering

    apart = APART_BY_WORDS if vectors is None else APART_BY_MEANING
    rows_of = by_words(mails, known) if vectors is None else vectors
    clustering = AgglomerativeClustering(n_clusters=None, distance_threshold=apart, metric="cosine", linkage="average")
    found: npt.NDArray[np.int64] = clustering.fit_predict(rows_of)
    sizes = Counter(found.tolist())
    chosen = [number for number, size in sizes.items() if size >= LEAST_MAILS]
    members = [np.flatnonzero(found == number) for number in sorted(chosen, key=lambda n: (-sizes[n], n))]
    made = (_group(rows, rows_of, mails, known) for rows in members)
    return [group for group in made if group is not None]


def meanings(features: Features, mails: Sequence[tuple[str, str]]) -> Matrix | None:
    """The unit sentence vectors of mails (subject and text), a row each; None in the ``lean`` profile, which has none.

    The texts are cut as they were when the mails came, so that the encoder still has their vectors.
    """
    if features.profile == "lean":
        return None
    looked = features.of_mails([sentences(subject, text) for subject, text in mails])
    return np.asarray(vectors_of(features, looked.x), dtype=np.float32)


def slug(words: str) -> str:
    """The words as a name of a topic: ASCII, lower case, joined by underscores; empty where nothing is left."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_").lstrip("0123456789_")[:40]


def by_words(mails: Sequence[Read], known: Sequence[Read]) -> Matrix:
    """A row for each of ``mails``: its words, weighted by how rare they are in all mail of its language."""
    from sklearn.feature_extraction.text import CountVectorizer

    every = [*mails, *known]
    counting = CountVectorizer(token_pattern=WORD, binary=True, min_df=2, dtype=np.float32)
    try:
        counts = sp.csr_matrix(counting.fit_transform([mail.text for mail in every]))
    except ValueError:  # every word stands in one mail alone
        return np.eye(len(mails), dtype=np.float32)
    languages = np.asarray([mail.language or "" for mail in every])
    dense: Matrix = counts[: len(mails)].toarray()
    for language in np.unique(languages[: len(mails)]):
        of_it = languages == language
        share = np.asarray(counts[of_it if of_it.sum() >= LEAST_OF_LANGUAGE else slice(None)].mean(axis=0)).ravel()
        weights = np.where(share <= TOO_COMMON, -np.log(np.maximum(share, 1 / len(every))), 0.0)
        dense[of_it[: len(mails)]] *= weights.astype(np.float32)
    empty = ~dense.any(axis=1)
    # A mail without any such word is like no other.
    return np.hstack([dense, np.eye(len(mails), dtype=np.float32)[:, empty]])


def _group(rows: npt.NDArray[np.int64], vectors: Matrix, mails: Sequence[Read], known: Sequence[Read]) -> Group | None:
    """The mails of those rows as a group; None where no words name it."""
    order = np.argsort(-(vectors[rows] @ vectors[rows].mean(axis=0)), kind="stable")
    own = [mails[i] for i in rows[order].tolist()]
    language, _ = Counter(mail.language for mail in own).most_common(1)[0]
    inside = {mail.id for mail in own}
    others = [mail for mail in (*mails, *known) if mail.id not in inside]
    words = _named(own, others, language)
    return Group(tuple(mail.id for mail in own), words, language) if words else None


def _named(own: Sequence[Read], others: Sequence[Read], language: str | None) -> tuple[str, ...]:
    """The words that stand in many of these mails and in few others: class-based TF-IDF over mails in ``language``.

    Grootendorst 2022, "BERTopic: Neural topic modeling with a class-based TF-IDF procedure", with a word counted once a
    mail, as a mail that repeats one is no better sign than another.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    told = [mail.text for mail in own if mail.language == language]
    rest = [mail.text for mail in others if mail.language == language]
    counting = CountVectorizer(token_pattern=WORD, binary=True, stop_words=_stop_words(language))
    try:
        counts = sp.csr_matrix(counting.fit_transform([*told, *rest]))
    except ValueError:  # no words at all
        return ()
    inside = np.asarray(counts[: len(told)].sum(axis=0), dtype=float).ravel() / len(told)
    outside = np.asarray(counts[len(told) :].sum(axis=0), dtype=float).ravel() / max(1, len(rest))
    average = (inside.sum() + outside.sum()) / 2
    weights = np.where(inside >= STANDS_IN, inside * np.log1p(average / (inside + outside)), 0.0)
    weights *= inside >= TIMES * outside
    if ((weights > 0) & (inside >= SHARED_BY)).sum() < LEAST_SHARED:
        return ()
    names = counting.get_feature_names_out()
    order = np.argsort(-weights, kind="stable")[:NAMED_BY]
    return tuple(str(names[i]) for i in order.tolist() if weights[i] > 0)


def _stop_words(language: str | None) -> list[str] | None:
    """The words of a language that say nothing by themselves; None where none are known."""
    from spacy.util import get_lang_class

    try:
        return sorted(get_lang_class(language or "xx").Defaults.stop_words) or None
    except ImportError:
        return None
