"""Prints every pass rate, and each failure."""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks import metamorphic
from benchmarks.metamorphic.comparing import Compared, Judge, rate
from benchmarks.metamorphic.directions import DIRECTIONS, read
from benchmarks.metamorphic.invariances import INVARIANCES
from benchmarks.readings import live
from classifier.example import read_file
from classifier.head import group_folds
from classifier.model import Profile, train
from policies.loader import load_shipped, shipped

TRAINING_DATA = Path(__file__).parents[2] / "training_data"
FOLDS = 5
"""One of so many parts of the labelled mails is altered, and learned from are the others."""
HTML = "html"
SENTENCES = {
    **{kind.name: kind.sentence for kind in INVARIANCES},
    HTML: "the same mail as an HTML part instead of a plain one",
    **{kind.name: kind.sentence for kind in DIRECTIONS},
}


def compared(policy_name: str, mails: int, *, lean: bool, seed: int) -> Iterator[tuple[str, list[Compared]]]:
    """For each invariance and direction what came of the mails of one policy."""
    profile: Profile = "lean" if lean else "standard"
    policy = load_shipped(policy_name)
    data = {name: read_file(TRAINING_DATA / f"{name}.jsonl") for name in shipped()}
    pool = [example for name, theirs in data.items() if name != policy_name for example in theirs]
    own = data[policy_name]
    topics, groups = [e.labels.get("topic", "") for e in own], [e.group or e.id for e in own]
    inside, outside = next(iter(group_folds(topics, groups, folds=FOLDS, seed=seed)))
    model = train(policy, [own[i] for i in inside], profile=profile, seed=seed, pool=pool)
    with live():
        judge = Judge(model, policy)
        examples = random.Random(seed).sample([own[i] for i in outside], min(mails, len(outside)))
        for kind in INVARIANCES:
            yield kind.name, judge.invariance(kind, examples)
        yield HTML, judge.html(examples)
        written = [one for one in read() if one.example.policy == policy_name]
        for direction in DIRECTIONS:
            yield direction.name, judge.direction(direction, written)


def show(found: Iterable[tuple[str, list[Compared]]]) -> None:
    """A line for each name, then the failures."""
    results: defaultdict[str, list[Compared]] = defaultdict(list)
    for name, some in found:
        results[name] += some
    print(f"{'':18}{'mails':>6}{'passed':>8}{'strictly':>10}")
    for name, all_compared in results.items():
        it = rate(all_compared)
        print(f"{name:18}{it.mails:6}{it.kept:8.3f}{it.strict:10.3f}  {SENTENCES[name]}")
    for name, all_compared in results.items():
        failures = [failure for one in all_compared for failure in one.failures]
        if failures:
            print(f"\n{name}: {SENTENCES[name]}")
            print("\n".join(f"  {failure}" for failure in failures))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=metamorphic.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lean", action="store_true", help="without the sentence encoder")
    parser.add_argument("--mails", type=int, default=120, help="how many labelled mails a policy are altered")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    show(pair for name in shipped() for pair in compared(name, options.mails, lean=options.lean, seed=options.seed))


if __name__ == "__main__":
    main()
