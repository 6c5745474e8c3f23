"""How often the gate, or the list of suspicious labels, catches wrong corrections, and lets honest ones pass.

    python -m benchmarks.poison [--policy penelope] [--learned 200] [--pool 0] [--seeds 3]

A champion learns from verified mails; then agents label others, rightly or in one of the ways of :data:`SCENARIOS`, and
a challenger meets the gate. For each scenario and share: how often it was promoted, how often the list names what is
wrong, how often neither did, and what the challenger costs on mails that neither knows. The baseline beside it is the
rule of 0.1: severity cost and scope accuracy, with a tolerance of 5% of the mails, on a fifth of the mails.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from classifier.evaluation import evaluate, score
from classifier.example import Example
from classifier.families import group_families
from classifier.given import KEY, Given
from classifier.holding_back import fold_of, unit_of
from classifier.judging import judged_while_held
from classifier.model import Model
from classifier.suspicious import Suspicion, suspicious
from classifier.training import GateReport, challenge
from mailtriage.starters import pool_beside, shipped_examples
from policies.labels import IssueType, Scope, Severity
from policies.loader import load_shipped, shipped
from policies.policy import Policy

AGENTS = ("ada", "ben", "cleo", "dirk", "mallory")
MALLORY = AGENTS[-1]
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
SLIPS = 0.05
"""The share of wrong labels among honest ones."""
FORMER_FOLDS = 5
FORMER_TOLERANCE = 0.05

Poison = Callable[[Policy, Sequence[Example], random.Random], list[Example]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One training: whether it was promoted, by the former rule too, and whether the list names what is wrong."""

    promoted: bool
    former: bool
    listed: bool
    cost: float
    scope: float
    failed: tuple[str, ...]


def values(policy: Policy, label: str) -> list[str]:
    """What a label may be."""
    legal = {"severity": Severity, "scope": Scope, "issue_type": IssueType, "topic": policy.topics}
    return [str(value) for value in legal[label]]


def said(policy: Policy, example: Example, number: int, agent: str, labels: dict[str, str]) -> Example:
    """The mail as a ticket on which ``agent`` gave those labels."""
    at = BEGAN + timedelta(hours=number)
    given = {label: Given(agent, at, False, False, None).to_json() for label in labels}
    return Example(
        id=f"ticket-{number}",
        subject=example.subject,
        body=example.body,
        policy=policy.name,
        sender=example.sender,
        received=at,
        customer=example.customer,
        history=example.history,
        labels=labels,
        group=f"conversation-{number}",
        origin="agent",
        extra={KEY: given},
    )


def wrong(policy: Policy, label: str, true: str, rng: random.Random) -> str:
    """Another value than the true one."""
    return rng.choice([value for value in values(policy, label) if value != true])


def honest(policy: Policy, mails: Sequence[Example], rng: random.Random, *, slips: float = 0.0) -> list[Example]:
    """True labels, but for a share of slips."""
    told = []
    for number, mail in enumerate(mails):
        labels = {
            label: wrong(policy, label, true, rng) if rng.random() < slips else true
            for label, true in mail.labels.items()
        }
        told.append(said(policy, mail, number, rng.choice(AGENTS), labels))
    return told


def shuffled(share: float) -> Poison:
    """All labels of a share of the mails are those of other mails."""

    def poison(policy: Policy, mails: Sequence[Example], rng: random.Random) -> list[Example]:
        hit = set(rng.sample(range(len(mails)), round(share * len(mails))))
        others = rng.sample(sorted(hit), len(hit))
        taken = dict(zip(sorted(hit), others, strict=True))
        return [
            said(policy, mail, n, rng.choice(AGENTS), dict(mails[taken.get(n, n)].labels))
            for n, mail in enumerate(mails)
        ]

    return poison


def class_wrong(label: str) -> Poison:
    """The commonest but one value of a label is always given as the commonest."""

    def poison(policy: Policy, mails: Sequence[Example], rng: random.Random) -> list[Example]:
        seen = [mail.labels[label] for mail in mails]
        common, hit = sorted(set(seen), key=lambda value: (-seen.count(value), value))[:2]
        return [
            said(policy, mail, n, rng.choice(AGENTS), {**mail.labels, label: common if t == hit else t})
            for n, (mail, t) in enumerate(zip(mails, seen, strict=True))
        ]

    return poison


def agent_wrong(share: float) -> Poison:
    """One agent, who labels that share of the mails, is always wrong on every label."""

    def poison(policy: Policy, mails: Sequence[Example], rng: random.Random) -> list[Example]:
        told = []
        for number, mail in enumerate(mails):
            bad = rng.random() < share
            labels = {k: wrong(policy, k, t, rng) if bad else t for k, t in mail.labels.items()}
            told.append(said(policy, mail, number, MALLORY if bad else rng.choice(AGENTS[:-1]), labels))
        return told

    return poison


def flood(times: float) -> Poison:
    """One customer sends ``times`` as many mails as all others, much alike, and all are labelled SEV1."""

    def poison(policy: Policy, mails: Sequence[Example], rng: random.Random) -> list[Example]:
        told = honest(policy, mails, rng)
        for number in range(len(mails), len(mails) + round(times * len(mails))):
            seed = rng.choice(mails)
            words = seed.body.split()
            body = " ".join(rng.sample(words, len(words)))
            mail = replace(seed, body=body, sender=f"person{number % 3}@flooding.example")
            told.append(said(policy, mail, number, rng.choice(AGENTS), {**seed.labels, "severity": "SEV1"}))
        return told

    return poison


SCENARIOS: dict[str, tuple[Poison, str | None]] = {
    "honest, 5% slips": (lambda policy, mails, rng: honest(policy, mails, rng, slips=SLIPS), None),
    "honest, no slips": (honest, None),
    "shuffled labels, all": (shuffled(1.0), "disagreement"),
    "shuffled labels, half": (shuffled(0.5), "disagreement"),
    "shuffled labels, a quarter": (shuffled(0.25), "disagreement"),
    "a topic always wrong": (class_wrong("topic"), "class"),
    "a severity always wrong": (class_wrong("severity"), "class"),
    "an agent always wrong, 1/2": (agent_wrong(0.5), "agent"),
    "an agent always wrong, 1/5": (agent_wrong(0.2), "agent"),
    "a customer's flood, 1x": (flood(1.0), "customer"),
    "a customer's flood, 1/4": (flood(0.25), "customer"),
}
"""Each with the kind of suspicion that names it; None for what is to pass."""


def former_rule(policy: Policy, champion: Model, report: GateReport) -> bool:
    """What the rule of 0.1 would have said: point estimates on a fifth of the verified mails, with a tolerance."""
    ours, theirs = champion.held, report.model.held
    verified = [e for e in report.snapshot.examples if e.origin != "agent" and e.id in ours and e.id in theirs]
    families = group_families(verified)
    fifth = [e for e in verified if fold_of(unit_of(e, families[e.digest]), FORMER_FOLDS) == 0]
    before, after = (
        score(policy, judged_while_held(model, policy, fifth, model.held)) for model in (champion, report.model)
    )
    share = max(FORMER_TOLERANCE, 1 / len(fifth))
    dearer = after.severity_with_rules.cost - before.severity_with_rules.cost
    less = before.with_rules["scope"].accuracy - after.with_rules["scope"].accuracy
    return dearer <= share * one_step_cost(policy) and less <= share + 1e-9


def one_step_cost(policy: Policy) -> float:
    """What it costs on average to be one severity too high or too low."""
    levels = list(Severity)
    steps = [(a, b) for i, a in enumerate(levels) for j, b in enumerate(levels) if abs(i - j) == 1]
    return sum(policy.severity_costs[a][b] for a, b in steps) / len(steps)


def names_it(kind: str | None, found: Sequence[Suspicion], told: Sequence[Example]) -> bool:
    """Whether the list says what is wrong: by its kind, or for shuffled labels by many doubtful mails."""
    if kind is None:
        return False
    if kind == "disagreement":
        return len({mail for one in found if one.kind == kind for mail in one.mails}) >= 0.1 * len(told)
    if kind == "agent":
        return any(one.kind == kind and one.who == MALLORY for one in found)
    return any(one.kind == kind for one in found)


def outcomes(
    policy: Policy, learned: int, labelled: int, pool: Sequence[Example], seed: int, only: str
) -> Iterator[tuple[str, Outcome]]:
    """Each scenario once, on a draw of the shipped mails."""
    rng = random.Random(seed)
    mails = rng.sample(shipped_examples(policy.name), learned + labelled + 120)
    verified, fresh, unseen = mails[:learned], mails[learned : learned + labelled], mails[learned + labelled :]
    champion = challenge(policy, None, verified, profile="lean", pool=pool).model
    champion = replace(champion, version="champion")
    for name, (poison, kind) in SCENARIOS.items():
        if only in name:
            told = poison(policy, fresh, random.Random(f"{seed} {name}"))
            yield name, _outcome(policy, champion, [*verified, *told], told, pool, unseen, kind)


def _outcome(
    policy: Policy,
    champion: Model,
    every: Sequence[Example],
    told: Sequence[Example],
    pool: Sequence[Example],
    unseen: Sequence[Example],
    kind: str | None,
) -> Outcome:
    report = challenge(policy, champion, every, profile="lean", pool=pool)
    listed = names_it(kind, suspicious(policy, every, champion), told)
    before, after = evaluate(champion, policy, unseen), evaluate(report.model, policy, unseen)
    return Outcome(
        report.promoted,
        former_rule(policy, champion, report),
        listed,
        after.severity_with_rules.cost - before.severity_with_rules.cost,
        after.with_rules["scope"].accuracy - before.with_rules["scope"].accuracy,
        tuple(f"{check.name} ({check.part})" for check in report.checks if not check.passed),
    )


def line(name: str, found: Sequence[Outcome]) -> str:
    """How a scenario went over all draws."""
    count = len(found)
    caught = sum(not one.promoted or one.listed for one in found)
    cost, scope = (sum(values) / count for values in ([one.cost for one in found], [one.scope for one in found]))
    failed = Counter(check for one in found for check in one.failed)
    told = ", ".join(f"{check} {times}" for check, times in failed.most_common(4))
    return (
        f"{name:30}{sum(not one.promoted for one in found):5}/{count}{sum(not one.former for one in found):9}/{count}"
        f"{sum(one.listed for one in found):8}/{count}{caught:8}/{count}{cost:+10.3f}{scope:+8.1%}  {told}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--policy", choices=sorted(shipped()), default="penelope")
    parser.add_argument("--learned", type=int, default=200, help="verified mails that the champion learned from")
    parser.add_argument("--labelled", type=int, default=100, help="mails that agents labelled since")
    parser.add_argument("--pool", type=int, default=0, help="mails of other policies to learn from as well")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="", help="the scenarios whose name contains this")
    options = parser.parse_args()
    policy, began = load_shipped(options.policy), time.process_time()
    pool = pool_beside(options.policy, shipped())[: options.pool]
    found: dict[str, list[Outcome]] = {}
    for seed in range(options.seeds):
        for name, outcome in outcomes(policy, options.learned, options.labelled, pool, seed, options.only):
            found.setdefault(name, []).append(outcome)
            print(f"{seed}: {name}: {'promoted' if outcome.promoted else 'refused'}", file=sys.stderr, flush=True)
    print(f"{options.policy}: {options.learned} verified mails, then {options.labelled} labelled by agents")
    print(f"{'':30}{'refused':>7}{'former rule':>11}{'listed':>10}{'either':>10}{'cost':>10}{'scope':>8}  failed")
    for name, each in found.items():
        print(line(name, each), flush=True)
    print(f"{time.process_time() - began:.0f} s of CPU")


if __name__ == "__main__":
    main()
