"""Whether a corrected mail's kind is classified as corrected after the next training, and what that cost elsewhere.

    python -m benchmarks.corrections [--profile standard]

``training_data/held_out/kinds.jsonl`` has pairs of mails of one kind, from two customers in other words, that nothing
was trained on. Agents label one of each pair; after the training the other is asked, then the other way round.
Elsewhere are the mails that are held back, by a hash of their customer, from a model trained on the rest.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from classifier.encoder import Profile
from classifier.evaluation import Judged, judge
from classifier.example import Example, read_file
from classifier.families import group_families
from classifier.holding_back import fold_of, unit_of
from classifier.model import train
from mailtriage.starters import pool_beside, shipped_examples
from policies.labels import LABELS
from policies.loader import load_shipped, shipped

HELD_BACK = 5
"""One customer of so many is held back."""
KINDS = Path(__file__).parents[1] / "training_data" / "held_out" / "kinds.jsonl"


def corrected(example: Example) -> Example:
    """The mail as agents labelled it: the four labels and nothing else."""
    return replace(example, impact={}, evidence={}, clauses=None, group=None, origin="agent")


def right(found: Sequence[Judged]) -> Counter[str]:
    """Of how many mails each label was decided as it is labelled, with the rules."""
    return Counter(
        label for one in found for label in LABELS if one.verdict.labels[label].value == one.example.labels[label]
    )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=("lean", "standard", "full"), default="standard")
    profile: Profile = parser.parse_args().profile
    kinds = read_file(KINDS)
    counts = {name: Counter[str]() for name in ("before", "after", "elsewhere before", "elsewhere after")}
    asked = elsewhere = 0
    for name in shipped():
        policy, examples = load_shipped(name), shipped_examples(name)
        families = group_families(examples)
        held = [e for e in examples if fold_of(unit_of(e, families[e.digest]), HELD_BACK) == 0]
        learned, pool = [e for e in examples if e not in held], pool_beside(name, shipped())
        mine = sorted((e for e in kinds if e.policy == name), key=lambda e: (e.group, e.id))
        model = train(policy, learned, profile=profile, pool=pool)
        counts["before"] += right(judge(model, policy, mine))
        counts["elsewhere before"] += right(judge(model, policy, held))
        for one, other in ((mine[::2], mine[1::2]), (mine[1::2], mine[::2])):
            model = train(policy, [*learned, *map(corrected, one)], profile=profile, pool=pool)
            counts["after"] += right(judge(model, policy, other))
            counts["elsewhere after"] += right(judge(model, policy, held))
        asked, elsewhere = asked + len(mine), elsewhere + len(held)
        print(f"{name}: {len(mine)} mails of {len(mine) // 2} kinds, {len(held)} elsewhere", flush=True)
    print(f"\n{'':12}{'before':>9}{'after':>9}{'elsewhere':>12}{'after':>9}")
    for label in LABELS:
        cells = counts["before"][label] / asked, counts["after"][label] / asked
        others = counts["elsewhere before"][label] / elsewhere, counts["elsewhere after"][label] / (2 * elsewhere)
        print(f"{label:12}{cells[0]:9.3f}{cells[1]:9.3f}{others[0]:12.3f}{others[1]:9.3f}", flush=True)


if __name__ == "__main__":
    main()
