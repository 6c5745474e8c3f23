"""How many mails a second are classified, how soon a model is loaded and how much memory a worker holds, beside peers.

    python -m benchmarks.speed [--profiles lean standard full] [--peer-python PATH]

Each contestant learns from the mails of training_data/ and is asked in a process of its own, one at a time:

``head``     the product's features and one calibrated head: what the peers do too
``model``    all that is read of a mail, 12 heads, the sentences' impact facts and the policy's signals
``verdict``  what a user gets: also the rules, the novelty and the words that spoke for each label

On one core the process is held to it. On two the encoder takes both by itself; the rest, all of it in ``lean``, is one
process's work, so two are asked at once and their rates added. Rates are of processor time (the best of some rounds;
others' work on the machine slows it too, but less) and by the clock (the median). fastText is asked with
``--peer-python`` where it is installed elsewhere.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
KINDS = ("head", "model", "verdict")
Figures = dict[tuple[int, int], dict[str, float]]


def begun(python: str, *arguments: str) -> subprocess.Popen[str]:
    """A process of benchmarks/contestants.py."""
    command = [python, "-m", "benchmarks.contestants", *arguments]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **ONE_THREAD},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def told(process: subprocess.Popen[str]) -> list[dict[str, float]]:
    """What it prints, once it has ended; nothing if it failed."""
    printed, _ = process.communicate()
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


def figures(lines: Sequence[dict[str, float]]) -> Figures:
    """The rates by words and batch."""
    return {(int(line["words"]), int(line["batch"])): line for line in lines}


def row(name: str, found: Figures, key: str) -> str:
    """One line of a table, a column for each number of words and each batch."""
    return f"{name:22}" + "".join(f"{line[key]:10,.0f}" for line in found.values())


def speeds(contestants: dict[str, str], *, two: bool) -> None:
    """The table of rates; ``contestants`` are names with the interpreter that asks each."""
    titled = False
    for name, python in contestants.items():
        found = figures(told(begun(python, name, "one")))
        if not found:
            print(f"{name} is skipped: it cannot be run by {python}")
            continue
        if not titled:
            print("mails/s" + " " * 15 + "".join(f"{f'{words} w/{batch}':>10}" for words, batch in found))
            titled = True
        print(row(f"{name}, CPU", found, "cpu"))
        print(row(f"{name}, clock", found, "wall"), flush=True)
        if two:
            together = [figures(told(one)) for one in [begun(python, name) for _ in range(2)]]
            both = {key: {"wall": sum(one[key]["wall"] for one in together)} for key in found}
            print(row(f"{name}, two", both, "wall"), flush=True)


def workers(profiles: Sequence[str]) -> None:
    """How long a model takes to load, and the memory of a process that classified with three."""
    for profile in profiles:
        with tempfile.TemporaryDirectory() as folder:
            told(begun(sys.executable, "models", profile, folder))
            for found in told(begun(sys.executable, "worker", folder)):
                print(
                    f"{profile}: a model loads in {found['seconds']:.2f} CPU s; a worker with three models that has "
                    f"classified 102 mails holds {found['megabytes']:.0f} MB at its peak",
                    flush=True,
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profiles", nargs="*", default=["lean", "standard"], choices=["lean", "standard", "full"])
    parser.add_argument("--kinds", nargs="*", default=KINDS, choices=KINDS)
    parser.add_argument("--peer-python", default=sys.executable, help="an interpreter that has fastText")
    parser.add_argument("--peers", choices=["all", "none"], default="all")
    parser.add_argument("--two", action="store_true", help="ask two processes at once as well")
    parser.add_argument("--no-workers", action="store_true", help="leave out loading and memory")
    options = parser.parse_args()
    contestants = {f"{kind} {profile}": sys.executable for profile in options.profiles for kind in options.kinds}
    if options.peers == "all":
        contestants |= {"fastText": options.peer_python, "spaCy": sys.executable}
        if options.peer_python == sys.executable and not find_spec("fasttext"):
            del contestants["fastText"]
            print('fastText is skipped: pip install ".[peers]", or --peer-python')
    speeds(contestants, two=options.two)
    if not options.no_workers:
        workers(options.profiles)


if __name__ == "__main__":
    main()
