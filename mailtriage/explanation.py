"""Why a recorded ticket was decided as it was, told from what was stored with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from classifier.promise import NOVEL
from classifier.signals import finder
from errors import MailtriageError
from mailtriage.office import Office
from policies.clock.counting import counting_told
from policies.clock.pause import Pause
from policies.conditions import hold
from policies.explaining.telling import Told, lines_told, rules_told
from policies.labels import LABELS, IssueType, Severity
from policies.policy import Policy
from policies.rule import Observation, Outcome
from policies.work.commitments import observed, procedure_named
from tickets.rows import Ticket

Words = Mapping[str, Sequence[str]]


class NotExplained(MailtriageError):
    """There is no such ticket."""


@dataclass(frozen=True, slots=True)
class LabelTold:
    """A label in force: its value, who gave it (model, rule, topic or agent), and the sentence."""

    label: str
    value: str
    source: str
    says: str


@dataclass(frozen=True, slots=True)
class ClauseTold:
    """A clause cited: its sentence, and what cites it."""

    id: str
    sentence: str
    cited_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """All of it: what decided, the labels, the severity table, rules, clauses, the target and how it was counted.

    ``remarks`` say what differs from the moment of the decision: an agent's word, a policy that is gone.
    """

    ticket: int
    subject: str
    policy: str
    policy_version: str
    model: str
    program: str
    received_at: datetime
    customer: str | None
    sender_proven: bool | None
    remarks: tuple[str, ...]
    labels: tuple[LabelTold, ...]
    severity_row: str
    rules: tuple[Told, ...]
    clauses: tuple[ClauseTold, ...]
    targets: tuple[Told, ...]
    due: tuple[str, ...]
    charges: tuple[Told, ...]
    charge: str | None
    questions: tuple[str, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The explanation as a JSON object."""
        return {**asdict(self), "received_at": self.received_at.isoformat()}


def explain(number: int, office: Office) -> Explanation:
    """Ticket ``number`` explained under the policy that decided it; raises :class:`NotExplained`."""
    ticket = office.store.ticket(number)
    if ticket is None:
        raise NotExplained(f"There is no ticket {number}.")
    policy = office.policy_of(ticket)
    return explained(ticket, policy, _words(ticket, policy, office), office.store.pauses(number))


def explained(ticket: Ticket, policy: Policy, words: Words, pauses: Sequence[Pause]) -> Explanation:
    """A ticket explained; ``words`` are those of its mail by the signal of the policy that they matched."""
    verdict, file = ticket.verdict, policy.file
    seen, decided = _seen_by_rules(ticket, words), _seen_by_lines(ticket, words)
    targets = lines_told(file, file.response_targets, decided, entitles=True)
    return Explanation(
        ticket=ticket.number,
        subject=ticket.subject,
        policy=policy.name,
        policy_version=verdict.versions.policy,
        model=verdict.versions.model,
        program=verdict.versions.program,
        received_at=ticket.facts.received_at,
        customer=ticket.customer_name,
        sender_proven=ticket.facts.sender_proven,
        remarks=tuple(_remarks(ticket, policy)),
        labels=tuple(_labels(ticket, policy.decide(seen))),
        severity_row=_severity_row(ticket, policy),
        rules=tuple(rules_told(policy, seen, words)),
        clauses=tuple(_clauses(ticket, policy, seen, decided, targets)),
        targets=tuple(targets),
        due=tuple(_due(ticket, policy, targets, pauses)),
        charges=tuple(_charges(policy, decided)),
        charge=ticket.terms.charge,
        questions=tuple(question.text(ticket.facts.language) for question in ticket.terms.questions),
        notes=ticket.terms.notes,
    )


def _words(ticket: Ticket, policy: Policy, office: Office) -> Words:
    """The signals with the words that matched; found again where the verdict was given before they were kept."""
    if ticket.verdict.reading is not None:
        return ticket.verdict.reading.signals
    opening = next(iter(office.store.messages_of(ticket.number)), None)
    return {} if opening is None else finder(policy).find(opening.subject, opening.new_text or opening.text)


def _agents_word(ticket: Ticket) -> dict[str, str]:
    """The labels that an agent gave another value than the verdict."""
    given = ticket.corrected.items()
    return {label: value for label, value in given if value != ticket.verdict.labels[label].value}


def _seen_by_rules(ticket: Ticket, words: Words) -> Observation:
    """What the rules saw: what the model read, or where an agent changed a label, the labels in force."""
    read = {label: ticket.verdict.labels[label].model_value for label in LABELS}
    if _agents_word(ticket):
        return _seen_by_lines(ticket, words)
    return Observation(
        topic=read["topic"],
        issue_type=IssueType(read["issue_type"]),
        severity=Severity(read["severity"]),
        scope=None,
        impact=_impact(ticket),
        signals=frozenset(words),
        facts=ticket.facts,
    )


def _seen_by_lines(ticket: Ticket, words: Words) -> Observation:
    """What the tables of targets, charges and notices see: the labels in force."""
    labels = {label: getattr(ticket, label) for label in LABELS}
    seen = observed(labels, ticket.facts)
    return Observation(
        seen.topic, seen.issue_type, seen.severity, seen.scope, _impact(ticket), frozenset(words), seen.facts
    )


def _impact(ticket: Ticket) -> dict[str, str]:
    return {fact: reading.value for fact, reading in ticket.verdict.impact.items()}


def _remarks(ticket: Ticket, policy: Policy) -> Iterator[str]:
    version = ticket.verdict.versions.policy
    if policy.version != version:
        yield (
            f"Version {version} of the policy, which decided the ticket, is not recorded; "
            f"it is explained under {policy.version}."
        )
    changed = _agents_word(ticket)
    if changed:
        told = ", ".join(f"{label.replace('_', ' ')} {value}" for label, value in changed.items())
        yield f"An agent changed it ({told}); rules and tables are told for the labels in force."


def _labels(ticket: Ticket, outcome: Outcome) -> Iterator[LabelTold]:
    for label in LABELS:
        value, decision = getattr(ticket, label), ticket.verdict.labels[label]
        model = f"the model said {decision.model_value} ({decision.probability:.0%})"
        if label in ticket.corrected:
            same = ticket.corrected[label] == decision.value
            says = f"{'confirmed' if same else 'changed'} by an agent; {model}"
            yield LabelTold(label, value, "agent", says)
        elif outcome.values.get(label) == value:
            by = outcome.decided_by[label]
            source = "topic" if by == "topic" else "rule"
            says = f"as the topic has it; {model}" if by == "topic" else f"by the rule {by!r}; {model}"
            yield LabelTold(label, value, source, says)
        else:
            alone = "sure enough to decide alone" if decision.acted_alone else "not sure enough to decide alone"
            says = f"not decided alone, for the mail is {NOVEL}" if ticket.verdict.novel else alone
            yield LabelTold(label, value, "model", f"{model}, {says}")


def _severity_row(ticket: Ticket, policy: Policy) -> str:
    """The row of the severity table for what was read, beside what the model thought directly."""
    level, row = policy.severity_from_impact(_impact(ticket))
    read = ", ".join(f"{fact} {reading.value}" for fact, reading in ticket.verdict.impact.items())
    return f"{level}: {row}. Read from the mail: {read}. The model, asked directly: {ticket.verdict.severity_by_head}."


def _clauses(
    ticket: Ticket, policy: Policy, seen: Observation, decided: Observation, targets: Sequence[Told]
) -> Iterator[ClauseTold]:
    citing = list(_citing(ticket, policy, seen, decided, targets))
    for name, sentence in ticket.terms.clauses.items():
        by = tuple(source for source, cited in citing if name.removeprefix(f"{policy.name}/") in cited)
        yield ClauseTold(name, sentence, by or ("what was known when it was decided",))


def _citing(
    ticket: Ticket, policy: Policy, seen: Observation, decided: Observation, targets: Sequence[Told]
) -> Iterator[tuple[str, Sequence[str]]]:
    """What applies to the ticket and cites clauses, each with those."""
    file = policy.file
    applied = {told.id for told in rules_told(policy, seen, {}) if told.state == "applied"}
    yield from ((f"the rule {rule.id!r}", rule.clauses) for rule in file.rules if rule.id in applied)
    yield from ((f"the topic {topic.name!r}", topic.clauses) for topic in file.topics if topic.name == ticket.topic)
    fitting = {told.id for told in targets if told.state == "applied"}
    yield from ((f"the response target {p.id!r}", p.clauses) for p in file.response_targets if p.id in fitting)
    charged = {told.id for told in _charges(policy, decided) if told.state == "applied"}
    yield from ((f"the charge {entry.id!r}", entry.clauses) for entry in file.charges if entry.id in charged)
    for notice in file.notices:
        if hold(notice.when.plain(), decided, file).state:
            yield f"the notice {notice.id!r}", notice.clauses
    yield from ((f"the quota {quota.id!r}", quota.clauses) for quota in file.quotas if quota.id in ticket.terms.quotas)
    procedure = procedure_named(policy, ticket.terms.procedure)
    if procedure is not None:
        yield f"the procedure {procedure.id!r}", procedure.clauses


def _charges(policy: Policy, decided: Observation) -> list[Told]:
    """The charges; of an unproven sender one that rests on the record counts where none rests on the mail alone."""
    charges = policy.file.charges
    told = lines_told(policy.file, charges, decided, entitles=True)
    if any(line.state == "applied" for line in told):
        return told
    return lines_told(policy.file, charges, decided, entitles=False)


def _due(ticket: Ticket, policy: Policy, targets: Sequence[Told], pauses: Sequence[Pause]) -> Iterator[str]:
    promised = ticket.terms.response_target
    fitting = {told.id for told in targets if told.state == "applied"}
    line = next((entry for entry in policy.file.response_targets if entry.id in fitting), None)
    if promised is None or line is None:
        yield "no response target" if promised is None else f"{promised.within}, due {promised.due.isoformat()}"
        return
    calendar = policy.file.calendars[line.calendar]
    yield f"promised to {line.title} for {ticket.severity}: {promised.within}"
    yield from counting_told(calendar, line.within[ticket.severity], ticket.facts.received_at, pauses)
    if ticket.answered_at is not None:
        yield f"answered {ticket.answered_at.isoformat()} by {ticket.answered_by or 'somebody'}"
