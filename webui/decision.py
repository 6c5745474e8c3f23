"""The four labels of a ticket as the decision panel shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from classifier.verdict import Source
from policies.labels import LABELS, IssueType, Scope, Severity
from policies.policy import Policy
from tickets.rows import Ticket
from webui.words import LABEL_TITLES, VALUE_TITLES, percent, plain

KEYS: Mapping[str, str] = {
    Severity.SEV1: "1",
    Severity.SEV2: "2",
    Severity.SEV3: "3",
    Severity.SEV4: "4",
    Scope.INCLUDED: "i",
    Scope.OUTSIDE: "o",
    Scope.PROFESSIONAL_SERVICES: "p",
    IssueType.BUG: "b",
    IssueType.CONFIGURATION_ERROR: "c",
    IssueType.ADVICE: "a",
    IssueType.CONFIGURATION_REQUEST: "r",
    IssueType.FEATURE_REQUEST: "f",
}
"""The key that gives a label its value; topics are chosen from a list (``t``)."""

FIXED_VALUES: Mapping[str, tuple[str, ...]] = {
    "severity": tuple(Severity),
    "scope": tuple(Scope),
    "issue_type": tuple(IssueType),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One value a label can have; ``short`` is its title where room is scarce.

    ``share`` is its calibrated probability, None when the model does not know it.
    """

    value: str
    title: str
    short: str
    key: str | None
    share: float | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class LabelView:
    """One label: its value in force, who gave it (model, rule or agent), and a sentence on how sure it is."""

    label: str
    title: str
    value: str
    value_title: str
    source: Source
    sentence: str
    choices: tuple[Choice, ...]


def label_views(ticket: Ticket, policy: Policy | None) -> list[LabelView]:
    """The labels in the order in which they are shown; without a policy no topic but the ticket's own is offered."""
    return [_view(ticket, policy, label) for label in LABELS]


def title_of(label: str, value: str, policy: Policy | None) -> str:
    """A label's value as people read it."""
    if label == "topic" and policy is not None and value in policy.topics:
        return policy.topics[value].title
    return value if label == "severity" else plain(value)


def _view(ticket: Ticket, policy: Policy | None, label: str) -> LabelView:
    decision = ticket.verdict.labels[label]
    value: str = getattr(ticket, label)
    shares = {decision.model_value: decision.probability, **dict(decision.alternatives)}
    values = FIXED_VALUES.get(label) or (tuple(policy.topics) if policy else (value,))
    return LabelView(
        label=label,
        title=LABEL_TITLES[label],
        value=value,
        value_title=title_of(label, value, policy),
        source=_source(ticket, label),
        sentence=" ".join(_sentences(ticket, policy, label)),
        choices=tuple(
            Choice(
                value=v,
                title=f"{v} {VALUE_TITLES[v]}" if v in VALUE_TITLES else title_of(label, v, policy),
                short=title_of(label, v, policy),
                key=KEYS.get(v),
                share=shares.get(v),
                chosen=v == value,
            )
            for v in values
        ),
    )


def _source(ticket: Ticket, label: str) -> Source:
    if label in ticket.corrected:
        return "agent"
    decision = ticket.verdict.labels[label]
    return "rule" if _follows(ticket, label) else decision.source


def _follows(ticket: Ticket, label: str) -> bool:
    """Whether the policy changed the label because of what an agent said of another."""
    return label not in ticket.corrected and getattr(ticket, label) != ticket.verdict.labels[label].value


def _sentences(ticket: Ticket, policy: Policy | None, label: str) -> Iterator[str]:
    decision = ticket.verdict.labels[label]
    if label in ticket.corrected:
        was = title_of(label, decision.value, policy)
        yield "Confirmed by an agent." if decision.value == ticket.corrected[label] else f"Set by an agent; was {was}."
    elif _follows(ticket, label):
        yield "Follows from what an agent corrected."
    elif decision.source == "rule":
        yield "Set by a rule."
    elif decision.acted_alone:
        yield "Sure enough to decide alone."
    yield f"Model: {title_of(label, decision.model_value, policy)}, {percent(decision.probability)}."
    second = next(((v, p) for v, p in decision.alternatives if v != decision.model_value), None)
    if second is not None:
        yield f"Runner-up: {title_of(label, second[0], policy)}, {percent(second[1])}."
