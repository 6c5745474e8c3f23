"""What becomes of recorded tickets when another policy decides: counted by rule and label, with how agents had said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from classifier.redeciding import MODEL, TOPIC, Decision
from policies.labels import LABELS
from policies.policy import Policy
from policies.terms import Terms

LONGEST_SENTENCE = 300


@dataclass(slots=True)
class Shift:
    """So many tickets went from one value to another; the first few of them by number.

    Of those on which an agent has spoken: how many agreed with the value before, and how many would with the new one.
    """

    count: int = 0
    tickets: list[int] = field(default_factory=list)
    spoken: int = 0
    agreed_before: int = 0
    would_agree: int = 0

    def note(self, ticket: int, examples: int) -> None:
        self.count += 1
        if len(self.tickets) < examples:
            self.tickets.append(ticket)

    def hear(self, said: str, before: str, after: str) -> None:
        """Counts an agent's word."""
        self.spoken += 1
        self.agreed_before += said == before
        self.would_agree += said == after

    def to_json(self) -> dict[str, Any]:
        return {
            "count": self.count,
            "tickets": self.tickets,
            "agents": {"spoken": self.spoken, "agreed_before": self.agreed_before, "would_agree": self.would_agree},
        }


Shifts = dict[tuple[str, str], Shift]


@dataclass(slots=True)
class RuleTally:
    """How often a rule fired under either policy, and the labels that changed by it."""

    fired_before: int = 0
    fired: int = 0
    shifts: dict[tuple[str, str, str], Shift] = field(default_factory=dict)
    """By label, value before and value after."""


@dataclass(slots=True)
class Comparison:
    """Two ways to decide the same tickets. ``examples`` is how many ticket numbers are told of each change."""

    examples: int
    tickets: int = 0
    changed: int = 0
    """Tickets of which any label, or who must look, is another."""
    rules: dict[str, RuleTally] = field(default_factory=dict)
    """By rule id; ``topic`` and ``model`` for changes that no rule made and none gave up."""
    labels: dict[str, Shifts] = field(default_factory=lambda: {label: {} for label in LABELS})
    coverage: Shifts = field(default_factory=dict)
    charge: Shifts = field(default_factory=dict)
    target: Shifts = field(default_factory=dict)
    looks: Shifts = field(default_factory=dict)
    """Who must look: ``review`` or ``alone``."""

    def note(self, ticket: int, before: Decision, after: Decision, said: Mapping[str, str]) -> None:
        """Counts one ticket; ``said`` maps labels to what agents said of them."""
        self.tickets += 1
        if before is after:
            for rule in after.fired:
                tally = self._rule(rule)
                tally.fired_before += 1
                tally.fired += 1
            return
        for rule in before.fired:
            self._rule(rule).fired_before += 1
        for rule in after.fired:
            self._rule(rule).fired += 1
        differing = [label for label in LABELS if before.values[label] != after.values[label]]
        for label in differing:
            self._shift_label(ticket, label, before, after, said.get(label))
        if before.needs_person != after.needs_person:
            looked = _looks(before), _looks(after)
            self.looks.setdefault(looked, Shift()).note(ticket, self.examples)
        self.changed += bool(differing) or before.needs_person != after.needs_person

    def note_terms(self, ticket: int, before: Terms, after: Terms) -> None:
        """Counts what of a ticket's terms is another."""
        for shifts, pair in (
            (self.coverage, (before.coverage, after.coverage)),
            (self.charge, (before.charge or "none", after.charge or "none")),
            (self.target, _targets(before, after)),
        ):
            if pair[0] != pair[1]:
                key = pair[0][:LONGEST_SENTENCE], pair[1][:LONGEST_SENTENCE]
                shifts.setdefault(key, Shift()).note(ticket, self.examples)

    def _shift_label(self, ticket: int, label: str, before: Decision, after: Decision, said: str | None) -> None:
        values = before.values[label], after.values[label]
        rule = _responsible(before.decided_by[label], after.decided_by[label])
        for shift in (
            self.labels[label].setdefault(values, Shift()),
            self._rule(rule).shifts.setdefault((label, *values), Shift()),
        ):
            shift.note(ticket, self.examples)
            if said is not None:
                shift.hear(said, *values)

    def _rule(self, rule: str) -> RuleTally:
        return self.rules.setdefault(rule, RuleTally())

    def to_json(self, policy: Policy) -> dict[str, Any]:
        """A JSON object; rules in the order of ``policy``, then those that it does not have."""
        order = [rule.id for rule in policy.rules]
        order += [rule for rule in self.rules if rule not in order]
        titles = {rule.id: rule.title for rule in policy.rules}
        return {
            "tickets": self.tickets,
            "changed": self.changed,
            "rules": [
                {
                    "id": rule,
                    "title": titles.get(rule, ""),
                    "fired_before": tally.fired_before,
                    "fired": tally.fired,
                    "changed": [
                        {"label": label, "from": before, "to": after, **shift.to_json()}
                        for (label, before, after), shift in _most_first(tally.shifts)
                    ],
                }
                for rule in order
                if (tally := self.rules.get(rule))
            ],
            "labels": {label: _listed(shifts) for label, shifts in self.labels.items()},
            "coverage": _listed(self.coverage),
            "charge": _listed(self.charge),
            "target": _listed(self.target),
            "looks": _listed(self.looks),
        }


def _responsible(before: str, after: str) -> str:
    """The rule that decides the label now; where none does, the one that did before."""
    return before if after in (MODEL, TOPIC) and before not in (MODEL, TOPIC) else after


def _looks(decision: Decision) -> str:
    return "review" if decision.needs_person else "alone"


def _targets(before: Terms, after: Terms) -> tuple[str, str]:
    """The promises in words, of which there are few; where these are alike, whether the answer is due later or not."""
    one, other = before.response_target, after.response_target
    if one is None or other is None or one.within != other.within:
        return one.within if one else "none", other.within if other else "none"
    if one.due == other.due:
        return one.within, one.within
    return one.within, f"{other.within}, due {'later' if other.due > one.due else 'earlier'}"


def _listed(shifts: Shifts) -> list[dict[str, Any]]:
    return [{"from": before, "to": after, **shift.to_json()} for (before, after), shift in _most_first(shifts)]


def _most_first(shifts: Mapping[Any, Shift]) -> list[tuple[Any, Shift]]:
    return sorted(shifts.items(), key=lambda item: -item[1].count)
