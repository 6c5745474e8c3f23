"""How right the head is on open labelled text, beside peers in the same run.

    python -m benchmarks.open_sets                                 all sets and peers (hours on two cores)
    python -m benchmarks.open_sets --sets banking77 hwu64 --peers none
    python -m benchmarks.open_sets --quick                         at most 1,500 texts to learn from, one fold

The sets are folders of JSON Lines below ``--data``; none of them is part of this project.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import matthews_corrcoef

from benchmarks.peers import Peer, peers
from classifier import metrics
from classifier.experiment import LabelledText, fold, read_texts, run
from classifier.features import Profile
from classifier.learned import answer, learn

DATA = Path(__file__).parents[1].parent / "shared" / "data"
QUICK = 1500
BINS = 10
NASA = ("project-A", "project-C", "project-D", "project-F")
Round = tuple[list[LabelledText], list[LabelledText]]


@dataclass(frozen=True, slots=True)
class OpenSet:
    """Where the texts of a set stand and how it is asked; without ``test`` it is cross-validated."""

    train: str
    test: str | None = None
    label: str = "label"
    none: str | None = None
    group: str | None = None
    folds: int = 5

    def rounds(self, folder: Path) -> list[Round]:
        """What is learned from and what is asked, for each round."""
        learning = read_texts([folder / f"{self.train}.jsonl"], label=self.label, group=self.group)
        if self.test is not None:
            return [(learning, read_texts([folder / f"{self.test}.jsonl"], label=self.label))]
        return fold(learning, self.folds, 0)


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """A set of several files, each asked after learning from the others."""

    files: tuple[str, ...]
    label: str

    def rounds(self, folder: Path) -> list[Round]:
        """What is learned from and what is asked, for each round."""
        parts = {name: read_texts([folder / f"{name}.jsonl"], label=self.label) for name in self.files}
        return [([t for other in parts if other != name for t in parts[other]], parts[name]) for name in parts]


SETS: dict[str, OpenSet | LeaveOneOut] = {
    "banking77": OpenSet("train", "test"),
    "hwu64": OpenSet("train", "test"),
    "clinc150": OpenSet("train", "test", none="oos"),
    "hint3-sofmattress": OpenSet("train", "test", none="NO_NODES_DETECTED"),
    "nlbse2024": OpenSet("train", group="group"),
    "mozilla-severity": OpenSet("all", label="severity"),
    "nasa-pits": LeaveOneOut(NASA, "severity"),
    "it-service-desk": OpenSet("train"),
    "acid": OpenSet("train"),
}


def head(rounds: Sequence[Round], none: str | None, profile: Profile) -> Iterator[dict[str, Any]]:
    """The figures of the product's head, a round each."""
    for learning, asked in rounds:
        yield run(learning, asked, none=none, profile=profile)


def judged(rounds: Sequence[Round], none: str | None, peer: Peer) -> Iterator[dict[str, Any]]:
    """The figures of a peer, a round each; it knows no "none of these", so such texts are wrong in MCC."""
    for learning, asked in rounds:
        known = [text for text in learning if text.label != none]
        start = time.perf_counter()
        fitted = peer([text.text for text in known], [text.label for text in known])
        seconds = time.perf_counter() - start
        said, truth = list(fitted([text.text for text in asked])), [text.label for text in asked]
        inside = [i for i, label in enumerate(truth) if label != none]
        ordered = sorted({*truth, *said}, key=float) if all(v.isdecimal() for v in {*truth, *said}) else None
        yield {
            "test": len(asked),
            "accuracy": metrics.accuracy([truth[i] for i in inside], [said[i] for i in inside]),
            "macro_f1": metrics.macro_f1([truth[i] for i in inside], [said[i] for i in inside]),
            "mcc": float(matthews_corrcoef(truth, said)),
            "quadratic_kappa": metrics.quadratic_kappa(truth, said, ordered) if ordered else None,
            "seconds": {"training": seconds},
        }


def row(name: str, found: Sequence[dict[str, Any]]) -> str:
    """One line: the means over the rounds."""

    def mean(of: Callable[[dict[str, Any]], float | None]) -> str:
        values = [value for one in found if (value := of(one)) is not None]
        return f"{np.mean(values):9.4f}" if values else f"{'':9}"

    keys = ("accuracy", "macro_f1", "mcc", "quadratic_kappa", "ece")
    cells = "".join(mean(lambda one, key=key: one.get(key)) for key in keys)
    gate = "".join(
        mean(lambda one, key=key: one.get("none", {}).get(key))
        for key in ("in_scope_accuracy", "in_scope_accuracy_gated", "out_of_scope_refused")
    )
    return f"{name:26}{cells}{gate}{sum(one['seconds']['training'] for one in found):9.1f}"


def reliability(learning: Sequence[LabelledText], asked: Sequence[LabelledText], profile: Profile) -> str:
    """How often the head was right where it said how sure it was, as a table."""
    answers = answer(learn(learning, profile, gated=False), asked)
    sure = answers.probabilities[np.arange(len(asked)), answers.decided]
    right = np.asarray([answers.classes[c] == t.label for c, t in zip(answers.decided, asked, strict=True)])
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    lines = [f"{'said':>12}{'texts':>8}{'mean said':>11}{'right':>8}"]
    for b in range(BINS):
        if (inside := bins == b).any():
            said = f"{b / BINS:.1f}-{(b + 1) / BINS:.1f}"
            lines.append(f"{said:>12}{inside.sum():8}{sure[inside].mean():11.3f}{right[inside].mean():8.3f}")
    return "\n".join(lines)


def quick(rounds: Sequence[Round]) -> list[Round]:
    """The first round, with a random part of what is learned from."""
    learning, asked = rounds[0]
    chosen = np.random.default_rng(0).permutation(len(learning))[:QUICK]
    return [([learning[i] for i in chosen], asked)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder that holds the sets")
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS))
    parser.add_argument("--profiles", nargs="+", default=["standard"])
    parser.add_argument("--peers", choices=["all", "none"], default="all")
    parser.add_argument("--quick", action="store_true", help="a part of the texts and one fold")
    parser.add_argument("--reliability", action="store_true", help="print how right the stated probabilities were")
    options = parser.parse_args()
    others = peers() if options.peers == "all" else {}
    for name in options.sets:
        folder, one = options.data / name, SETS[name]
        if not folder.is_dir():
            print(f"\n{name} is skipped: there is no {folder}")
            continue
        rounds = quick(one.rounds(folder)) if options.quick else one.rounds(folder)
        none = one.none if isinstance(one, OpenSet) else None
        print(f"\n{name}: {len(rounds)} x {len(rounds[0][0])} texts to learn from, {len(rounds[0][1])} to judge by")
        headings = ("accuracy", "macro-F1", "MCC", "kappa", "ECE", "in", "in gated", "out ref.", "train s")
        print(f"{'':26}" + "".join(f"{heading:>9}" for heading in headings))
        for profile in options.profiles:
            print(row(f"mailtriage, {profile}", list(head(rounds, none, profile))), flush=True)
        for title, peer in others.items():
            print(row(title, list(judged(rounds, none, peer))), flush=True)
        if options.reliability:
            print(reliability(*rounds[0], options.profiles[0]))


if __name__ == "__main__":
    main()
