"""A whole policy file, as pydantic checks it; :mod:`policies.references` checks the names that refer to one another."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from policies.clock.hours import Calendar, check_time_zone
from policies.labels import LABELS, Severity
from policies.part import Day, Part, not_allowed
from policies.promises import Charge, Citations, Notice, PriceList, Promise
from policies.releases import Releases
from policies.severity_table import SeverityRow
from policies.values import FactEntry
from policies.when import IssueTypeWord, LanguageCode, ScopeWord, SeverityWord, When
from policies.work.procedure import Procedure
from policies.work.quota import LinkedRequest, Quota

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
GAP = "*"
"""In a phrase of a signal: a few words of the clause, or none."""
Standing = Literal["negated", "past", "planned", "hypothetical", "quoted"]
Source = Literal["M", "C", "H", "K", "R", "T", "J"]
_NOT_FACTS = {"history": "the customer's earlier requests", "language": "the language of the mail"}


class ClauseEntry(Part):
    """A clause: its id within the policy, the sentence people are shown, and what it decides.

    ``scope`` is the scope it decides, ``effect`` whatever else; ``needs`` are the sources it is decided from: M the
    mail, C the customer record, H the history, K the calendar, R reference lists, T the timesheet, J a person.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*\.[a-z0-9-]+$")]
    sentence: Annotated[str, Field(min_length=10)]
    scope: ScopeWord | None = None
    effect: str | None = None
    needs: Annotated[tuple[Source, ...], Field(min_length=1, strict=False)]

    @model_validator(mode="after")
    def _decides_something(self) -> ClauseEntry:
        if self.scope is None and self.effect is None:
            raise ValueError("give scope (included, outside, professional_services), or effect in words")
        return self


class TopicEntry(Part):
    """A topic with the scope and clauses that hold when no rule says otherwise; no scope leaves it to the text."""

    name: Name
    title: str
    scope: ScopeWord | None = None
    clauses: Citations = ()


class SignalEntry(Part):
    """A named set of phrases by language code, in lower case; ``unless`` says which findings do not count."""

    title: str
    unless: Annotated[tuple[Standing, ...], Field(strict=False)] = get_args(Standing)
    phrases: dict[LanguageCode, Annotated[tuple[str, ...], Field(min_length=1, strict=False)]]

    @field_validator("phrases")
    @classmethod
    def _plain_phrases(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for phrases in value.values():
            for phrase in phrases:
                if phrase != " ".join(phrase.lower().split()):
                    raise ValueError(f"{phrase!r} must be in lower case with single spaces")
                if not all(part.strip() for part in phrase.split(GAP)):
                    raise ValueError(f"{phrase!r}: {GAP!r} stands for words between others, not at an end")
            repeated = sorted({phrase for phrase in phrases if phrases.count(phrase) > 1})
            if repeated:
                raise ValueError(f"given twice: {', '.join(map(repr, repeated))}")
        return value


class LabelSettings(Part):
    """Labels that a rule sets."""

    severity: SeverityWord | None = None
    scope: ScopeWord | None = None
    issue_type: IssueTypeWord | None = None
    topic: str | None = None


class RuleEntry(Part):
    """A rule: when the conditions hold, its effects apply and its clauses are cited.

    ``final`` ends the reading of the rules: no later one is looked at. ``over`` names later rules that this one is
    meant to win over where both apply: the order is intended, not an oversight.
    """

    id: Name
    title: str
    when: When
    clauses: Citations = ()
    set: LabelSettings | None = None
    raise_to: SeverityWord | None = None
    lower_to: SeverityWord | None = None
    ask: str | None = None
    final: bool = False
    over: Annotated[tuple[Name, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _does_something(self) -> RuleEntry:
        if not (self.clauses or self.set or self.raise_to or self.lower_to or self.ask):
            raise ValueError("the rule does nothing; give set, raise_to, lower_to, ask or clauses")
        return self


class QuestionEntry(Part):
    """What is asked of a sender who left it out: the question in each language, and when it is missing."""

    id: Name
    asks: dict[LanguageCode, Annotated[str, Field(min_length=5)]]
    when: When

    @field_validator("asks")
    @classmethod
    def _in_english(cls, value: dict[str, str]) -> dict[str, str]:
        if "en" not in value:
            raise ValueError("en is missing: English is what is asked in where a language has no text of its own")
        return value


class PolicyFile(Part):
    """One support policy; see the comments in the files that ship with the program."""

    name: Name
    title: str
    vendor: str
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    effective: Day
    languages: Annotated[tuple[LanguageCode, ...], Field(min_length=1, strict=False)]
    time_zone: str
    sender_proof: Literal["required", "trusted"]
    unknown_facts: Literal["leave_to_text", "ask"] = "leave_to_text"
    target_precision: dict[str, Annotated[float, Field(gt=0, lt=1)]]
    target_coverage: dict[str, Annotated[float, Field(gt=0, le=1, strict=False)]] = Field(default_factory=dict)
    facts: dict[Name, FactEntry]
    clauses: Annotated[tuple[ClauseEntry, ...], Field(min_length=1, strict=False)]
    topics: Annotated[tuple[TopicEntry, ...], Field(min_length=1, strict=False)]
    signals: dict[Name, SignalEntry] = Field(default_factory=dict)
    severity: Annotated[tuple[SeverityRow, ...], Field(min_length=1, strict=False)]
    severity_costs: dict[str, dict[str, Annotated[float, Field(ge=0, strict=False)]]]
    rules: Annotated[tuple[RuleEntry, ...], Field(strict=False)] = ()
    questions: Annotated[tuple[QuestionEntry, ...], Field(strict=False)] = ()
    releases: Releases | None = None
    calendars: dict[Name, Calendar] = Field(default_factory=dict)
    response_targets: Annotated[tuple[Promise, ...], Field(strict=False)] = ()
    charges: Annotated[tuple[Charge, ...], Field(strict=False)] = ()
    prices: PriceList | None = None
    notices: Annotated[tuple[Notice, ...], Field(strict=False)] = ()
    quotas: Annotated[tuple[Quota, ...], Field(strict=False)] = ()
    procedures: Annotated[tuple[Procedure, ...], Field(strict=False)] = ()
    linked_request: LinkedRequest | None = None

    _zone = field_validator("time_zone")(check_time_zone)

    def title_of(self, fact: str) -> str:
        """What people call a fact that is not known, history and language among them."""
        return _NOT_FACTS.get(fact) or self.facts[fact].title

    @field_validator("target_precision")
    @classmethod
    def _every_label(cls, value: dict[str, float]) -> dict[str, float]:
        for key in value:
            if key not in LABELS:
                raise ValueError(not_allowed(key, "a label", list(LABELS)))
        missing = [label for label in LABELS if label not in value]
        if missing:
            raise ValueError(f"missing: {', '.join(missing)}")
        return value

    @field_validator("target_coverage")
    @classmethod
    def _labels_alone(cls, value: dict[str, float]) -> dict[str, float]:
        for key in value:
            if key not in LABELS:
                raise ValueError(not_allowed(key, "a label", list(LABELS)))
        return value

    @field_validator("severity_costs")
    @classmethod
    def _every_mistake(cls, value: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        levels = [str(level) for level in Severity]
        for true, row in value.items():
            for level in (true, *row):
                if level not in levels:
                    raise ValueError(not_allowed(level, "a severity", levels))
        for true in levels:
            missing = [level for level in levels if level != true and level not in value.get(true, {})]
            if missing:
                raise ValueError(f"{true} needs a cost for being taken for {', '.join(missing)}")
            if value[true].get(true, 0) != 0:
                raise ValueError(f"{true} taken for {true} is right and costs 0; leave it out")
        return value

    @field_validator("severity")
    @classmethod
    def _last_row_fits_all(cls, value: tuple[SeverityRow, ...]) -> tuple[SeverityRow, ...]:
        if any(row.when is None for row in value[:-1]) or value[-1].when is not None:
            raise ValueError("the last row, and only that one, must have no when, so that every mail gets a severity")
        return value
