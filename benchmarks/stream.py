"""How few labels it takes, and what daily retraining on a tenth of the mail is worth.

    python -m benchmarks.stream               both, about ten CPU minutes
    python -m benchmarks.stream labels        labels needed for 90% of the accuracy of all of them, by order of asking
    python -m benchmarks.stream days          a service desk's tickets in the order they came, 30 retrainings

Agents are simulated: every twentieth label they give is another one, drawn at random. The head is the product's, and so
is the order in which they are asked (``classifier.teaching``), without urgency and audit. Banking77 and the tickets are
folders of JSON Lines below ``--data``; neither is part of this project.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.open_sets import DATA
from classifier import autonomy, teaching
from classifier import features as feature_room
from classifier.features import Profile
from classifier.labelled_text import LabelledText, read_texts
from classifier.learned import Answers, Learned, answer, learn
from classifier.novelty import Vectors
from classifier.recipe import Recipe

WRONG = 0.05
ENOUGH = 0.9
STEP = 100
"""Labels between two trainings."""
MOST_LABELS = 2500
STARTER, DAYS, REVIEWED = 400, 30, 0.1
EVERYTHING_EVERY = 5
"""Days between two trainings on all mail so far, which take long."""
TARGET = 0.8
"""The precision asked of what is decided alone; the simulated agents are right in 95%."""
FIXED = Recipe(c=0.1, logistic=0.5, embedding=3.0, balance=0.5)
"""What the search finds for 500 to 1,000 texts of Banking77; looking for it anew would take most of the time."""

Rows = npt.NDArray[np.intp]
Chooser = Callable[[Rows, Rows, Learned | None, int], Rows]
"""The rows that wait, those that are labelled, what was learned from these, and how many to ask for."""


@dataclass(frozen=True, eq=False)
class Desk:
    """Texts with their true labels, and as agents would label them."""

    truth: Sequence[LabelledText]
    given: Sequence[LabelledText]
    profile: Profile
    seed: int

    def learned(self, rows: Rows, recipe: Recipe) -> Learned:
        """What the product learns from agents' labels of these rows."""
        return learn([self.given[row] for row in rows], self.profile, gated=False, seed=self.seed, recipe=recipe)

    def ours(self, waiting: Rows, labelled: Rows, learned: Learned | None, count: int) -> Rows:
        """The rows to ask for next in the product's order; before anything is learned nothing is uncertain."""
        uncertain = np.zeros(len(waiting))
        if learned is not None:
            uncertain = teaching.uncertainty(answer(learned, [self.truth[row] for row in waiting]).probabilities)
        rows = self._vectors(np.concatenate([waiting, labelled]), learned)
        order = teaching.in_order(uncertain, rows[: len(waiting)], rows[len(waiting) :], count=count)
        return waiting[[row for row, _ in order]]

    def uncertain(self, waiting: Rows, labelled: Rows, learned: Learned | None, count: int) -> Rows:
        """Those of which the model is least sure."""
        if learned is None:
            return self.drawn(waiting, labelled, learned, count)
        unsure = teaching.uncertainty(answer(learned, [self.truth[row] for row in waiting]).probabilities)
        return waiting[np.argsort(-unsure, kind="stable")[:count]]

    def drawn(self, waiting: Rows, labelled: Rows, learned: Learned | None, count: int) -> Rows:
        """Any."""
        random = np.random.default_rng([self.seed, len(labelled)])
        return random.choice(waiting, min(count, len(waiting)), replace=False)

    def _vectors(self, rows: Rows, learned: Learned | None) -> Vectors:
        texts = [self.truth[row].text for row in rows]
        if self.profile != "lean":
            return feature_room.embed(texts, self.profile)
        features = learned.features if learned else feature_room.fit(texts, self.profile)
        return features.worded(texts)


def desk(texts: Sequence[LabelledText], profile: Profile, seed: int) -> Desk:
    """The texts with an agent's label each, of which :data:`WRONG` are wrong."""
    random = np.random.default_rng(seed)
    names = sorted({text.label for text in texts})
    wrong = random.random(len(texts)) < WRONG
    others = [random.choice([name for name in names if name != text.label]) for text in texts]
    given = [replace(t, label=str(o)) if w else t for t, o, w in zip(texts, others, wrong, strict=True)]
    return Desk(texts, given, profile, seed)


def accuracy(answers: Answers) -> float:
    return float(right(answers).mean())


def right(answers: Answers) -> npt.NDArray[np.bool_]:
    said = [answers.classes[column] for column in answers.decided]
    return np.asarray([value == text.label for value, text in zip(said, answers.texts, strict=True)])


def labels_needed(folder: Path, seeds: int, profile: Profile) -> None:
    """Prints for each order how many labels it took to :data:`ENOUGH` of the accuracy of all, and the way there."""
    train, test = (read_texts([folder / "banking77" / f"{part}.jsonl"]) for part in ("train", "test"))
    began = time.process_time()
    full = accuracy(answer(learn(train, profile, gated=False, recipe=Recipe()), test))
    goal = ENOUGH * full
    print(f"Banking77, {profile}: {len(train):,} labels, none wrong: {full:.3f}; {ENOUGH:.0%} of it are {goal:.3f}")
    needed: dict[str, list[int]] = {}
    for seed in range(seeds):
        pool = desk(train, profile, seed)
        orders: dict[str, Chooser] = {"random": pool.drawn, "least sure": pool.uncertain, "ours": pool.ours}
        for name, choose in orders.items():
            count, way = _until(pool, choose, test, goal)
            needed.setdefault(name, []).append(count)
            print(f"  seed {seed}, {name:10} {count:5} labels: {' '.join(f'{one:.3f}' for one in way)}", flush=True)
    for name, counts in needed.items():
        share = np.mean(counts) / np.mean(needed["random"])
        print(f"{name:10} {np.mean(counts):6.0f} labels, {share:.0%} of random's")
    print(f"CPU seconds: {time.process_time() - began:.0f}", flush=True)


def _until(pool: Desk, choose: Chooser, test: Sequence[LabelledText], goal: float) -> tuple[int, list[float]]:
    """How many labels it took to the ``goal`` (between two trainings, in proportion), and the accuracies on the way."""
    every, learned, way = np.arange(len(pool.truth)), None, [0.0]
    labelled = np.zeros(0, np.intp)
    while way[-1] < goal and len(labelled) < MOST_LABELS:
        waiting = np.setdiff1d(every, labelled)
        labelled = np.concatenate([labelled, choose(waiting, labelled, learned, STEP)])
        learned = pool.learned(labelled, FIXED)
        way.append(accuracy(answer(learned, test)))
    over = (way[-1] - goal) / (way[-1] - way[-2]) if way[-1] > goal else 0.0
    return round(len(labelled) - STEP * over), way[1:]


@dataclass(frozen=True, slots=True)
class Day:
    """How one day's mail was read before anybody looked at it; ``alone`` is None where nobody asked."""

    mails: int
    right: int
    alone: int
    alone_right: int


def days(folder: Path, profile: Profile, seed: int) -> None:
    """Prints, by five days, how right each way of retraining was about the mail of the next day."""
    texts = read_texts([folder / "it-service-desk" / "train.jsonl"])
    began = time.process_time()
    stream = desk(texts, profile, seed)
    starter = np.arange(STARTER)
    bounds = np.linspace(STARTER, len(texts), DAYS + 1).astype(int)
    arrivals = [np.arange(start, end) for start, end in pairwise(bounds)]
    recipe = Recipe()
    print(f"IT service desk, {profile}: {STARTER} labels to begin with, then {DAYS} days of {len(arrivals[0])} tickets")
    print(f"{'':26}" + "".join(f"days {d + 1}-{d + EVERYTHING_EVERY}".rjust(24) for d in range(0, DAYS, 5)))
    ways: dict[str, Callable[[], list[Day]]] = {
        "never retrained": lambda: _none(stream, starter, arrivals, recipe),
        "a tenth, random": lambda: _retrained(stream, starter, arrivals, recipe, stream.drawn),
        "a tenth, our order": lambda: _retrained(stream, starter, arrivals, recipe, stream.ours),
        "everything": lambda: _everything(stream, starter, arrivals, recipe),
    }
    for name, way in ways.items():
        found = way()
        weeks = [found[start : start + EVERYTHING_EVERY] for start in range(0, DAYS, EVERYTHING_EVERY)]
        print(f"{name:26}" + "".join(_told(week).rjust(24) for week in weeks) + f"   all: {_told(found)}", flush=True)
    print(f"Each: accuracy, share decided alone (asked to be {TARGET:.0%} right), how much of that was right.")
    print(f"CPU seconds: {time.process_time() - began:.0f}", flush=True)


def _none(stream: Desk, starter: Rows, arrivals: Sequence[Rows], recipe: Recipe) -> list[Day]:
    learned = stream.learned(starter, recipe)
    return [_day(stream, starter, learned, day) for day in arrivals]


def _retrained(stream: Desk, starter: Rows, arrivals: Sequence[Rows], recipe: Recipe, choose: Chooser) -> list[Day]:
    labelled, found = starter, []
    learned = stream.learned(labelled, recipe)
    for day in arrivals:
        found.append(_day(stream, labelled, learned, day))
        asked = choose(day, labelled, learned, round(REVIEWED * len(day)))
        labelled = np.concatenate([labelled, asked])
        learned = stream.learned(labelled, recipe)
    return found


def _everything(stream: Desk, starter: Rows, arrivals: Sequence[Rows], recipe: Recipe) -> list[Day]:
    found, known = [], starter
    for position, day in enumerate(arrivals):
        if position % EVERYTHING_EVERY == 0:
            known = np.arange(day[0])
            learned = stream.learned(known, recipe)
        found.append(_day(stream, known, learned, day))
    return found


def _day(stream: Desk, labelled: Rows, learned: Learned, day: Rows) -> Day:
    found = answer(learned, [stream.truth[row] for row in day])
    hits = right(found)
    alone = _alone(stream, labelled, learned, found)
    return Day(len(day), int(hits.sum()), int(alone.sum()), int((hits & alone).sum()))


def _alone(stream: Desk, labelled: Rows, learned: Learned, found: Answers) -> npt.NDArray[np.bool_]:
    """Which of the texts pass thresholds that were set by what was said of the labelled ones while held out."""
    known: npt.NDArray[np.bool_] = np.asarray(~np.isnan(learned.out_of_fold).any(axis=1), dtype=bool)
    held = learned.out_of_fold[known]
    best = held.argmax(axis=1)
    said = [found.classes[column] for column in best]
    given = [stream.given[row].label for row, judged in zip(labelled.tolist(), known.tolist(), strict=True) if judged]
    agreed = [value == label for value, label in zip(said, given, strict=True)]
    chosen = autonomy.for_precision(said, held.max(axis=1).tolist(), agreed, TARGET)
    decided = zip(found.decided, found.probabilities, strict=True)
    return np.asarray([chosen.sure(found.classes[column], float(row[column])) for column, row in decided], dtype=bool)


def _told(week: Sequence[Day]) -> str:
    mails, alone = sum(day.mails for day in week), sum(day.alone for day in week)
    precision = f"{sum(day.alone_right for day in week) / alone:.2f}" if alone else "-"
    return f"{sum(day.right for day in week) / mails:.3f} {alone / mails:.2f} {precision}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=("labels", "days"))
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--profile", choices=("lean", "standard"), help="default: standard for labels, lean for days")
    parser.add_argument("--seeds", type=int, default=1, help="how many times the labels needed are measured")
    options = parser.parse_args()
    if options.what in (None, "labels"):
        labels_needed(options.data, options.seeds, options.profile or "standard")
    if options.what in (None, "days"):
        days(options.data, options.profile or "lean", 0)


if __name__ == "__main__":
    main()
