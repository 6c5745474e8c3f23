"""Models trained once for all tests: small ones, but by the code the product uses."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

# Several test processes share the cores; results do not depend on the number of threads.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from classifier.example import Example, read_file
from classifier.model import Model, train
from policies.loader import load_shipped
from policies.policy import Policy

TRAINING_DATA = Path(__file__).parents[2] / "training_data"


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_shipped("penelope")


@pytest.fixture(scope="session")
def examples() -> Sequence[Example]:
    """A quarter of the shipped labelled mails of penelope: enough to learn from, and soon learned."""
    return read_file(TRAINING_DATA / "penelope.jsonl")[::4]


@pytest.fixture(scope="session")
def model(policy: Policy, examples: Sequence[Example]) -> Model:
    """A lean model of penelope, trained on those mails."""
    return train(policy, examples, profile="lean")
