"""Tunes a network for each fold and one with all mails, and writes ``classifier/network/``."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from classifier.network.network import FOLDER
from tuning.lessons import FOLDS, Lesson, lessons
from tuning.net import Net
from tuning.teaching import teach, tell
from tuning.writing import check, said, write

CHECKED = 60


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(prog="python -m tuning", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("data/tuning"), help="where the networks are kept meanwhile")
    parser.add_argument("--into", type=Path, default=FOLDER, help="where the files for the program are written")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    every = lessons()
    told = []
    for fold in range(FOLDS):
        held = [one for one in every if one.fold == fold]
        groups = {one.example.group for one in held if one.example.group}
        others = [one for one in every if one.fold != fold and one.example.group not in groups]
        net = tuned(options.work / f"fold-{fold}.pt", others)
        print(f"fold {fold}, held out: {tell(net, held)}", flush=True)
        told += list(zip(held, said(net, held), strict=True))
    net = tuned(options.work / "whole.pt", every)
    options.into.mkdir(parents=True, exist_ok=True)
    write(net, options.into, told)
    print(f"Written to {options.into}: {check(options.into, net, every[:CHECKED])}.")


def tuned(path: Path, taught: list[Lesson]) -> Net:
    """The network of that file, or a new one that is kept there."""
    if path.exists():
        net = Net()
        net.load_state_dict(torch.load(path, weights_only=True))
        return net.eval()
    net = teach(taught)
    torch.save(net.state_dict(), path)
    return net


if __name__ == "__main__":
    main()
