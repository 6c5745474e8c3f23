"""A margin divided among what a mail says: every number that the heads look at is handed to words of the mail.

The parts add up to the margin. Words and character sequences belong to the words they stand in; what a sentence scored
for an impact fact to the words of that sentence by the reader's own coefficients, cues to the phrase that matched. The
sentence vector is divided by occlusion (Zeiler, Fergus 2014, "Visualizing and Understanding Convolutional Networks"):
the vector is the mean of its tokens' vectors, of length 1, and of each word that is counted which is lost when its
tokens are left out of the mean, times what that usually does to the others. What the network answers belongs to the
words that it looked at, as much as it looked at each: it was taught to look at the words that people quote as evidence.
What is left then belongs to the mail as a whole.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from classifier import cues
from classifier.encoder import Vectors, installed_encoder
from classifier.explaining.mail_text import CHUNK, MailText
from classifier.explaining.margin import Margin, Numbers
from classifier.explaining.owners import Owners
from classifier.model import FROM_CONTEXT, Model, Seen, sentence_features, weighted
from classifier.network import installed_network
from classifier.reader import COLUMNS
from classifier.sentences import whole

FACTS = len(COLUMNS)
LEAST_LENGTH = 1e-9
CONTEXT = 2.8
"""A word left out of the text moves a score so many times as far as its tokens left out of the mean, for the other
tokens have heard of it. Measured on 420 words of 30 held-out mails: 1.9 to 3.5 by label, correlation .50 to .64."""

Tokens = tuple[list[int], Vectors]


@dataclass(frozen=True, eq=False)
class Split:
    """The parts of a margin: a number for each word, those of what is known around the mail, and what is left.

    ``sentences`` has, by place, what belongs to a sentence as a whole; ``whole`` belongs to the mail as a whole and
    ``base`` is what an empty mail gives. ``heads`` says how much of the margin comes by which head.
    """

    words: Numbers
    sentences: Mapping[int, float]
    around: Mapping[str, float]
    whole: float
    base: float
    heads: Mapping[str, float]


def tokens_of(model: Model, text: MailText) -> Tokens | None:
    """What each token adds to the sentence vector, and the word it is of (-1: none); None in ``lean``.

    The encoder remembers the vector meanwhile.
    """
    if model.profile == "lean":
        return None
    mended = model.features.mended(whole(text.subject, text.body))
    spans, rows = installed_encoder(model.profile).shares(mended)
    return _words_at(mended, spans), rows


def _words_at(text: str, spans: Iterable[tuple[int, int]]) -> list[int]:
    """The word that each token stands in, -1 for a token that stands for no characters."""
    starts = [match.start() for match in CHUNK.finditer(text)]
    return [bisect_right(starts, start) - 1 if end > start else -1 for start, end in spans]


class Splitter:
    """Divides margins of one mail; what does not depend on the label is found once."""

    def __init__(self, model: Model, text: MailText, seen: Seen, tokens: Tokens | None) -> None:
        """``seen`` is that mail alone, as ``model`` saw it; ``tokens`` what :func:`tokens_of` gives for its text."""
        self.model, self.text, self.seen, self._tokens = model, text, seen, tokens
        row = seen.x[0].tocsr()
        self._at, self._values = row.indices, row.data.astype(np.float64)
        self._coefs: dict[str, tuple[Numbers, Numbers]] = {}
        self._owners_of: dict[int, Owners] = {}
        self._pooled = seen.pooled[0].astype(np.float64)
        self._empty = np.zeros(len(self._pooled))
        self._empty[:FACTS] = model.reader.intercept
        self._read = seen.read[0].astype(np.float64)
        self._unread = weighted(installed_network().empty) if len(self._read) else self._read

    def scores(self, key: str) -> tuple[Numbers, Numbers]:
        """The scores of a head: of the mail, and of an empty one."""
        own, after = self._coef(key)
        intercept = self.model.heads[key].intercept.astype(np.float64)
        if key in FROM_CONTEXT:
            more, nothing = self.seen.around[0].astype(np.float64), np.zeros(self.seen.around.shape[1])
        else:
            more, nothing = self._pooled, self._empty
        scores = intercept + own @ self._values + after @ np.append(more, self._read)
        return scores, intercept + after @ np.append(nothing, self._unread)

    def split(self, margin: Margin) -> Split:
        """The margin's parts."""
        own = np.zeros(self.seen.x.shape[1])
        around, pooled = np.zeros(self.seen.around.shape[1]), np.zeros(len(self._pooled))
        read = np.zeros(len(self._read))
        heads = {}
        for key, slopes in margin.slopes.items():
            scores, empty = self.scores(key)
            heads[key] = float(slopes @ (scores - empty))
            mine, after = self._coef(key)
            own[self._at] += (slopes @ mine) * self._values
            steep = slopes @ after
            read += steep[len(steep) - len(read) :]
            if key in FROM_CONTEXT:
                around += steep[: len(around)] * self.seen.around[0]
            else:
                pooled += steep[: len(pooled)]
        words, whole_mail = self._by_words(own)
        in_sentences, sentences, unplaced = self._by_sentences(pooled)
        looked_at, unseen = self._by_attention(read)
        names = zip(self.model.context, around.tolist(), strict=True)
        return Split(
            words=words + in_sentences + looked_at,
            sentences=sentences,
            around={name: weight for name, weight in names if weight},
            whole=whole_mail + unplaced + unseen + margin.rest,
            base=margin.base,
            heads=heads,
        )

    def _coef(self, key: str) -> tuple[Numbers, Numbers]:
        """A head's coefficients for the features that the mail has, and for what stands beside these."""
        if key not in self._coefs:
            coef = self.model.heads[key].coef
            after = self.seen.x.shape[1]
            self._coefs[key] = coef[:, self._at].astype(np.float64), coef[:, after:].astype(np.float64)
        return self._coefs[key]

    def cues_of(self, number: int) -> tuple[str, ...]:
        """The names of the cues that the word is part of."""
        names = cues.columns()
        return tuple(sorted({names[column] for column, words in self._phrases.items() if number in words}))

    def _by_words(self, columns: Numbers) -> tuple[Numbers, float]:
        lexical = self.model.features.columns[1].stop
        words, left = self._owners.divide(columns[:lexical])
        vector = columns[lexical:]
        if len(vector):
            tokens, unplaced = self._by_tokens(vector)
            words, left = words + tokens, left + unplaced
        return words, left

    def _by_tokens(self, contributions: Numbers) -> tuple[Numbers, float]:
        """What the sentence vector adds: of each word about what is lost without it."""
        lexical = self.model.features.columns[1].stop
        values = np.zeros(len(contributions))
        inside = self._at >= lexical
        values[self._at[inside] - lexical] = self._values[inside]
        coef = np.divide(contributions, values, out=np.zeros(len(values)), where=values != 0)
        holders, rows = self._tokens or ([], np.zeros((0, len(values)), np.float32))
        by_word = np.zeros((len(self.text.words), len(values)))
        held = np.asarray(holders, np.intp)
        np.add.at(by_word, held[held >= 0], rows[held >= 0])
        vector = rows.sum(axis=0, dtype=np.float64)
        without = vector - by_word
        without /= np.maximum(np.linalg.norm(without, axis=1, keepdims=True), LEAST_LENGTH)
        words = CONTEXT * (vector - without) @ coef * float(np.linalg.norm(values))
        words[~by_word.any(axis=1)] = 0.0
        return words, float(contributions.sum() - words.sum())

    def _by_sentences(self, slopes: Numbers) -> tuple[Numbers, dict[int, float], float]:
        """What the best sentences for each fact add, and the cues of the whole mail."""
        words, sentences = np.zeros(len(self.text.words)), {}
        moved = slopes[:FACTS] * (self._pooled - self._empty)[:FACTS]
        best = self.seen.sentence_scores.argmax(axis=0)
        for number in sorted(set(best.tolist())):
            mine = best == number
            row = self._sentence_rows[number].tocsr()
            columns = np.zeros(row.shape[1])
            columns[row.indices] = row.data * (slopes[:FACTS][mine] @ self.model.reader.coef[mine][:, row.indices])
            lexical = len(columns) - len(cues.columns())
            divided, _ = self._sentence_owners(number).divide(columns[:lexical])
            phrased, _ = self._by_phrases(columns[lexical:], [number])
            words += divided + phrased
            sentences[number] = float(moved[mine].sum() - divided.sum() - phrased.sum())
        phrased, unplaced = self._by_phrases(slopes[FACTS:] * self._pooled[FACTS:], range(len(self.text.sentences)))
        return words + phrased, sentences, unplaced

    def _by_attention(self, slopes: Numbers) -> tuple[Numbers, float]:
        """What the network's answers add: each is handed to the words by how much it looked at them."""
        words = np.zeros(len(self.text.words))
        moved = slopes * (self._read - self._unread)
        if len(moved):
            holders, shares = self._looked
            held = holders >= 0
            np.add.at(words, holders[held], moved @ shares[:, held])
        return words, float(moved.sum() - words.sum())

    @cached_property
    def _looked(self) -> tuple[npt.NDArray[np.intp], Vectors]:
        """The word of each token of the network, and how much each answer looked at it."""
        said = whole(self.text.subject, self.text.body)
        spans, shares = installed_network().attention(said)
        return np.asarray(_words_at(said, spans), np.intp), shares

    def _by_phrases(self, columns: Numbers, sentences: Iterable[int]) -> tuple[Numbers, float]:
        """What cues add, by the words of the phrases of those sentences that matched."""
        within = {word for number in sentences for word in self.text.words_of[number]}
        words = np.zeros(len(self.text.words))
        for column in np.flatnonzero(columns).tolist():
            holders = [word for word in self._phrases.get(column, ()) if word in within]
            for word in holders:
                words[word] += columns[column] / len(holders)
        return words, float(columns.sum() - words.sum())

    @cached_property
    def _owners(self) -> Owners:
        return Owners(self.model.features, self.text, range(len(self.text.words)))

    def _sentence_owners(self, number: int) -> Owners:
        if number not in self._owners_of:
            self._owners_of[number] = Owners(self.model.features, self.text, self.text.words_of[number])
        return self._owners_of[number]

    @cached_property
    def _sentence_rows(self) -> sp.csr_matrix:
        lists = [list(self.seen.sentence_lists[0])]
        return sentence_features(self.model.features, lists, cues.matrix(lists))

    @cached_property
    def _phrases(self) -> dict[int, list[int]]:
        """The words of the phrases that matched, by the cue's column."""
        found: dict[int, list[int]] = defaultdict(list)
        sentences = self.seen.sentence_lists[0]
        language = cues.language_of(sentences)
        for number, sentence in enumerate(sentences):
            for match in cues.find(sentence, language):
                first, last = self.text.word_at(number, match.start), self.text.word_at(number, match.end - 1)
                found[match.column] += range(first, last + 1)
        return found
