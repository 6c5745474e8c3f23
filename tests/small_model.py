"""A real model small enough to be trained in a test run, once for all tests that want one."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from classifier.evaluation import Judged
from classifier.example import Example, read_file
from classifier.figures.figures import Figures, figures_of
from classifier.figures.source import source_of
from classifier.judging import judged_while_held
from classifier.model import Model, train
from policies.loader import load_shipped
from policies.policy import Policy

LEARNED, HELD = 60, 20


@cache
def policy() -> Policy:
    return load_shipped("penelope")


@cache
def examples() -> list[Example]:
    """Labelled mails: the first :data:`LEARNED` are learned from, the next :data:`HELD` are not."""
    shipped = read_file(Path(__file__).parents[1] / "training_data" / "penelope.jsonl")
    step = len(shipped) // (LEARNED + HELD)
    return shipped[::step][: LEARNED + HELD]


@cache
def model() -> Model:
    """Lean, of penelope."""
    return train(policy(), examples()[:LEARNED], profile="lean")


@cache
def judged() -> list[Judged]:
    """What the model said of the mails it learned from, each while it was held back."""
    held = model().held
    return judged_while_held(model(), policy(), [e for e in examples()[:LEARNED] if e.id in held], held)


@cache
def figures() -> Figures:
    """The figures of that."""
    return figures_of(policy(), judged(), model().autonomy, "held_back", source_of(examples()[:LEARNED], 7))
