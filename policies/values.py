"""Customer facts as the policy means them, whatever spelling a record has."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from policies.facts import FactValue
from policies.part import Part

FactType = Literal["choice", "boolean", "number", "date", "version"]
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class FactEntry(Part):
    """A customer fact of the policy: what it is called for people, its type, and the values of a choice."""

    title: str
    type: FactType
    values: Annotated[tuple[str, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _values_of_choices(self) -> FactEntry:
        if (self.type == "choice") != bool(self.values):
            raise ValueError("values must be given for type = 'choice', and only there")
        return self

    @property
    def legal(self) -> tuple[str, ...] | None:
        """The values a record may hold; None where it is free (a version, a date, a number)."""
        return {"choice": self.values, "boolean": ("true", "false")}.get(self.type)


def read_fact(entry: FactEntry, value: FactValue) -> FactValue:
    """``value`` as the entry's type (a real bool, int or date); None when it is unknown or cannot be read as that.

    Unreadable counts as unknown, because unknown facts never deny.
    """
    if value is None or value == "":
        return None
    match entry.type:
        case "choice":
            return str(value) if str(value) in entry.values else None
        case "boolean":
            return _BOOLEANS.get(str(value).strip().lower())
        case "number":
            return whole_number(value)
        case "date":
            return _date(value)
        case "version":
            return str(value).strip() or None


def whole_number(value: FactValue) -> int | None:
    """A number however a record spells it; None where it is none."""
    try:
        return None if isinstance(value, bool) else int(str(value))
    except ValueError:
        return None


def _date(value: FactValue) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(str(value)).date()
    except ValueError:
        return None
