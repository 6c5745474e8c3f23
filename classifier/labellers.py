"""Whose labels, or which value's, disagree with the model far more than the others' do.

Hard mails are no sign: each group is expected to disagree as often as the model itself doubts its mails, and of all
disagreements a group may have the share that its doubts are of all doubts. Whether it has more is a one-sided binomial
test, its level divided among the groups (Bonferroni). Where the model is as often at odds with labels that no agent
gave, the fault is its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from classifier.given import given
from classifier.second_opinion import Opinion
from classifier.suspicion import Kind, Suspicion, plain

LEVEL = 0.01
LEAST_MAILS = 8
"""Fewer show nothing."""
LEAST_TIMES = 1.5
"""How many times as often as the others', measured by the doubts."""

Groups = Mapping[Hashable, Sequence[Opinion]]


def agents(opinions: Sequence[Opinion]) -> list[Suspicion]:
    """The agents among those who gave the labels of ``opinions`` (all of one label), whose labels stand out."""
    by_agent = _grouped(opinions, _agent)
    # Of one agent alone the labels that came with the mails are all there is to compare with.
    others = [opinion for opinion in opinions if _agent(opinion) is None] if len(by_agent) < 2 else []
    return [_suspicion("agent", odd, who=str(odd.name)) for odd in _outstanding(by_agent, others)]


def classes(opinions: Sequence[Opinion]) -> list[Suspicion]:
    """The pairs of values between which agents' labels and the model stand apart far more often than elsewhere."""
    of_agents, others = _apart(opinions)
    found: dict[tuple[str, str], Suspicion] = {}
    for by in (lambda o: o.given, lambda o: o.said):
        usual = {name: _rate(group) for name, group in _grouped(others, by).items()}
        for odd in _outstanding(_grouped(of_agents, by), [], usual):
            one = _suspicion("class", odd)
            found.setdefault((one.given or "", one.suggested or ""), one)
    return list(found.values())


def _apart(opinions: Sequence[Opinion]) -> tuple[list[Opinion], list[Opinion]]:
    """Those on labels that agents gave, and the others."""
    sides: tuple[list[Opinion], list[Opinion]] = [], []
    for opinion in opinions:
        sides[opinion.example.origin != "agent"].append(opinion)
    return sides


def _rate(group: Sequence[Opinion]) -> float:
    """How often the model disagrees; with one mail more on which it does, so that a few show no perfection."""
    return (sum(not o.agrees for o in group) + 1) / (len(group) + 1)


def _agent(opinion: Opinion) -> str | None:
    told = given(opinion.example).get(opinion.label)
    return told.agent if told else None


def _grouped(opinions: Sequence[Opinion], by: Callable[[Opinion], Hashable | None]) -> Groups:
    groups: dict[Hashable, list[Opinion]] = {}
    for opinion in opinions:
        if (name := by(opinion)) is not None:
            groups.setdefault(name, []).append(opinion)
    return groups


@dataclass(frozen=True, slots=True)
class _Odd:
    """A group that stands out: its opinions, its share of disagreement and that of all others."""

    name: Hashable
    group: Sequence[Opinion]
    share: float
    rest: float


def _outstanding(
    groups: Groups, others: Sequence[Opinion], usual: Mapping[Hashable, float] = MappingProxyType({})
) -> list[_Odd]:
    """The groups that stand out among all and ``others``; ``usual`` is what share is no wonder in a group."""
    from scipy.stats import binom  # see classifier.head

    everyone = [*others, *(opinion for group in groups.values() for opinion in group)]
    apart = sum(not o.agrees for o in everyone)
    judged = {name: group for name, group in groups.items() if len(group) >= LEAST_MAILS}
    found = []
    for name, group in judged.items():
        own, rest = sum(not o.agrees for o in group), len(everyone) - len(group)
        if rest < LEAST_MAILS:
            continue
        doubt = max(sum(o.doubt for o in group), usual.get(name, 0.0) * len(group))
        doubts = doubt + sum(o.doubt for o in everyone) - sum(o.doubt for o in group)
        # One more on the other side: a group is not damned because the others never erred.
        times = (own / doubt) / ((apart - own + 1) / (doubts - doubt))
        chance = float(binom.sf(own - 1, apart, doubt / doubts))
        if times >= LEAST_TIMES and chance < LEVEL / len(judged):
            found.append(_Odd(name, group, own / len(group), (apart - own) / rest))
    return found


def _suspicion(kind: Kind, odd: _Odd, who: str | None = None) -> Suspicion:
    wrong = [opinion for opinion in odd.group if not opinion.agrees]
    label = wrong[0].label
    (given_as, said), times = Counter((o.given, o.said) for o in wrong).most_common(1)[0]
    subject = f"{who} gave one to {len(odd.group)} mails" if who else f"{len(odd.group)} mails are about {odd.name}"
    reason = (
        f"{plain(label).capitalize()}: {subject}; the model, which had not seen them, says otherwise of {len(wrong)} "
        f"({odd.share:.0%}; of the other mails {odd.rest:.0%}), {times} times {said} where {given_as} was given."
    )
    always = who is None or times == len(wrong)
    mails = tuple(opinion.example.id for opinion in wrong)
    strength = odd.share - odd.rest
    return Suspicion(kind, label, mails, given_as if always else None, said if always else None, who, strength, reason)
