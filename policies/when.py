"""The closed set of conditions, as a policy file writes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from policies.labels import IMPACT_VALUES, IssueType, Scope, Severity
from policies.part import Part, not_allowed

LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
VersionStatus = Literal["supported", "end_of_life", "prerelease"]
IssueTypeWord = Annotated[IssueType, Field(strict=False)]
ScopeWord = Annotated[Scope, Field(strict=False)]
SeverityWord = Annotated[Severity, Field(strict=False)]
Number = Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)]
Count = Annotated[int, Field(le=10_000)]
Days = Annotated[int, Field(ge=-100_000, le=100_000)]
Words = Annotated[tuple[str, ...], Field(min_length=1, strict=False)]


class FactTest(Part):
    """A test of one fact: ``"saas"``, ``["saas", "self_hosted"]``, ``{ at_least = 1 }`` or ``{ unknown = true }``."""

    one_of: Annotated[tuple[str | bool | Number, ...], Field(min_length=1, strict=False)] | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    unknown: Literal[True] | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, data: Any) -> Any:
        if isinstance(data, dict):
            return data
        return {"one_of": data if isinstance(data, list) else [data]}

    @model_validator(mode="after")
    def _one_kind(self) -> FactTest:
        ranged = self.at_least is not None or self.at_most is not None
        if (self.one_of is not None) + ranged + bool(self.unknown) != 1:
            raise ValueError("give a value, a list of values, at_least and/or at_most, or unknown = true")
        return self


class HistoryTest(Part):
    """How many earlier requests of the same customer about these topics; ``at_least = 1`` when neither is given.

    A bound is a number, or the name of a fact that is one.
    """

    topics: Words
    at_least: Count | str | None = None
    at_most: Count | str | None = None

    @field_validator("at_least", "at_most")
    @classmethod
    def _not_negative(cls, value: int | str | None) -> int | str | None:
        if isinstance(value, int) and value < 0:
            raise ValueError(f"{value} is less than 0")
        return value

    @model_validator(mode="after")
    def _satisfiable(self) -> HistoryTest:
        if isinstance(self.at_least, int) and isinstance(self.at_most, int) and self.at_least > self.at_most:
            raise ValueError("at_least is more than at_most")
        return self

    @property
    def facts(self) -> dict[str, str]:
        """The facts that the bounds name, by the bound's key."""
        bounds = {"at_least": self.at_least, "at_most": self.at_most}
        return {key: bound for key, bound in bounds.items() if isinstance(bound, str)}


class DaysSinceTest(Part):
    """Whole calendar days from a date fact to the day the mail was received, in the policy's time zone.

    Negative while the date is still to come.
    """

    fact: str
    at_least: Days | None = None
    at_most: Days | None = None

    @model_validator(mode="after")
    def _bounded(self) -> DaysSinceTest:
        if self.at_least is None and self.at_most is None:
            raise ValueError("give at_least, at_most or both, in days")
        return self


class CalendarTest(Part):
    """Whether the mail was received while a calendar of the policy is open."""

    calendar: str
    open: bool


class TermsWhen(Part):
    """Conditions on a decided request: all that are given must hold."""

    topic: Words | None = None
    not_topic: Words | None = None
    issue_type: Annotated[tuple[IssueTypeWord, ...], Field(min_length=1, strict=False)] | None = None
    severity: Annotated[tuple[SeverityWord, ...], Field(min_length=1, strict=False)] | None = None
    scope: Annotated[tuple[ScopeWord, ...], Field(min_length=1, strict=False)] | None = None
    facts: Annotated[dict[str, FactTest], Field(min_length=1)] | None = None
    history: HistoryTest | None = None
    version: Annotated[tuple[VersionStatus, ...], Field(min_length=1, strict=False)] | None = None
    language_in: Annotated[tuple[LanguageCode, ...], Field(min_length=1, strict=False)] | None = None
    language_not_in: Annotated[tuple[LanguageCode, ...], Field(min_length=1, strict=False)] | None = None
    days_since: DaysSinceTest | None = None
    received: CalendarTest | None = None

    def plain(self) -> dict[str, Any]:
        """The conditions that were given, as plain data: what :mod:`policies.conditions` evaluates."""
        return self.model_dump(exclude_none=True)


class Alternative(TermsWhen):
    """Conditions on an observation, without alternatives of their own."""

    signals_any: Words | None = None
    signals_all: Words | None = None
    signals_none: Words | None = None
    impact: Annotated[dict[str, Words], Field(min_length=1)] | None = None

    @field_validator("impact")
    @classmethod
    def _impact_words(cls, value: dict[str, tuple[str, ...]] | None) -> dict[str, tuple[str, ...]] | None:
        return check_impact(value) if value is not None else None


class When(Alternative):
    """Conditions of a rule: all that are given must hold, and of ``any_of`` at least one alternative."""

    any_of: Annotated[tuple[Alternative, ...], Field(min_length=2, strict=False)] | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> When:
        if not self.plain():
            raise ValueError(f"a rule needs at least one condition; allowed: {', '.join(type(self).model_fields)}")
        if not all(alternative.plain() for alternative in self.any_of or ()):
            raise ValueError(
                f"any_of: each needs at least one condition; allowed: {', '.join(Alternative.model_fields)}"
            )
        return self


def check_impact(tests: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """``tests`` if each names an impact fact and values of it; raises ValueError saying what is allowed."""
    for key, values in tests.items():
        if key not in IMPACT_VALUES:
            raise ValueError(not_allowed(key, "an impact fact", list(IMPACT_VALUES)))
        for value in values:
            if value not in IMPACT_VALUES[key]:
                raise ValueError(not_allowed(value, f"a value of {key}", list(IMPACT_VALUES[key])))
    return tests
