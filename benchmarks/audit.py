"""The audit sample on simulated months and years: does its interval cover, how soon and how falsely comes its alarm.

Run ``python -m benchmarks.audit`` (``--months N`` for each size, ``--years N``, ``--seed N``). A month has six classes
of mail whose accuracy differs and drifts from day to day; 2% of what passed is drawn, and agents leave some of it. The
truth is how much of what passed in that month was right. Beside Clopper and Pearson's interval, which the program uses,
stand Wilson's and Wald's; beside its alarm one that looks at the exact one-sided bound after every answer as if it
looked once.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy.stats import beta, norm

from classifier.credible import error_of_class, error_of_label, growth
from classifier.live_accuracy import Drawn, clopper_pearson, live_accuracy

SHARE = 0.02
CONFIDENCE = 0.95
SIZES = (100, 500, 2_000, 5_000, 20_000)
CLASSES = 6
DAYS = 30
PROMISED = (0.92, 0.95, 0.90, 0.90)
"""Of severity, scope, issue type and topic in the policy of penelope."""
ANSWERED = 0.8
FAULT_BEGINS = 3
"""Months of a kept promise before it."""
LONGEST = 12
"""Months that a fault is watched for."""
DROPS = (0.05, 0.10, 0.20, 0.40)

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Interval = Callable[[int, int], tuple[float, float]]


@dataclass(frozen=True)
class Month:
    """The tickets of a month that passed alone: their class, whether each was right, which were drawn and judged."""

    kind: Ints
    right: Bools
    share: Floats
    drawn: Bools
    judged: Bools


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=1000)
    parser.add_argument("--years", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    random = np.random.default_rng(arguments.seed)
    print(f"coverage of the {CONFIDENCE:.0%} interval, {arguments.months:,} months a size (mean width in brackets)")
    print("passed  judged  none   Clopper-Pearson   Wilson            Wald              one class, Clopper-Pearson")
    for size in SIZES:
        print(coverage(size, arguments.months, random))
    print("\nshare raised from 2% to 20% in the middle of the month, accuracy falling meanwhile")
    for size in SIZES[1:]:
        print(coverage_where_the_share_changed(size, arguments.months // 2, random))
    print(f"\nfalse alarms in {arguments.years:,} years of a policy, its four labels exactly as right as promised")
    for size in (500, 5_000):
        print(false_alarms(size, arguments.years, 0.0, random))
    print("the same, two points better than promised")
    for size in (500, 5_000):
        print(false_alarms(size, arguments.years, 0.02, random))
    print(f"\nmonths until the alarm after {FAULT_BEGINS} good months, one label worse than promised by so much")
    for size in (500, 2_000, 5_000, 20_000):
        print(delays(size, max(20, arguments.years // 10), None, random))
    print("the same where one class of six alone is worse, a fifth of the mail")
    for size in (2_000, 5_000, 20_000):
        print(delays(size, max(20, arguments.years // 10), 0.2, random))


def month(size: int, random: np.random.Generator, share: Callable[[Floats], Floats], tilt: float = 0.0) -> Month:
    """A month in which each class has its own accuracy, which wanders by the day and falls by ``tilt`` (log-odds)."""
    kind = random.choice(CLASSES, size, p=random.dirichlet(np.full(CLASSES, 1.5)))
    at = np.sort(random.random(size))
    log_odds = random.normal(3.0, 1.0, CLASSES)[:, None] + np.cumsum(random.normal(0, 0.2, (CLASSES, DAYS)), axis=1)
    right = random.random(size) < 1 / (1 + np.exp(-(log_odds[kind, (at * DAYS).astype(int)] - tilt * at)))
    shares = share(at)
    drawn = random.random(size) < shares
    judged = drawn & (random.random(size) < random.uniform(0.3, 1.0))
    return Month(kind, right, shares, drawn, judged)


def sample(one: Month, chosen: Bools) -> list[Drawn]:
    """The month's audits as the program sees them."""
    places = np.flatnonzero(one.drawn & chosen)
    return [Drawn(float(one.share[i]), bool(one.right[i]) if one.judged[i] else None) for i in places]


def coverage(size: int, months: int, random: np.random.Generator) -> str:
    """How often each interval has the month's accuracy in it, over the months in which anything was judged."""
    ways: dict[str, Interval] = {"exact": clopper_pearson, "wilson": wilson, "wald": wald}
    hits: dict[str, list[bool]] = {name: [] for name in (*ways, "class")}
    widths: dict[str, list[float]] = {name: [] for name in ways}
    judged, none = [], 0
    for _ in range(months):
        one = month(size, random, lambda at: np.full(len(at), SHARE))
        found = live_accuracy(sample(one, np.ones(size, dtype=bool)))
        judged.append(found.judged)
        if not found.judged:
            none += 1
            continue
        truth = float(one.right.mean())
        for name, way in ways.items():
            lower, upper = (found.lower, found.upper) if name == "exact" else way(found.right, found.judged)
            hits[name].append(lower <= truth <= upper)
            widths[name].append(upper - lower)
        for kind in range(CLASSES):
            of_kind = one.kind == kind
            part = live_accuracy(sample(one, of_kind))
            if part.judged:
                hits["class"].append(part.lower <= float(one.right[of_kind].mean()) <= part.upper)
    told = "  ".join(f"{np.mean(hits[n]) * 100:6.1f} ({np.mean(widths[n]):.3f})  " for n in ways)
    return f"{size:6,}  {np.mean(judged):6.1f}  {none / months:4.0%}  {told} {np.mean(hits['class']) * 100:6.1f}"


def coverage_where_the_share_changed(size: int, months: int, random: np.random.Generator) -> str:
    """As :func:`coverage` with the weights of the program and, as if it knew of none, without."""
    weighted, unweighted, widths = [], [], []
    for _ in range(months):
        one = month(size, random, lambda at: np.where(at < 0.5, SHARE, 10 * SHARE), tilt=1.5)
        found = live_accuracy(sample(one, np.ones(size, dtype=bool)))
        if found.judged:
            truth = float(one.right.mean())
            weighted.append(found.lower <= truth <= found.upper)
            widths.append(found.upper - found.lower)
            lower, upper = clopper_pearson(found.right, found.judged)
            unweighted.append(lower <= truth <= upper)
    return (
        f"{size:6,}  weighted {np.mean(weighted) * 100:5.1f} ({np.mean(widths):.3f})  unweighted "
        f"{np.mean(unweighted) * 100:5.1f}"
    )


def wilson(right: int, total: int) -> tuple[float, float]:
    """Wilson's score interval (1927)."""
    z, share = float(norm.ppf((1 + CONFIDENCE) / 2)), right / total
    centre, spread = share + z**2 / (2 * total), z * sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    return (centre - spread) / (1 + z**2 / total), (centre + spread) / (1 + z**2 / total)


def wald(right: int, total: int) -> tuple[float, float]:
    """The textbook's interval, by the normal curve around the estimate."""
    z, share = float(norm.ppf((1 + CONFIDENCE) / 2)), right / total
    spread = z * sqrt(share * (1 - share) / total)
    return share - spread, share + spread


@dataclass(frozen=True)
class Course:
    """The answers on one label in their order: when each came (in months), its class, whether it was right."""

    at: Floats
    kind: Ints
    right: Bools
    promised: float


def course(
    size: int, months: int, promised: float, accuracy: Callable[[Floats, Ints], Floats], random: np.random.Generator
) -> Course:
    """The answers on a label of a policy of which ``size`` tickets a month pass alone."""
    count = random.binomial(size * months, SHARE * ANSWERED)
    at = np.sort(random.random(count) * months)
    kind = random.choice(CLASSES, count, p=[0.4, 0.2, 0.2, 0.1, 0.05, 0.05])
    return Course(at, kind, random.random(count) < accuracy(at, kind), promised)


def streams(one: Course) -> Iterator[tuple[Course, float]]:
    """What the program watches of a label, with the error that each is allowed: the label, and its classes."""
    yield one, error_of_label()
    for place, kind in enumerate(dict.fromkeys(one.kind.tolist()), start=1):
        rows = one.kind == kind
        yield Course(one.at[rows], one.kind[rows], one.right[rows], one.promised), error_of_class(place)


def first_alarm(one: Course) -> float | None:
    """When the program's alarm comes, in months; None where it does not."""
    found = []
    for stream, error in streams(one):
        grown = growth([stream.promised] * len(stream.at), stream.right.tolist())
        found += [float(at) for at, evidence in zip(stream.at, grown, strict=True) if evidence >= 1 / error][:1]
    return min(found, default=None)


def first_naive_alarm(one: Course) -> float | None:
    """When the one-sided exact bound of all answers so far first lies below the promise."""
    total = np.arange(1, len(one.at) + 1)
    wrong = np.cumsum(~one.right)
    bound = np.where(wrong > 0, beta.ppf(CONFIDENCE, total - wrong + 1, np.maximum(wrong, 1)), 1.0)
    below = np.flatnonzero(bound < one.promised)
    return float(one.at[below[0]]) if len(below) else None


def false_alarms(size: int, years: int, better: float, random: np.random.Generator) -> str:
    """The share of years with an alarm although every label is right as promised, or ``better``."""
    ours = naive = 0
    for _ in range(years):
        labels = [
            course(size, 12, promised, lambda at, _, p=promised: np.full(len(at), p + better), random)  # type: ignore[misc]
            for promised in PROMISED
        ]
        ours += any(first_alarm(label) is not None for label in labels)
        naive += any(first_naive_alarm(label) is not None for label in labels)
    return f"{size:6,} passed a month: {ours / years:6.1%} of the years; looking naively {naive / years:6.1%}"


def delays(size: int, runs: int, part: float | None, random: np.random.Generator) -> str:
    """Median and 90th percentile of the months until the alarm, by how much worse the label (or one class of it) is."""
    told = []
    for drop in DROPS:
        promised = PROMISED[1]

        def accuracy(at: Floats, kind: Ints, drop: float = drop, promised: float = promised) -> Floats:
            faulty = (at >= FAULT_BEGINS) & ((kind == 1) if part else True)
            return np.where(faulty, promised - drop, promised + 0.02)

        found = [first_alarm(course(size, FAULT_BEGINS + LONGEST, promised, accuracy, random)) for _ in range(runs)]
        waits = sorted(
            at - FAULT_BEGINS if at is not None else np.inf for at in found if at is None or at >= FAULT_BEGINS
        )
        told.append(f"-{drop * 100:.0f} points: {_told(waits, 0.5)} (90%: {_told(waits, 0.9)})")
    return f"{size:6,} passed a month: {'; '.join(told)}"


def _told(waits: Sequence[float], share: float) -> str:
    wait = waits[min(len(waits) - 1, int(share * len(waits)))]
    return f"{wait:.1f}" if np.isfinite(wait) else f"> {LONGEST}"


if __name__ == "__main__":
    main()
