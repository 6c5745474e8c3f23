"""Every rule, and every line of a table, told for one request: whether it applied, and why or why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from policies import identity
from policies.conditions import Held, hold
from policies.explaining.reasons import why_not
from policies.explaining.sentences import effects_told, listed
from policies.file import PolicyFile
from policies.policy import Policy
from policies.rule import Observation

State = Literal["applied", "did_not_apply", "not_known", "withheld", "not_read"]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one rule or line: its id and title, its state, and the sentence that says why.

    ``withheld`` would have given something to a customer whom the sender is not proven to be; ``not_read`` stands
    after a final rule, or after the line that counted. ``words`` are those of the mail that its signals matched.
    """

    id: str
    title: str
    state: State
    says: str
    words: tuple[str, ...] = ()


def rules_told(policy: Policy, seen: Observation, words: Mapping[str, Sequence[str]]) -> list[Told]:
    """What became of every rule, in order; ``words`` are those of the mail by the signal that they matched."""
    outcome = policy.decide(seen)
    fired = {hit.rule.id: hit for hit in outcome.fired}
    withheld = {rule.id for rule in outcome.withheld}
    ended: str | None = None
    told: list[Told] = []
    for rule in policy.rules:
        if ended is not None:
            says = f"not read, because the final rule {ended!r} applied"
            told.append(Told(rule.id, rule.title, "not_read", says))
        elif rule.id in fired:
            hit = fired[rule.id]
            says = f"applied, because {_because(hit.because)}; it {listed(effects_told(rule), 'and')}"
            matched = tuple(dict.fromkeys(text for name in hit.signals for text in words.get(name, ())))
            told.append(Told(rule.id, rule.title, "applied", says, matched))
            ended = rule.id if rule.id == outcome.ended_by else None
        else:
            held = hold(rule.conditions, seen, policy.file)
            told.append(_untaken(policy.file, (rule.id, rule.title), rule.conditions, seen, held, rule.id in withheld))
    return told


def lines_told(file: PolicyFile, lines: Sequence[Any], seen: Observation, *, entitles: bool) -> list[Told]:
    """What became of every line of a table of which the first that fits counts.

    Where it ``entitles``, what rests on who the customer is does not count for a sender who is not proven.
    """
    believed = not entitles or identity.counts(file, seen.facts)
    told: list[Told] = []
    taken: str | None = None
    for line in lines:
        title = getattr(line, "title", None) or getattr(line, "reason", line.id)
        conditions = line.when.plain() if line.when else {}
        held = hold(conditions, seen, file)
        withheld = bool(held.state) and not believed and identity.rests_on_identity(conditions, seen, file)
        if taken is not None:
            told.append(Told(line.id, title, "not_read", f"not looked at, because {taken!r} fits before it"))
        elif held.state and not withheld:
            told.append(Told(line.id, title, "applied", f"fits, because {_because(held.because)}"))
            taken = line.id
        else:
            told.append(_untaken(file, (line.id, title), conditions, seen, held, withheld))
    return told


def _untaken(
    file: PolicyFile,
    named: tuple[str, str],
    conditions: Mapping[str, Any],
    seen: Observation,
    held: Held,
    withheld: bool,
) -> Told:
    if withheld:
        says = (
            f"its conditions hold ({_because(held.because)}), but they rest on who the customer is, "
            "and the receiving server does not vouch for the sender"
        )
        return Told(*named, "withheld", says)
    if held.state is None:
        return Told(*named, "not_known", f"not known: {listed((file.title_of(n) for n in held.missing), 'and')}")
    return Told(*named, "did_not_apply", f"does not apply: {why_not(conditions, seen, file) or 'it cannot hold'}")


def _because(reasons: Sequence[str]) -> str:
    return ", and ".join(reasons) or "nothing speaks against it"
