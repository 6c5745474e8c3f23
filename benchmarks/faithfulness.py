"""Whether an explanation tells what the model went by: the words it names are taken out, and so are as many others.

    python -m benchmarks.faithfulness --profile lean
    python -m benchmarks.faithfulness --profile standard --mails 100

Each policy's model learns from two thirds of its labelled mails (groups kept together) and explains mails of the last
third. For each label the three words that add most to the value's margin are taken out of the mail wherever they stand,
which is then read again; so are three words by chance. Faithful is an explanation whose words lower the probability of
the value more. Shown beside: how exactly the weights add up to the margin, and to the model's own probabilities.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.readings import live
from classifier import head
from classifier.assess import look
from classifier.example import Example, read_file
from classifier.explaining.explained import Explained, LabelExplained, Read, explain, read
from classifier.families import group_families
from classifier.features import Profile
from classifier.mail import Mail, mail_of
from classifier.model import Model, train
from classifier.prediction import decide
from policies.labels import LABELS
from policies.loader import load_shipped, shipped
from policies.policy import Policy

DATA = Path(__file__).parents[1] / "training_data"
TAKEN_OUT = 3
TARGET = 0.95
EXACT = 1e-6


@dataclass(frozen=True, slots=True)
class Judged:
    """One label of one mail: how much the named and the random words lowered the probability, in log-odds and as such.

    ``gap`` is the margin less the sum of the weights, ``beside`` the margin less that of the model's probabilities.
    """

    label: str
    named: float
    chance: float
    gap: float
    beside: float
    sure: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=("lean", "standard", "full"), default="lean")
    parser.add_argument("--mails", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    names = shipped()
    judged: list[Judged] = []
    seconds: list[float] = []
    for place, name in enumerate(names):
        wanted = options.mails * (place + 1) // len(names) - options.mails * place // len(names)
        policy = load_shipped(name)
        learned, held = _halves(policy, read_file(DATA / f"{name}.jsonl"), options.seed)
        model = train(policy, learned, profile=options.profile, seed=options.seed)
        chance = random.Random(options.seed)
        with live():
            for mail in [mail_of(example) for example in held[:wanted]]:
                began = time.process_time()
                found = read(model, policy, mail)
                explained = explain(model, policy, found)
                seconds.append(time.process_time() - began)
                judged += _judged(model, policy, found, explained, chance)
    _print(judged, seconds, options.profile)


def _halves(policy: Policy, examples: Sequence[Example], seed: int) -> tuple[list[Example], list[Example]]:
    families = group_families(examples)
    strata = [example.labels.get("severity", "") for example in examples]
    [(inside, outside), *_] = head.group_folds(strata, [families[e.digest] for e in examples], folds=3, seed=seed)
    order = np.random.default_rng(seed).permutation(outside)
    return [examples[i] for i in inside.tolist()], [examples[i] for i in order.tolist()]


def _judged(model: Model, policy: Policy, found: Read, explained: Explained, chance: random.Random) -> Iterator[Judged]:
    words = sorted({word.lower() for word in map(found.text.word, range(len(found.text.words)))})
    if len(words) <= 2 * TAKEN_OUT:
        return
    random_words = chance.sample(words, TAKEN_OUT)
    named = [_named(label, explained.text) for label in explained.labels]
    after = _probabilities(model, policy, [_without(found, out) for out in [*named, random_words]])
    for place, label in enumerate(explained.labels):
        total = sum(word.weight for word in label.words) + sum(part.weight for part in label.parts)
        own = math.log(label.probability / label.runner_up_probability) if label.value != label.runner_up else 0.0
        yield Judged(
            label=label.label,
            named=label.probability - after[place][label.label][label.value],
            chance=label.probability - after[-1][label.label][label.value],
            gap=abs(total - label.margin),
            beside=abs(label.margin - own),
            sure=label.probability,
        )


def _named(label: LabelExplained, text: str) -> list[str]:
    ranked = sorted(label.by_word(text), key=lambda item: -item[1])
    return [word for word, _ in ranked[:TAKEN_OUT]]


def _without(found: Read, words: Sequence[str]) -> Mail:
    numbers = [n for n in range(len(found.text.words)) if found.text.word(n).lower() in words]
    left = found.text.without(numbers)
    return Mail(left.subject, left.body, found.mail.facts)


def _probabilities(model: Model, policy: Policy, mails: Sequence[Mail]) -> list[dict[str, dict[str, float]]]:
    signals, seen = look(model, policy, mails)
    read_again = zip(model.read(seen), mails, signals, strict=True)
    decided = [decide(policy, p, mail.facts, found, model.severity_mix) for p, mail, found in read_again]
    return [{label: dict(one.probabilities[label]) for label in LABELS} for one in decided]


def _print(judged: Sequence[Judged], seconds: Sequence[float], profile: Profile) -> None:
    by_label: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        by_label[one.label].append(one)
    print(f"{profile}: {len(seconds)} held-out mails; the {TAKEN_OUT} words named against {TAKEN_OUT} by chance")
    print(f"{'label':<12} {'mails':>6} {'faithful':>9} {'named':>8} {'chance':>8} {'p':>6}")
    for label, group in [*by_label.items(), ("all", list(judged))]:
        faithful = sum(one.named > one.chance for one in group) / len(group)
        means = [float(np.mean([getattr(one, name) for one in group])) for name in ("named", "chance", "sure")]
        print(f"{label:<12} {len(group):>6} {faithful:>9.3f} {means[0]:>8.3f} {means[1]:>8.3f} {means[2]:>6.3f}")
    print(f"weights add up to the margin within {max(one.gap for one in judged):.1e} (asked: {EXACT:.0e});")
    print(f"the margin is that of the model's own probabilities within {max(one.beside for one in judged):.1e}")
    ordered = sorted(seconds)
    middle, late = (ordered[int(len(ordered) * share)] * 1000 for share in (0.5, 0.95))
    print(f"read and explained in {middle:.0f} ms of one core (median), {late:.0f} ms (19 of 20 mails)")
    share = sum(one.named > one.chance for one in judged) / len(judged)
    print(f"faithful {share:.1%} (goal: {TARGET:.0%})")


if __name__ == "__main__":
    main()
