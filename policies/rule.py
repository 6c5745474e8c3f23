"""Rule overrides: closed conditions on the observation of one mail, and their effects."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from policies.facts import Facts
from policies.labels import IssueType, Scope, Severity


@dataclass(frozen=True, slots=True)
class Observation:
    """What rules look at: the labels so far, the impact read, the signals found, and the facts.

    ``signals`` are the names of the policy's signals that were found affirmed (not negated, past, planned or quoted).
    """

    topic: str | None
    issue_type: IssueType | None
    severity: Severity | None
    scope: Scope | None
    impact: Mapping[str, str]
    signals: Collection[str]
    facts: Facts


@dataclass(frozen=True, slots=True)
class Effect:
    """What a rule does: sets a label, raises or lowers the severity, or asks for a person (``reason`` says why)."""

    kind: Literal["set", "raise_to", "lower_to", "ask"]
    label: str | None = None
    value: str | None = None
    reason: str | None = None

    @property
    def moves(self) -> tuple[Severity, ...]:
        """The severities that a raise or a lowering changes; none for what does neither."""
        if self.kind not in ("raise_to", "lower_to"):
            return ()
        levels = list(Severity)
        at = levels.index(Severity(self.value or ""))
        return tuple(levels[at + 1 :] if self.kind == "raise_to" else levels[:at])


@dataclass(frozen=True, slots=True)
class Rule:
    """An override: when all ``conditions`` hold, its effects apply and its clauses are cited.

    ``conditions`` is the closed set of the file, already checked. Rules apply in the order of the file; of two that
    set the same label the earlier wins, and ``over`` names later ones that this rule is meant to win over. After a
    ``final`` rule that fired no later one is looked at.
    """

    id: str
    title: str
    clauses: tuple[str, ...]
    conditions: Mapping[str, Any]
    effects: tuple[Effect, ...]
    final: bool = False
    over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FiredRule:
    """A rule whose conditions held, and which topic, facts and signals made them hold (sentences for the page)."""

    rule: Rule
    because: tuple[str, ...]
    signals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the rules and the topic's clause family make of an observation.

    ``values`` maps a label to the value that rules (or the topic's default, for ``scope``) decide; labels that no rule
    touches are absent. ``decided_by`` names for each of them the rule id, or ``topic`` for the topic's own default.
    ``missing_facts`` are the customer facts, unknown here, that a rule about this topic would have needed.
    ``withheld`` are the rules that would have given something to the customer whom the sender is not proven to be.
    ``ended_by`` is the id of the final rule after which none was read, if there was one.
    """

    values: Mapping[str, str]
    decided_by: Mapping[str, str]
    clauses: tuple[str, ...]
    fired: tuple[FiredRule, ...]
    ask: tuple[str, ...]
    missing_facts: tuple[str, ...]
    withheld: tuple[Rule, ...] = ()
    ended_by: str | None = None
