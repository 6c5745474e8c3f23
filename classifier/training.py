"""The next model: a challenger learns from training data and corrections, and is promoted only if it is not worse.

The rule. Mails are held back by a hash of their group (a conversation, or the rewrites of one mail; mails of the same
text count as one group), so the same mails stay held back over the years. Challenger and champion are fitted without
them: the champion by its recipe on what it had learned from, since as it stands it may have seen them. Both decide the
held-back mails with the policy's rules, those of the verified training data and those that agents labelled apart, so
that doubtful corrections cannot vouch for themselves; where both label the same text the training data judge. The
challenger is promoted if on each part

- the mean severity cost is not above the champion's by more than what one-step mistakes on 5% of the mails cost, and
- scope accuracy is not below the champion's by more than 5 percentage points

(or one mail, where 5% is less). A part of fewer than eight mails does not judge; without a part that judges nothing is
promoted over a champion. What is promoted is the challenger's recipe, fitted on everything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from classifier.evaluation import Evaluation, judge, score
from classifier.example import Example
from classifier.model import Model, Profile, train
from policies.labels import Severity
from policies.policy import Policy

HELD_BACK_SHARE = 0.22
TOLERATED_SHARE = 0.05
LEAST_MAILS = 8
PARTS = {"training_data": "verified training data", "agent": "mails labelled by agents"}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a model learns from: the examples in order of their id, and a digest of their content."""

    examples: tuple[Example, ...]
    digest: str

    @property
    def agent_labelled(self) -> int:
        """How many of the examples carry an agent's word."""
        return sum(example.origin == "agent" for example in self.examples)


@dataclass(frozen=True, slots=True)
class PartReport:
    """Champion and challenger on one part of the held-back mails; ``champion`` is None when there was none."""

    part: str
    mails: int
    champion: Evaluation | None
    challenger: Evaluation


@dataclass(frozen=True, slots=True)
class GateReport:
    """Whether the challenger is promoted and why (sentences), and what both did on the held-back mails.

    ``model`` is the recipe of the challenger fitted on everything, None when it is refused.
    """

    policy: str
    promoted: bool
    reasons: tuple[str, ...]
    champion_version: str | None
    parts: tuple[PartReport, ...]
    snapshot: Snapshot = field(repr=False)
    model: Model | None = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """A JSON object without the model and the examples."""
        return {
            "policy": self.policy,
            "promoted": self.promoted,
            "reasons": list(self.reasons),
            "champion_version": self.champion_version,
            "examples": len(self.snapshot.examples),
            "data_digest": self.snapshot.digest,
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


def snapshot(examples: Iterable[Example]) -> Snapshot:
    """The examples to learn from: of two with the same id the agent's labels replace the other's, label by label."""
    merged: dict[str, Example] = {}
    for example in sorted(examples, key=lambda example: (example.id, example.origin == "agent", example.digest)):
        merged[example.id] = _corrected(merged[example.id], example) if example.id in merged else example
    kept = tuple(merged.values())
    return Snapshot(kept, hashlib.sha256("\n".join(example.digest for example in kept).encode()).hexdigest())


def challenge(
    policy: Policy,
    champion: Model | None,
    examples: Sequence[Example],
    *,
    pool: Sequence[Example] = (),
    profile: Profile = "standard",
    seed: int = 0,
) -> GateReport:
    """Trains a challenger on ``examples`` (training data and agents' corrections) and judges it against ``champion``.

    ``pool`` are the examples of other policies. See the module for the rule.
    """
    data = snapshot(examples)
    families = group_families([*examples, *data.examples])
    learning = [example for example in data.examples if not is_held_back(policy.name, families[example.digest])]
    parts = _held_back_parts(policy, examples, families)
    challenger = train(policy, learning, profile=profile, seed=seed, pool=pool)
    everything = {example.digest: example for example in [*examples, *data.examples]}
    rival = _refit(policy, champion, list(everything.values()), families, pool, seed) if champion else None
    reports = tuple(_report(policy, name, mails, rival, challenger) for name, mails in parts.items() if mails)
    promoted, reasons = _gate(policy, reports, first=champion is None)
    model = train(policy, data.examples, profile=profile, seed=seed, pool=pool) if promoted else None
    return GateReport(policy.name, promoted, reasons, champion.version if champion else None, reports, data, model)


def is_held_back(policy: str, family: str) -> bool:
    """Whether the mails of that family are for judging only; decided by a hash, so the same for ever."""
    digest = hashlib.sha256(f"{policy}\n{family}".encode()).digest()
    return int.from_bytes(digest[:8]) < HELD_BACK_SHARE * 2**64


def group_families(examples: Iterable[Example]) -> dict[str, str]:
    """For each example's digest the name of its family: examples that share a group or a text are of one family."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    listed = list(examples)
    for example in listed:
        # The text is the root: names of groups change when tickets are merged, texts do not.
        first, second = sorted((root(_text_key(example)), root(f"group {example.group or example.id}")), reverse=True)
        parent[second] = first
    return {example.digest: root(_text_key(example)) for example in listed}


def _text_key(example: Example) -> str:
    words = " ".join(f"{example.subject}\n{example.body}".lower().split())
    return f"text {hashlib.sha256(words.encode()).hexdigest()}"


def _corrected(example: Example, by: Example) -> Example:
    if by.origin != "agent":
        return by
    clauses = example.clauses if by.clauses is None else by.clauses
    labels, impact = {**example.labels, **by.labels}, {**example.impact, **by.impact}
    return replace(example, labels=labels, impact=impact, clauses=clauses, origin="agent")


def _held_back_parts(
    policy: Policy, examples: Sequence[Example], families: Mapping[str, str]
) -> dict[str, list[Example]]:
    """The mails that judge: verified ones, and those agents labelled whose text no verified one has."""
    held = [example for example in examples if is_held_back(policy.name, families[example.digest])]
    parts = {part: [e for e in held if (e.origin == "agent") == (part == "agent")] for part in PARTS}
    verified = {_text_key(example) for example in parts["training_data"]}
    parts["agent"] = [example for example in parts["agent"] if _text_key(example) not in verified]
    return parts


def _refit(
    policy: Policy,
    champion: Model,
    examples: Sequence[Example],
    families: Mapping[str, str],
    pool: Sequence[Example],
    seed: int,
) -> Model:
    """The champion's recipe without the held-back mails; itself, when too little of what it learned from is left."""
    known = [example for example in examples if example.digest in champion.learned_from]
    if len(known) < len(champion.learned_from) / 2:
        return champion
    learning = [example for example in known if not is_held_back(policy.name, families[example.digest])]
    return train(policy, learning, profile=champion.profile, seed=seed, pool=pool)


def _report(
    policy: Policy, part: str, mails: Sequence[Example], champion: Model | None, challenger: Model
) -> PartReport:
    return PartReport(
        part,
        len(mails),
        score(policy, judge(champion, policy, mails)) if champion else None,
        score(policy, judge(challenger, policy, mails)),
    )


def _gate(policy: Policy, reports: Sequence[PartReport], *, first: bool) -> tuple[bool, tuple[str, ...]]:
    if first:
        return True, ("It is the first model of this policy.",)
    judging = [report for report in reports if report.mails >= LEAST_MAILS and report.champion]
    if not judging:
        return False, (f"Fewer than {LEAST_MAILS} labelled mails are held back to judge by: label more mails.",)
    verdicts = [verdict for report in judging for verdict in _compare(policy, report)]
    return all(passed for passed, _ in verdicts), tuple(reason for _, reason in verdicts)


def _compare(policy: Policy, report: PartReport) -> list[tuple[bool, str]]:
    """For severity cost and scope accuracy: whether the challenger is not worse on this part, and the sentence."""
    champion, challenger = report.champion, report.challenger
    assert champion is not None  # noqa: S101 - _gate passes only parts with a champion
    where = f"on {report.mails} held-back mails ({PARTS[report.part]})"
    share = max(TOLERATED_SHARE, 1 / report.mails)
    cost, old_cost = challenger.severity_with_rules.cost, champion.severity_with_rules.cost
    scope, old_scope = challenger.with_rules["scope"].accuracy, champion.with_rules["scope"].accuracy
    cost_holds = cost <= old_cost + share * one_step_cost(policy)
    scope_holds = scope >= old_scope - share - 1e-9
    return [
        (cost_holds, f"Severity cost {cost:.2f} against {old_cost:.2f} {where}: {_word(cost_holds)}."),
        (scope_holds, f"Scope accuracy {scope:.1%} against {old_scope:.1%} {where}: {_word(scope_holds)}."),
    ]


def _word(holds: bool) -> str:
    return "not worse" if holds else "worse, so the new model is refused"


def one_step_cost(policy: Policy) -> float:
    """What it costs on average to be one severity too high or too low."""
    levels = list(Severity)
    steps = [(a, b) for i, a in enumerate(levels) for j, b in enumerate(levels) if abs(i - j) == 1]
    return sum(policy.severity_costs[a][b] for a, b in steps) / len(steps)
