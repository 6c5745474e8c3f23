"""The file of a policy's examples, as pydantic checks it; :mod:`.example_names` checks the names it uses."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from policies.file import Name
from policies.part import Part
from policies.when import IssueTypeWord, LanguageCode, ScopeWord, SeverityWord

Words = Annotated[tuple[str, ...], Field(strict=False)]
Impact = dict[str, str | bool]
Days = Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1, strict=False)]
Unknown = Literal["unknown"]
"""Stands where the defaults give a value and an example must have none."""
History = dict[str, Days] | Unknown
"""Topics of earlier requests, each with how many days ago they were."""


class Expected(Part):
    """What must come out. ``clauses`` are all that are cited, ``clauses_at_least`` some of them.

    ``charge`` is a part of its sentence, ``due`` a local time of the policy's zone (or one with an offset), ``asks``
    are parts of what a person is asked; without them there must be none. The rest is looked at when it is named:
    ``notes`` are parts of sentences, ``questions`` and ``quotas`` all ids, ``procedure`` an id or "none", ``rules``
    some that fired and ``missing`` some facts that were not known. ``scope`` is "text" where neither rule nor topic
    decides it.
    """

    scope: ScopeWord | Literal["text"]
    clauses: Words | None = None
    clauses_at_least: Words | None = None
    charge: str = "none"
    due: datetime | Literal["none"] = "none"
    severity: SeverityWord | None = None
    issue_type: IssueTypeWord | None = None
    notes: Words = ()
    asks: Words = ()
    questions: Words | None = None
    quotas: Words | None = None
    procedure: str | None = None
    rules: Words = ()
    missing: Words = ()

    @model_validator(mode="after")
    def _clauses_named(self) -> Expected:
        if (self.clauses is None) == (self.clauses_at_least is None):
            raise ValueError("give clauses (all that are cited) or clauses_at_least")
        return self


class Known(Part):
    """What is known around a mail: in ``[defaults]`` for all, in an example for its own."""

    received: datetime | None = None
    customer: dict[Name, str | int | bool | date] = Field(default_factory=dict)
    history: History | None = None
    sender_proven: bool | Unknown | None = None
    language: Unknown | LanguageCode | None = None

    @field_validator("received")
    @classmethod
    def _with_offset(cls, value: datetime | None) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} needs an offset, such as {value.isoformat()}+01:00")
        return value


class ExampleEntry(Known):
    """One example as the file writes it. ``impact`` names one of the file's ``[impacts]``, or says what differs."""

    id: Name
    about: Annotated[tuple[str, ...], Field(min_length=1, strict=False)]
    subject: str
    body: Annotated[str, Field(min_length=1)]
    topic: str
    issue_type: IssueTypeWord
    impact: str | Impact
    severity: SeverityWord | None = None
    expect: Expected


class ExamplesFile(Part):
    """A file of examples of one policy; ``impacts`` are impact facts by a name that examples use."""

    policy: Name
    defaults: Known = Field(default_factory=Known)
    impacts: dict[Name, Impact] = Field(default_factory=dict)
    examples: Annotated[tuple[ExampleEntry, ...], Field(strict=False)]

    def impact(self, given: str | Impact) -> dict[str, str]:
        """The impact facts that an example names or gives; ``like`` among them takes the rest from ``[impacts]``."""
        own: Impact = {"like": given} if isinstance(given, str) else dict(given)
        like = own.pop("like", None)
        merged = {**(self.impacts[str(like)] if like is not None else {}), **own}
        return {fact: str(value).lower() if isinstance(value, bool) else value for fact, value in merged.items()}
