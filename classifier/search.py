"""Model search: which recipe suits a policy's mails, judged by cross-validation of the whole product."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import joblib

from classifier.evaluation import Evaluation, cross_validate
from classifier.example import Example
from classifier.features import Profile
from classifier.recipe import FOR_MAILS, Recipe
from policies.labels import LABELS
from policies.policy import Policy

FOLDS = 4
STRENGTHS = (0.1, 0.3, 1.0)
EMBEDDINGS = (1.0, 2.0, 3.0)
SHARES = (0.0, 0.5)
# A recipe other than the default must be better by more than the folds' noise.
LEAST_GAIN = 0.005


@dataclass(frozen=True, slots=True)
class Finding:
    """A recipe and how the product did with it: macro-F1 by label, decided with the policy's rules."""

    recipe: Recipe
    macro_f1: dict[str, float]
    severity_cost: float

    @property
    def score(self) -> float:
        """The mean macro-F1 over the labels."""
        return sum(self.macro_f1.values()) / len(self.macro_f1)


def recipes(profile: Profile) -> list[Recipe]:
    """The recipes tried; without an encoder its weight makes no difference."""
    embeddings = (FOR_MAILS.embedding,) if profile == "lean" else EMBEDDINGS
    return [Recipe(c, share, weight) for c, share, weight in product(STRENGTHS, SHARES, embeddings)]


def search(
    policy: Policy,
    examples: Sequence[Example],
    tried: Sequence[Recipe],
    *,
    pool: Sequence[Example] = (),
    profile: Profile = "standard",
    folds: int = FOLDS,
    seed: int = 0,
) -> Iterator[Finding]:
    """A finding for each recipe, in order, as they come; deterministic under ``seed``.

    The work is spread by joblib, so ``joblib.parallel_config`` around the call says where it is done.
    """
    one = joblib.delayed(_judge)
    tasks = (one(policy, examples, recipe, pool, profile, folds, seed) for recipe in tried)
    yield from joblib.Parallel(n_jobs=-1, return_as="generator")(tasks)


def best(findings: Sequence[Finding]) -> Recipe:
    """The recipe of the highest score; the default where none is clearly better."""
    found = max(findings, key=lambda finding: finding.score)
    usual = next((finding for finding in findings if finding.recipe == FOR_MAILS), None)
    if usual is not None and found.score < usual.score + LEAST_GAIN:
        return FOR_MAILS
    return found.recipe


def _judge(
    policy: Policy,
    examples: Sequence[Example],
    recipe: Recipe,
    pool: Sequence[Example],
    profile: Profile,
    folds: int,
    seed: int,
) -> Finding:
    found: Evaluation = cross_validate(policy, examples, folds, profile=profile, seed=seed, pool=pool, recipe=recipe)
    scores = {label: found.with_rules[label].macro_f1 for label in LABELS}
    return Finding(recipe, scores, found.severity_with_rules.cost)
