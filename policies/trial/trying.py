"""A policy's examples tried: what came out of each, and how it differs from what must."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from policies.policy import Policy
from policies.rule import FiredRule, Observation, Outcome
from policies.terms import Terms
from policies.trial.examples import Example

Find = Callable[[str, str], Mapping[str, tuple[str, ...]]]
"""The signals in a subject and a body, each with the words that were found."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs, and how: "due", "2026-03-06 17:00", "none"."""

    what: str
    expected: str
    came: str


@dataclass(frozen=True, slots=True)
class Tried:
    """One example, what was observed in it, what came of it, and what differs; without differences it passed.

    ``labels`` are those in force in the end. ``clauses`` are all that are cited, in full, with the one that the row of
    the severity table spells out where that row decided.
    """

    example: Example
    seen: Observation
    signals: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, str]
    outcome: Outcome
    terms: Terms
    clauses: frozenset[str]
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        return not self.differences

    def why(self) -> list[str]:
        """Which rules fired and for what, what the topic gave, and what was not known: a sentence each."""
        found = [f"the mail says {name}: {', '.join(map(repr, words))}" for name, words in self.signals.items()]
        rules = [_reason(fired) for fired in self.outcome.fired]
        topic = ["the scope is that of the topic"] if self.outcome.decided_by.get("scope") == "topic" else []
        missing = [f"not known: {', '.join(self.outcome.missing_facts)}"] if self.outcome.missing_facts else []
        return [*found, *(rules or ["no rule fired"]), *topic, *missing, self.terms.coverage]


def try_examples(policy: Policy, examples: Sequence[Example], find: Find) -> list[Tried]:
    """Each example decided as a mail whose topic, issue type and impact are known; ``find`` finds its signals."""
    return [_tried(policy, example, find(example.subject, example.body)) for example in examples]


def _tried(policy: Policy, example: Example, signals: Mapping[str, tuple[str, ...]]) -> Tried:
    by_table = policy.severity_from_impact(example.impact)[0]
    seen = Observation(
        topic=example.topic,
        issue_type=example.issue_type,
        severity=example.severity or by_table,
        scope=None,
        impact=example.impact,
        signals=frozenset(signals),
        facts=example.facts,
    )
    outcome = policy.decide(seen)
    observed = {"topic": example.topic, "issue_type": str(example.issue_type), "severity": str(seen.severity)}
    labels = {**observed, **outcome.values}
    terms = policy.terms(
        labels,
        outcome.clauses,
        example.facts,
        example.facts.received_at,
        impact=example.impact,
        signals=frozenset(signals),
    )
    row = next(row for row in policy.file.severity if row.fits(example.impact))
    of_row = {f"{policy.name}/{row.clause}"} if row.clause and labels["severity"] == str(row.level) else set()
    differences = tuple(_differences(policy, example, labels, outcome, terms))
    return Tried(example, seen, signals, labels, outcome, terms, frozenset(terms.clauses) | of_row, differences)


def _differences(
    policy: Policy, example: Example, labels: Mapping[str, str], outcome: Outcome, terms: Terms
) -> Iterator[Difference]:
    expect = example.expect
    for label, value in (("severity", expect.severity), ("issue_type", expect.issue_type)):
        if value is not None and labels[label] != str(value):
            yield Difference(label, str(value), labels[label])
    if labels.get("scope", "text") != str(expect.scope):
        yield Difference("scope", str(expect.scope), labels.get("scope", "text"))
    cited = sorted(name.partition("/")[2] for name in terms.clauses)
    if expect.clauses is not None and sorted(set(expect.clauses)) != cited:
        yield Difference("clauses", _list(sorted(set(expect.clauses))), _list(cited))
    if not set(expect.clauses_at_least or ()) <= set(cited):
        yield Difference("clauses_at_least", _list(expect.clauses_at_least or ()), _list(cited))
    charge = terms.charge or "none"
    if (expect.charge == "none") != (charge == "none") or expect.charge.lower() not in charge.lower():
        yield Difference("charge", expect.charge, charge)
    yield from _due(expect.due, terms, ZoneInfo(policy.file.time_zone))
    if expect.procedure is not None and expect.procedure != (terms.procedure or "none"):
        yield Difference("procedure", expect.procedure, terms.procedure or "none")
    asked = [question.id for question in terms.questions]
    for what, wanted, came in (("questions", expect.questions, asked), ("quotas", expect.quotas, terms.quotas)):
        if wanted is not None and sorted(wanted) != sorted(came):
            yield Difference(what, _list(sorted(wanted)), _list(sorted(came)))
    fired = [each.rule.id for each in outcome.fired]
    yield from _parts("notes", expect.notes, terms.notes)
    yield from _parts("asks", expect.asks, outcome.ask)
    unexpected = [
        sentence for sentence in outcome.ask if not any(part.lower() in sentence.lower() for part in expect.asks)
    ]
    if unexpected:
        yield Difference("asks", "nothing else", _list(unexpected))
    for what, names, there in (("rules", expect.rules, fired), ("missing", expect.missing, outcome.missing_facts)):
        if not set(names) <= set(there):
            yield Difference(what, _list(names), _list(there))


def _due(wanted: datetime | str, terms: Terms, zone: ZoneInfo) -> Iterator[Difference]:
    """A due time without an offset is one of the policy's own zone."""
    due = terms.response_target.due if terms.response_target else None
    if isinstance(wanted, datetime) and due is not None:
        came = due if wanted.tzinfo else due.astimezone(zone).replace(tzinfo=None)
        if came == wanted:
            return
    elif wanted == "none" and due is None:
        return
    yield Difference("due", str(wanted), str(due.astimezone(zone)) if due else "none")


def _parts(what: str, wanted: Sequence[str], sentences: Sequence[str]) -> Iterator[Difference]:
    """Every one of ``wanted`` must stand in one of the sentences."""
    missing = [part for part in wanted if not any(part.lower() in sentence.lower() for sentence in sentences)]
    if missing:
        yield Difference(what, _list(missing), _list(sentences))


def _reason(fired: FiredRule) -> str:
    return f"rule {fired.rule.id}: {'; '.join(fired.because) or 'always'}"


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
