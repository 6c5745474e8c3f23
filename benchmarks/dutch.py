"""How right the models are on Dutch mail that nothing was trained on, beside English mail.

    python -m benchmarks.dutch [--profile standard]

The Dutch mails are those of ``training_data/held_out``. The English ones are held back, by a hash of their customer,
from a model trained on the rest.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from classifier.encoder import Profile
from classifier.evaluation import Judged, judge
from classifier.example import read_file
from classifier.families import group_families
from classifier.holding_back import fold_of, unit_of
from classifier.metrics import accuracy, macro_f1
from classifier.model import train
from mailtriage.starters import pool_beside, shipped_examples
from policies.labels import LABELS
from policies.loader import load_shipped, shipped

HELD_BACK = 5
"""One family of so many is held back."""
DUTCH = Path(__file__).parents[1] / "training_data" / "held_out" / "dutch.jsonl"


def judged(profile: Profile) -> tuple[list[Judged], list[Judged]]:
    """The Dutch and the English mails of all policies with the verdicts of models trained on neither."""
    dutch, english = [], []
    held_out = read_file(DUTCH)
    for name in shipped():
        policy, examples = load_shipped(name), shipped_examples(name)
        families = group_families(examples)
        held = [e for e in examples if fold_of(unit_of(e, families[e.digest]), HELD_BACK) == 0]
        learned = [e for e in examples if e not in held]
        model = train(policy, learned, profile=profile, pool=pool_beside(name, shipped()))
        dutch += judge(model, policy, [e for e in held_out if e.policy == name])
        english += [one for one in judge(model, policy, held) if one.verdict.language in ("en", None)]
    return dutch, english


def line(name: str, found: Sequence[Judged]) -> str:
    """Accuracy and macro-F1 of each label, decided with the rules."""
    cells = []
    for label in LABELS:
        truth = [one.example.labels[label] for one in found]
        said = [one.verdict.labels[label].value for one in found]
        cells.append(f"{label} {accuracy(truth, said):.3f} / {macro_f1(truth, said):.3f}")
    return f"{name:8} {len(found):4} mails: " + ", ".join(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", choices=("lean", "standard", "full"), default="standard")
    dutch, english = judged(parser.parse_args().profile)
    print(line("Dutch", dutch))
    print(line("English", english))


if __name__ == "__main__":
    main()
