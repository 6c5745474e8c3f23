"""Whether the promised precision holds where labels are decided alone, and whether probabilities mean what they say.

    python -m benchmarks.promises --banking77   Banking77 (or give its folder): scored once, then split a hundred times
    python -m benchmarks.promises --cv          the product's policies, cross-validated over training_data/

Each split finds thresholds on one half of the held-out predictions and judges them on the other. A promise is kept or
broken by the precision that really holds above the thresholds, which the judging half shows only up to chance: so both
are counted, the splits in which that half came out below the target, and those in which it did so significantly
(Clopper and Pearson's upper bound, 95%, is below it). "drawn" is free of that chance: the finding mails are drawn from
all predictions with replacement, and the precision that holds is that of all predictions, known exactly.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

from classifier import metrics
from classifier.autonomy import Autonomy, for_coverage, for_precision
from classifier.evaluation import Judged, judge
from classifier.example import read_file
from classifier.families import group_families
from classifier.features import Profile
from classifier.head import group_folds
from classifier.labelled_text import read_texts
from classifier.learned import answer, learn
from classifier.model import train
from policies.labels import LABELS
from policies.loader import load_shipped, shipped

ROOT = Path(__file__).parents[1]
BANKING77 = ROOT.parent / "shared" / "data" / "banking77"
SPLITS, DRAWS, ALLOWED = 100, 300, 0.05
TARGETS = (0.95, 0.97, 0.98, 0.99)
MANY, TARGETS_OF_FEW = 1000, (0.8, 0.9, 0.95)
SHARES = (0.5, 0.8, 0.95)
BINS = 10
BAR = 40


@dataclass(frozen=True)
class Predictions:
    """What was decided of held-out texts, how probable it was said to be, and whether it was right."""

    name: str
    values: npt.NDArray[np.str_]
    confidences: npt.NDArray[np.float64]
    right: npt.NDArray[np.bool_]

    @property
    def pooled(self) -> Predictions:
        """The same as if all that was decided were one class: with one threshold."""
        return replace(self, values=np.full(len(self.values), "any"))

    def of(self, rows: npt.NDArray[np.intp]) -> tuple[list[str], list[float], list[bool]]:
        return self.values[rows].tolist(), self.confidences[rows].tolist(), self.right[rows].tolist()


Find = Callable[[Sequence[str], Sequence[float], Sequence[bool]], Autonomy]


@dataclass(frozen=True)
class Kept:
    """How splits went: in which anything was decided alone, the mean share and precision there, and what broke."""

    acted: float
    coverage: float
    precision: float
    below: float
    significantly: float
    drawn: float


def try_promise(found: Predictions, find: Find, seed: int = 0) -> Kept:
    """A hundred splits into halves, and three hundred draws of half as many, of ``found``."""
    rng = np.random.default_rng(seed)
    rows, half = np.arange(len(found.values)), len(found.values) // 2
    acted, coverage, precision, below, significantly = 0, 0.0, [], 0, 0
    for _ in range(SPLITS):
        order = rng.permutation(rows)
        autonomy = find(*found.of(order[:half]))
        alone, right = _alone(autonomy, found, order[half:])
        coverage += alone / len(order[half:]) / SPLITS
        if alone and autonomy.promised is not None:
            acted += 1
            precision.append(right / alone)
            below += right / alone < autonomy.promised
            significantly += _upper(right, alone) < autonomy.promised
    broken = 0
    for _ in range(DRAWS):
        autonomy = find(*found.of(rng.integers(0, len(rows), half)))
        alone, right = _alone(autonomy, found, rows)
        broken += bool(alone) and autonomy.promised is not None and right / alone < autonomy.promised
    mean = float(np.mean(precision)) if precision else float("nan")
    return Kept(acted / SPLITS, coverage, mean, below / SPLITS, significantly / SPLITS, broken / DRAWS)


def _alone(autonomy: Autonomy, found: Predictions, rows: npt.NDArray[np.intp]) -> tuple[int, int]:
    """How many of the rows would be decided alone, and how many of those rightly."""
    least = np.asarray([autonomy.thresholds.get(value, np.inf) for value in found.values[rows].tolist()])
    alone = found.confidences[rows] >= least
    return int(alone.sum()), int(found.right[rows][alone].sum())


def _upper(right: int, total: int) -> float:
    return 1.0 if right == total else float(beta.ppf(1 - ALLOWED, right + 1, total - right))


def report(found: Predictions) -> None:
    """The tables of one head."""
    print(f"\n{found.name}: {len(found.values):,} held-out predictions, {found.right.mean():.3f} right")
    head = f"{'':30}{'acts in':>9}{'coverage':>10}{'precision':>11}{'below':>8}{'signif.':>9}{'drawn':>8}"
    print(f"{head}   (splits broken: {ALLOWED:.0%} allowed)")
    for target in TARGETS if len(found.values) > MANY else TARGETS_OF_FEW:
        find = partial(for_precision, target=target)
        _print(f"class by class, {target:.0%}", try_promise(found, find))
        _print(f"one threshold, {target:.0%}", try_promise(found.pooled, find))
    for share in SHARES:
        _print(f"{share:.0%} of the mail asked for", try_promise(found, partial(for_coverage, share=share)))
    reliability(found)


def _print(name: str, kept: Kept) -> None:
    print(
        f"  {name:28}{kept.acted:9.2f}{kept.coverage:10.3f}{kept.precision:11.4f}{kept.below:8.2f}"
        f"{kept.significantly:9.2f}{kept.drawn:8.3f}",
        flush=True,
    )


def reliability(found: Predictions) -> None:
    """The expected calibration error, and a row a tenth of the probabilities: said, right, and the two as a drawing."""
    ece = metrics.expected_calibration_error(found.confidences.tolist(), found.right.tolist())
    print(f"  ECE {ece:.4f}; reliability: said | right, # right, | said")
    for low, said, right, count in _bins(found):
        bar = ["#" if i < round(right * BAR) else " " for i in range(BAR + 1)]
        bar[round(said * BAR)] = "|"
        print(f"    {low:.1f}-{low + 1 / BINS:.1f} {count:6,}  {said:.3f} {right:.3f} {''.join(bar)}")


def _bins(found: Predictions) -> Iterator[tuple[float, float, float, int]]:
    numbers = np.minimum((found.confidences * BINS).astype(int), BINS - 1)
    for number in range(BINS):
        inside = numbers == number
        if inside.any():
            said, right = float(found.confidences[inside].mean()), float(found.right[inside].mean())
            yield number / BINS, said, right, int(inside.sum())


def banking77(folder: Path, profile: Profile) -> Predictions:
    """The head on the official test part."""
    texts, asked = read_texts([folder / "train.jsonl"]), read_texts([folder / "test.jsonl"])
    answers = answer(learn(texts, profile, gated=False), asked)
    values = np.asarray(answers.classes)[answers.decided]
    confidences = answers.probabilities[np.arange(len(asked)), answers.decided]
    truth = np.asarray([text.label for text in asked])
    return Predictions("Banking77, test part", values, confidences, values == truth)


def policies(profile: Profile, folds: int) -> Iterator[Predictions]:
    """Each label, over all policies, by models that had not seen the mail or its family; values are the models' own."""
    judged: list[Judged] = []
    data = {name: read_file(ROOT / "training_data" / f"{name}.jsonl") for name in shipped()}
    for name, examples in data.items():
        policy, families = load_shipped(name), group_families(examples)
        pool = [example for other, theirs in data.items() if other != name for example in theirs]
        strata = [example.labels["topic"] for example in examples]
        for inside, outside in group_folds(strata, [families[e.digest] for e in examples], folds=folds):
            model = train(policy, [examples[i] for i in inside], profile=profile, pool=pool)
            judged += judge(model, policy, [examples[i] for i in outside])
    for label in LABELS:
        known = [one for one in judged if label in one.example.labels]
        decisions = [one.verdict.labels[label] for one in known]
        values = np.asarray([decision.model_value for decision in decisions])
        truth = np.asarray([one.example.labels[label] for one in known])
        confidences = np.asarray([decision.probability for decision in decisions])
        yield Predictions(f"{', '.join(data)}: {label}", values, confidences, values == truth)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cv", action="store_true", help="cross-validate on training_data/")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--banking77", nargs="?", const=BANKING77, type=Path, metavar="FOLDER")
    parser.add_argument("--profile", default="standard")
    options = parser.parse_args()
    if not options.cv and options.banking77 is None:
        parser.error("say what to measure: --cv, --banking77 or both")
    if options.banking77 is not None:
        report(banking77(options.banking77, options.profile))
    if options.cv:
        for found in policies(options.profile, options.folds):
            report(found)


if __name__ == "__main__":
    main()
