"""What training costs at 1,000, 10,000 and 100,000 texts: seconds and peak memory, beside peers.

    python -m benchmarks.scale [--sizes 1000 10000] [--profile lean] [--peers none]

The texts are those of Banking77, CLINC150, HWU64 and ACID (their training parts, each label with its set's name), about
44,000 different ones. Beyond that texts are joined in pairs of the same label, so that all differ and none is made up.
Each is trained in a process of its own; the peak is that of the whole process, libraries and texts included.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.open_sets import DATA
from benchmarks.peers import peers
from classifier.experiment import LabelledText, read_texts
from classifier.learned import learn
from classifier.memory import peak_megabytes, reset_peak

SOURCES = ("banking77", "clinc150", "hwu64", "acid")
# Labels with fewer texts are left out: they would be most of the labels, and no peer is made for so many.
LEAST_TEXTS = 20
OWN = "mailtriage, "


def texts(data: Path, count: int) -> list[LabelledText]:
    """So many different texts in a random order that is always the same."""
    by_label: dict[str, list[str]] = defaultdict(list)
    for name in SOURCES:
        for text in read_texts([data / name / "train.jsonl"]):
            by_label[f"{name} {text.label}"].append(text.text)
    kept = {label: sorted(set(own)) for label, own in by_label.items() if len(set(own)) >= LEAST_TEXTS}
    labelled = [(text, label) for label, own in sorted(kept.items()) for text in own]
    generator = np.random.default_rng(0)
    seen = {text for text, _ in labelled}
    while len(labelled) < count:
        _, label = labelled[int(generator.integers(len(labelled)))]
        first, second = generator.choice(kept[label], 2, replace=False)
        joined = f"{first} {second}"
        if joined not in seen:
            seen.add(joined)
            labelled.append((joined, label))
    order = generator.permutation(len(labelled))[:count]
    return [LabelledText(labelled[i][0], labelled[i][1], str(i)) for i in order]


def measured(name: str, data: Path, count: int) -> tuple[float, float]:
    """Seconds and megabytes of training the named one on ``count`` texts."""
    learning = texts(data, count)
    peer = None if name.startswith(OWN) else peers()[name]
    reset_peak()
    start = time.perf_counter()
    if peer is None:
        learn(learning, "lean" if name.endswith("lean") else "standard", gated=False)
    else:
        peer([text.text for text in learning], [text.label for text in learning])
    return time.perf_counter() - start, peak_megabytes()


def table(names: Sequence[str], sizes: Sequence[int], data: Path) -> None:
    """A row for each, a pair of columns for each size."""
    print(f"{'':26}" + "".join(f"{size:>10,} s{'MB':>8}" for size in sizes))
    for name in names:
        cells = ""
        for size in sizes:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                seconds, megabytes = pool.apply(measured, (name, data, size))
            cells += f"{seconds:12.1f}{megabytes:8.0f}"
        print(f"{name:26}{cells}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder that holds the open sets")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--profile", choices=["lean", "standard"], nargs="+", default=["lean", "standard"])
    parser.add_argument("--peers", choices=["all", "none"], default="all")
    options = parser.parse_args()
    others = list(peers()) if options.peers == "all" else []
    table([*(f"{OWN}{profile}" for profile in options.profile), *others], options.sizes, options.data)


if __name__ == "__main__":
    main()
