"""The next model: a challenger learns from training data and corrections, and is promoted only if it is not worse.

One fit makes it, on everything. Within that fit every mail is held back once, by a hash of its customer or conversation
(:mod:`classifier.holding_back`), from heads that learn from the others, and what they say of it is kept with the model.
The champion's version has the same of its own mails, in the same folds: so both are judged on the same mails, neither
having seen them, and what a wrong label does to all other mails shows. What agents labelled since is judged by time as
well: the champion as it stands, and heads taught by all but the later half. :mod:`classifier.gate` has the rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from classifier import gate
from classifier.autonomy import never
from classifier.evaluation import Judged, judge
from classifier.example import Example
from classifier.families import group_families
from classifier.fitting import Fitting, Progress, fit_model, silent
from classifier.gate import LEAST_MAILS, Check
from classifier.held_out import HeldOut
from classifier.holding_back import later_mails
from classifier.judging import Bench, PartReport, held_back, judged_while_held, report
from classifier.live_mix import LiveMix
from classifier.model import Model, Profile
from classifier.recipe import FOR_MAILS, Recipe
from classifier.snapshot import Snapshot, snapshot
from policies.labels import LABELS
from policies.policy import Policy

GAINED = 0.5
"""A champion of whose mails fewer than this share are left is not fitted again: it is judged as it stands."""


@dataclass(frozen=True, slots=True)
class GateReport:
    """Whether the challenger is promoted and why (sentences), and what both did on the held-back mails.

    ``checks`` has each thing that was asked with its figures; ``model`` is the challenger, refused or not.
    """

    policy: str
    promoted: bool
    reasons: tuple[str, ...]
    champion_version: str | None
    parts: tuple[PartReport, ...]
    checks: tuple[Check, ...]
    snapshot: Snapshot = field(repr=False)
    model: Model = field(repr=False)

    @property
    def told(self) -> str:
        """The outcome in a sentence or two, for the model's card: what failed, or that nothing did."""
        if not self.checks:
            return " ".join(self.reasons)
        if self.promoted:
            mails = sum(part.mails for part in self.parts)
            return f"Not worse than {self.champion_version} in {len(self.checks)} checks on {mails} held-back mails."
        return " ".join(check.sentence for check in self.checks if not check.passed)

    def to_json(self) -> dict[str, Any]:
        """A JSON object without the model and the examples."""
        return {
            "policy": self.policy,
            "promoted": self.promoted,
            "reasons": list(self.reasons),
            "champion_version": self.champion_version,
            "examples": len(self.snapshot.examples),
            "data_digest": self.snapshot.digest,
            "checks": [check.to_json() for check in self.checks],
            "held_back": [
                {
                    "part": part.part,
                    "mails": part.mails,
                    "champion": part.champion.to_json() if part.champion else None,
                    "challenger": part.challenger.to_json(),
                }
                for part in self.parts
            ],
        }


def challenge(
    policy: Policy,
    champion: Model | None,
    examples: Sequence[Example],
    *,
    pool: Sequence[Example] = (),
    profile: Profile = "standard",
    seed: int = 0,
    recipe: Recipe | None = None,
    live_mix: LiveMix | None = None,
    progress: Progress = silent,
) -> GateReport:
    """Trains a challenger on ``examples`` (training data and agents' corrections) and judges it against ``champion``.

    ``pool`` are the examples of other policies, ``live_mix`` what the mail that comes is like (without it every mail
    counts alike). Without a ``recipe`` the champion's is used. See the module for the rule.
    """
    data = snapshot(examples, pool)
    known = frozenset(champion.known.ids) if champion else frozenset()
    later = later_mails(data.examples, group_families(data.examples), known) if champion else frozenset[str]()
    fitting = fit_model(
        policy,
        data.examples,
        profile=profile,
        seed=seed,
        pool=pool,
        recipe=recipe or (champion.recipe if champion else FOR_MAILS),
        later=later,
        progress=lambda step, share: progress(step, share * 0.9),
    )
    progress("judging", 0.9)
    benches = _benches(policy, champion, fitting, examples, data, seed)
    model = fitting.model
    asked = tuple(gate.checks(policy, benches, champion, model, mix=live_mix, seed=seed)) if champion else ()
    promoted, reasons = _outcome(benches, champion, asked, len(data.examples))
    if promoted and champion is not None and not any(map(gate.judges, benches)):
        model = replace(model, autonomy={label: never(policy.target_precision[label]) for label in LABELS})
    parts = tuple(report(policy, bench) for bench in benches)
    progress("judged", 1.0)
    version = champion.version if champion else None
    return GateReport(policy.name, promoted, reasons, version, parts, asked, data, model)


def _benches(
    policy: Policy, champion: Model | None, fitting: Fitting, examples: Sequence[Example], data: Snapshot, seed: int
) -> list[Bench]:
    """The parts that judge, as far as they have mails, with what both say."""
    ours, model = fitting.model.held, fitting.model
    rival = _held_by(policy, champion, data, ours.folds, seed) if champion else None
    benches = []
    for part, mails in held_back(examples, data.examples).items():
        both = [e for e in mails if e.id in ours and (champion is None or rival is None or e.id in rival)]
        if both:
            said = _said(champion, policy, both, rival)
            benches.append(Bench(part, said, judged_while_held(model, policy, both, ours)))
    later = [example for example in data.examples if example.id in fitting.later]
    if later and champion:
        unseen = judged_while_held(model, policy, later, fitting.later)
        benches.append(Bench("later", judge(champion, policy, later), unseen))
    return benches


def _said(
    champion: Model | None, policy: Policy, mails: Sequence[Example], held: HeldOut | None
) -> list[Judged] | None:
    if champion is None:
        return None
    return judge(champion, policy, mails) if held is None else judged_while_held(champion, policy, mails, held)


def _held_by(policy: Policy, champion: Model, data: Snapshot, folds: int, seed: int) -> HeldOut | None:
    """What the champion said of its mails while they were held back in as many folds.

    A version from before that was kept, or of another number of folds, is fitted again by its recipe on what is left of
    its mails. None when that is too little: then the champion is judged as it stands.
    """
    if champion.held.folds == folds:
        return champion.held
    known = frozenset(champion.known.ids)
    left = [example for example in data.examples if example.id in known]
    if not left or len(left) < len(known) * GAINED:
        return None
    again = fit_model(policy, left, profile=champion.profile, seed=seed, pool=data.pool, recipe=champion.recipe)
    return again.model.held if again.model.held.folds == folds else None


def _outcome(
    benches: Sequence[Bench], champion: Model | None, asked: Sequence[Check], mails: int
) -> tuple[bool, tuple[str, ...]]:
    if champion is None:
        return True, ("It is the first model of this policy.",)
    if not any(map(gate.judges, benches)):
        few = f"Fewer than {LEAST_MAILS} labelled mails are held back to judge by"
        if champion.acts_alone or len(champion.known.ids) > mails:
            return False, (f"{few}: label more mails.",)
        return True, (f"{few}: as the model before, it decides nothing without a person.",)
    return all(check.passed for check in asked), tuple(check.sentence for check in asked)
