"""The gate: what a challenger must not be worse in than the champion, on the mails held back from both.

A measure is worse where the interval of its difference (paired bootstrap over customers and conversations) lies wholly
on the bad side. How wide the interval is says how often a challenger exactly as good would be refused by chance: for
what people are told and paged by (severity cost, scope, SEV1 recall) one training in twenty each, for the others one in
fifty; divided by the number of parts that judge (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from classifier import measures
from classifier.bootstrap import Difference, paired
from classifier.evaluation import Judged
from classifier.families import group_families
from classifier.holding_back import unit_of
from classifier.judging import PARTS, Bench
from classifier.live_mix import LiveMix, weights
from classifier.model import Model
from policies.labels import LABELS
from policies.policy import Policy

NEEDLESS, RARELY = 0.05, 0.02
"""How often a measure may refuse a challenger that is exactly as good: one that matters most, and another."""
LEAST_MAILS = 8
"""A part of fewer mails does not judge."""
LEAST_RIGHT = 5
"""A class that the champion got right on fewer mails is not counted as lost: that may be chance."""
KEPT_SHARE = 0.25
"""A class is lost where the challenger gets right no more than this share of what the champion did."""
TOLERATED = 0.02
"""Of the champion's severity cost and log loss: so much worse is less than one mail in many, and worth no refusal."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was asked of the challenger, with the figures, and whether it passed; ``sentence`` says it all.

    ``low`` and ``high`` are the interval of how much *worse* the challenger is. None where there is none.
    """

    name: str
    part: str
    passed: bool
    sentence: str
    champion: float | None = None
    challenger: float | None = None
    low: float | None = None
    high: float | None = None
    mails: int | None = None

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of the gate: what it is called, how each mail counts (more is worse), and how it is written."""

    name: str
    title: str
    values: Callable[[Policy, Sequence[Judged]], measures.Values]
    needless: float
    written: str = "share"
    tolerated: float = 0.0


def _wrong(label: str) -> Callable[[Policy, Sequence[Judged]], measures.Values]:
    return lambda policy, judged: measures.wrong(label, judged)


MEASURES = (
    Measure("severity_cost", "Severity cost", measures.severity_cost, NEEDLESS, "number", TOLERATED),
    Measure("sev1_recall", "SEV1 recall", lambda policy, judged: measures.sev1_missed(judged), NEEDLESS),
    Measure("scope_accuracy", "Scope accuracy", _wrong("scope"), NEEDLESS),
    Measure("issue_type_accuracy", "Issue type accuracy", _wrong("issue_type"), RARELY),
    Measure("topic_accuracy", "Topic accuracy", _wrong("topic"), RARELY),
    Measure(
        "log_loss",
        "Log loss of the labels",
        lambda policy, judged: measures.log_loss(judged),
        RARELY,
        "number",
        TOLERATED,
    ),
)


def judges(bench: Bench) -> bool:
    """Whether a part has enough mails, and a champion, to judge by."""
    return bench.champion is not None and len(bench.challenger) >= LEAST_MAILS


def checks(
    policy: Policy, benches: Sequence[Bench], champion: Model, challenger: Model, *, mix: LiveMix | None, seed: int
) -> list[Check]:
    """All that is asked of the challenger on the parts that judge, each with its figures."""
    judging = [bench for bench in benches if judges(bench)]
    found: list[Check] = []
    for bench in judging:
        families = group_families(bench.examples)
        units = [unit_of(example, families[example.digest]) for example in bench.examples]
        counted = weights(bench.examples, mix)
        for measure in MEASURES:
            outside = 2 * measure.needless / len(judging)
            ours, theirs = (measure.values(policy, side) for side in (bench.champion or (), bench.challenger))
            difference = paired(ours, theirs, counted, units, outside=outside, seed=seed)
            if difference.mails:
                found.append(_compared(measure, bench, difference, 1 - outside))
        if bench.part != "later":  # so few mails lose a class by chance
            found += _lost(bench)
    return [*found, *_unknown(policy, champion, challenger)]


def _compared(measure: Measure, bench: Bench, difference: Difference, level: float) -> Check:
    passed = difference.low <= measure.tolerated * difference.first + 1e-12
    figures = [difference.second, difference.first]
    ends = [difference.low, difference.high]
    if measure.written == "share":
        # A share of wrong ones is told as the share of right ones.
        figures = [1 - figure for figure in figures]
        more, ends = 0.0 - difference.more, [0.0 - difference.high, 0.0 - difference.low]
        now, before = (f"{figure:.1%}" for figure in figures)
        told = f"{more:+.1%}, {level:.1%} interval {ends[0]:+.1%} to {ends[1]:+.1%}"
    else:
        now, before = (f"{figure:.3f}" for figure in figures)
        told = f"{difference.more:+.3f}, {level:.1%} interval {ends[0]:+.3f} to {ends[1]:+.3f}"
    where = f"{difference.mails} held-back mails ({PARTS[bench.part]})"
    return Check(
        measure.name,
        bench.part,
        passed,
        f"{measure.title} {now} against {before} ({told}) on {where}: {_word(passed)}.",
        figures[1],
        figures[0],
        difference.low,
        difference.high,
        difference.mails,
    )


def _lost(bench: Bench) -> Iterator[Check]:
    """A failed check for each class that the champion got right and the challenger does not any more."""
    before, now = (measures.right_by_class(side) for side in (bench.champion or (), bench.challenger))
    for (label, value), right in sorted(before.items()):
        kept = now.get((label, value), 0)
        if right >= LEAST_RIGHT and kept <= KEPT_SHARE * right:
            what = f"{label.replace('_', ' ')} {value} is right on {kept} held-back mails, it was on {right}"
            yield Check(
                "class_lost",
                bench.part,
                False,
                f"A class is lost: {what} ({PARTS[bench.part]}): {_word(False)}.",
                float(right),
                float(kept),
                mails=right,
            )


def _unknown(policy: Policy, champion: Model, challenger: Model) -> Iterator[Check]:
    """A failed check for each class of the policy that the champion was taught by mails and the challenger is not."""
    legal = {"topic": frozenset(policy.topics)}
    ours, theirs = _taught(champion), _taught(challenger)
    for label in LABELS:
        for value in sorted(ours.get(label, frozenset()) - theirs.get(label, frozenset())):
            if value in legal.get(label, {value}):
                what = f"no mail to learn from has the {label.replace('_', ' ')} {value} any more"
                yield Check("class_unknown", "", False, f"A class is lost: {what}: {_word(False)}.")


def _taught(model: Model) -> Mapping[str, frozenset[str]]:
    return {label: frozenset(one[label] for one in model.known.labels if label in one) for label in LABELS}


def _word(holds: bool) -> str:
    return "not worse" if holds else "worse, so the new model is refused"
