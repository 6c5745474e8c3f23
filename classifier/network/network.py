"""The network: token vectors, of which each question looks at the tokens that answer it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifier.encoder import Encoder, Ids, Kind, Vectors, shared_encoder
from classifier.sentences import whole
from policies.labels import IMPACT_VALUES

FOLDER = Path(__file__).parent
WEIGHTS, QUESTIONS, TOLD, DESCRIPTION = "network.onnx", "questions.npz", "told.npz", "network.json"
LEAST = -6.0
"""Log-probabilities are cut there: how impossible an answer is says nothing."""
SPACE = re.compile(r"\s+")
SubjectAndText = tuple[str, str]
"""The subject and the new text of a mail."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a mail: an impact fact, a label, or the topic among those of one ``policy``."""

    key: str
    values: tuple[str, ...]
    policy: str | None = None


@dataclass(frozen=True, eq=False)
class FactNetwork:
    """Reads mails. ``sha256`` is the digest of its weights, by which models know the network they were made with.

    The first of ``questions`` are the impact facts. ``look`` has a row a question, ``answer`` a row an answer over the
    vector looked at and the mean of all; ``severity_from_facts`` is what the severity's answers gain by the facts'.
    It reads the words of a mail without greeting and regards. ``told`` has the readings of the mails that it was tuned
    with, by :func:`key_of`.
    """

    sha256: str
    weights: Path
    max_tokens: int
    questions: tuple[Question, ...]
    look: Vectors
    look_offset: Vectors
    answer: Vectors
    answer_offset: Vectors
    severity_from_facts: Vectors
    told: Mapping[bytes, npt.NDArray[np.float16]]

    def read(self, mails: Sequence[SubjectAndText]) -> Vectors:
        """One row a mail, a column for each answer to each question: log-probabilities from :data:`LEAST` to 0."""
        known = [self.told.get(key_of(*mail)) for mail in mails]
        asked = [whole(*mail) for mail, row in zip(mails, known, strict=True) if row is None]
        fresh = iter(self._encoder.encode(asked))
        rows = [next(fresh) if row is None else row for row in known]
        return np.asarray(rows, dtype=np.float32).reshape(len(mails), self.width)

    @property
    def width(self) -> int:
        """How many columns a reading has."""
        return len(self._question_of)

    @cached_property
    def empty(self) -> Vectors:
        """What it reads from a mail without a word."""
        row: Vectors = self._encoder.encode([""])[0]
        return row

    def attention(self, text: str) -> tuple[list[tuple[int, int]], Vectors]:
        """Where it looks in ``text``: the characters of each token, and a row a column whose parts add up to 1."""
        spans, states = self._encoder.tokens(text)
        return spans, self._looks(states)[self._question_of]

    @cached_property
    def _question_of(self) -> npt.NDArray[np.intp]:
        return np.repeat(np.arange(len(self.questions)), [len(one.values) for one in self.questions])

    @property
    def _encoder(self) -> Encoder:
        kind = Kind("facts", self.sha256, dimension=self.width, max_tokens=self.max_tokens)
        return shared_encoder(kind, lambda: self.weights, self._answers)

    def _answers(self, states: Vectors, mask: Ids) -> Vectors:
        """Of token vectors (texts, tokens, width) the log-probabilities of the answers.

        Text by text without its padding: the same mail gets the same numbers, to the last bit, alone and among others.
        """
        return np.stack([self.answered(one[:length]) for one, length in zip(states, mask.sum(axis=1), strict=True)])

    def answered(self, tokens: Vectors) -> Vectors:
        """The log-probabilities of the answers for one text, of which ``tokens`` are the vectors, a row each."""
        looked = self._looks(tokens) @ tokens
        width = tokens.shape[1]
        scores = (looked[self._question_of] * self.answer[:, :width]).sum(axis=1)
        scores += self.answer[:, width:] @ tokens.mean(axis=0) + self.answer_offset
        row = np.zeros_like(scores)
        for number, question in enumerate(self.questions):
            mine = self._question_of == number
            given = scores[mine]
            if question.key == "severity":
                given += self.severity_from_facts @ row[: self.severity_from_facts.shape[1]]
            row[mine] = given - np.logaddexp.reduce(given)
        answers: Vectors = np.maximum(row, np.float32(LEAST)).astype(np.float32)
        return answers

    def _looks(self, tokens: Vectors) -> Vectors:
        """How much of its look each question (a row) gives to each token (a column): they add up to 1."""
        scores = self.look @ tokens.T + self.look_offset[:, None]
        parts = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares: Vectors = (parts / parts.sum(axis=1, keepdims=True)).astype(np.float32)
        return shares


def key_of(subject: str, text: str) -> bytes:
    """By which a mail is known again, however its lines are broken."""
    return hashlib.sha256(SPACE.sub(" ", f"{subject}\n{text}").strip().encode("utf-8", "replace")).digest()[:16]


@lru_cache(1)
def installed_network(folder: Path = FOLDER) -> FactNetwork:
    """The network that ships; its weights are loaded when it first reads."""
    about = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    with np.load(folder / QUESTIONS, allow_pickle=False) as arrays:
        parts = {name: arrays[name].astype(np.float32) for name in arrays.files}
    with np.load(folder / TOLD, allow_pickle=False) as arrays:
        told = {bytes(key): row for key, row in zip(arrays["keys"], arrays["rows"], strict=True)}
    questions = tuple(Question(one["key"], tuple(one["values"]), one.get("policy")) for one in about["questions"])
    if tuple(one.key for one in questions[: len(IMPACT_VALUES)]) != tuple(IMPACT_VALUES):
        raise ValueError(f"{folder / DESCRIPTION}: the first questions are not the impact facts")
    return FactNetwork(about["sha256"], folder / WEIGHTS, about["max_tokens"], questions, **parts, told=told)
