"""One support policy, as its TOML file says it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from policies.decision import could_fire, decide
from policies.facts import Facts
from policies.labels import Scope, Severity
from policies.rule import Observation, Outcome, Rule
from policies.severity_table import decide_severity
from policies.terms import Terms
from policies.working_out import work_out_terms


@dataclass(frozen=True, slots=True)
class Clause:
    """A numbered clause of the agreement: the sentence people are shown, and the scope it decides, if any."""

    id: str
    sentence: str
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """A clause family a request can be about, with the scope and clauses that hold when no rule says otherwise."""

    name: str
    title: str
    scope: Scope | None
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signal:
    """A named set of phrases by language code, found in the new text unless it stands there as ``unless`` names.

    ``unless`` holds which of negated, past, planned, hypothetical and quoted rule a finding out: a signal that is
    itself about the past ("you reset it last year") is not refused for being past. ``*`` in a phrase stands for
    a few words of the clause: ``production * down``.
    """

    name: str
    phrases: Mapping[str, tuple[str, ...]]
    unless: tuple[str, ...] = ("negated", "past", "planned", "hypothetical", "quoted")


@dataclass(frozen=True, slots=True)
class Policy:
    """A support policy: labels, clauses, facts, rules and promises. Built by :func:`policies.loader.load`."""

    name: str
    title: str
    version: str
    effective: date
    languages: tuple[str, ...]
    topics: Mapping[str, Topic]
    clauses: Mapping[str, Clause]
    fact_values: Mapping[str, tuple[str, ...] | None]
    """Each customer fact's legal values; None where it is free (a version, a date, a number)."""
    signals: Mapping[str, Signal]
    rules: tuple[Rule, ...]
    severity_costs: Mapping[Severity, Mapping[Severity, float]]
    """``severity_costs[true][decided]``: what deciding so costs; 0 on the diagonal."""
    target_precision: Mapping[str, float]
    """For each label, the precision that must hold before mailtriage decides it alone."""
    target_coverage: Mapping[str, float]
    """For labels of which a share is to be decided alone, whatever precision follows: that share."""
    source: bytes
    """The file the policy was read from, byte for byte."""
    digest: str
    """SHA-256 (hex) of the file the policy was read from."""
    file: Any
    """The whole checked file (pydantic), for the parts that only this room reads: calendars, targets, prices, ..."""

    def severity_from_impact(self, impact: Mapping[str, str]) -> tuple[Severity, str]:
        """The severity that the policy's table gives for the impact facts, and the row that gave it (for the page)."""
        return decide_severity(self.file.severity, impact, self.name)

    def decide(self, observation: Observation) -> Outcome:
        """What the rules and the topic's clause family make of ``observation``. Unknown facts never deny."""
        return decide(self, observation)

    def could_fire(self, facts: Facts, signals: Collection[str]) -> frozenset[str]:
        """The ids of the rules that would fire for some topic, of a mail of which only facts and signals are known.

        What a model looks at beside the text: whether the sender is proven is no part of it.
        """
        return could_fire(self, facts, signals)

    def terms(
        self,
        labels: Mapping[str, str],
        clauses: tuple[str, ...],
        facts: Facts,
        received_at: datetime,
        *,
        impact: Mapping[str, str] | None = None,
        signals: Collection[str] = (),
    ) -> Terms:
        """Coverage, charge and response target of a decided request, and what to ask its sender.

        ``labels`` maps severity, scope, issue_type and topic to their decided values; ``impact`` and ``signals`` are
        what was read and found in the mail. Without ``impact`` nothing is said to be left out of it.
        """
        return work_out_terms(self, labels, clauses, facts, received_at, impact=impact, signals=signals)
