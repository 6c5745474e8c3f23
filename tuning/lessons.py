"""The labelled mails as what a network is taught: tokens, where the evidence stands, and the answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt

from classifier.encoder import Kind
from classifier.encoder.tokenizer import Tokenizer
from classifier.example import Example, read_file
from classifier.holding_back import fold_of, unit_of
from classifier.mail import mail_of
from classifier.sentences import whole
from policies.labels import IMPACT_VALUES
from policies.loader import shipped

TRAINING_DATA = Path(__file__).resolve().parents[1] / "training_data"
FACTS = tuple(IMPACT_VALUES)
TASKS = (*FACTS, "severity", "issue_type", "topic")
MAX_TOKENS = 320
FOLDS = 3
ALIKE = 16
"""Batches whose mails are sorted by length together."""

Ids = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Lesson:
    """One mail: its tokens, a row a fact that is 1 where the words quoted as its evidence stand, and its answers."""

    example: Example
    fold: int
    ids: Ids
    evidence: Numbers
    answers: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Batch:
    """Lessons side by side, the shorter ones padded; ``rows`` are their places."""

    rows: Sequence[int]
    ids: Ids
    mask: Ids
    evidence: Numbers
    answers: Ids


@cache
def examples() -> tuple[Example, ...]:
    """All mails of ``training_data/``."""
    return tuple(mail for policy in shipped() for mail in read_file(TRAINING_DATA / f"{policy}.jsonl"))


@cache
def classes(task: str) -> tuple[str, ...]:
    """The answers to a task, sorted; a topic stands behind its policy's name."""
    return tuple(sorted({answer for one in examples() if (answer := _answer(one, task))}))


def lessons() -> list[Lesson]:
    """One for each mail."""
    tokenizer = Tokenizer(Kind("facts", "", dimension=0, max_tokens=MAX_TOKENS))
    return [_lesson(one, tokenizer) for one in examples()]


def batches(taught: Sequence[Lesson], size: int, random: Random | None = None) -> Iterator[Batch]:
    """All lessons, mails of like length together; in another order each time with ``random``."""
    places = list(range(len(taught)))
    if random is not None:
        random.shuffle(places)
    step = size * ALIKE if random is not None else len(places)
    together: list[list[int]] = []
    for start in range(0, len(places), step):
        ordered = sorted(places[start : start + step], key=lambda place: len(taught[place].ids))
        together += [ordered[at : at + size] for at in range(0, len(ordered), size)]
    if random is not None:
        random.shuffle(together)
    for rows in together:
        yield _batch(rows, [taught[row] for row in rows])


def _lesson(example: Example, tokenizer: Tokenizer) -> Lesson:
    mail = mail_of(example)
    text = whole(mail.subject, mail.text)
    spans = tokenizer.spans(text)
    evidence = np.zeros((len(FACTS), len(spans)), np.float32)
    for row, fact in enumerate(FACTS):
        place = _place(example.evidence.get(fact, ""), text)
        if place is not None:
            evidence[row] = [float(start < place[1] and end > place[0] and end > start) for start, end in spans]
    answers = tuple(classes(task).index(answer) if (answer := _answer(example, task)) else -100 for task in TASKS)
    fold = fold_of(unit_of(example, example.group or example.id), FOLDS)
    return Lesson(example, fold, tokenizer.ids([text])[0], evidence, answers)


def _place(words: str, text: str) -> tuple[int, int] | None:
    """Where ``words`` stand in ``text``, blanks aside."""
    kept = [place for place, character in enumerate(text) if not character.isspace()]
    bare, wanted = "".join(text[place] for place in kept), "".join(words.split())
    at = bare.find(wanted) if wanted else -1
    return (kept[at], kept[at + len(wanted) - 1] + 1) if at >= 0 else None


def _answer(example: Example, task: str) -> str:
    if task in FACTS:
        return example.impact.get(task, "")
    label = example.labels.get(task, "")
    return f"{example.policy}/{label}" if task == "topic" and label else label


def _batch(rows: Sequence[int], taught: Sequence[Lesson]) -> Batch:
    length = max(len(one.ids) for one in taught)
    ids, mask = np.zeros((len(taught), length), np.int64), np.zeros((len(taught), length), np.int64)
    evidence = np.zeros((len(taught), len(FACTS), length), np.float32)
    for row, one in enumerate(taught):
        ids[row, : len(one.ids)], mask[row, : len(one.ids)] = one.ids, 1
        evidence[row, :, : len(one.ids)] = one.evidence
    return Batch(rows, ids, mask, evidence, np.asarray([one.answers for one in taught]))
