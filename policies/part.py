"""The base of every table of a policy file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

Day = Annotated[date, Field(ge=date(1970, 1, 1), le=date(2200, 12, 31))]
"""A day that a policy may name."""


class Part(BaseModel):
    """A table of a policy file: frozen, strict about types, and refusing keys it does not know."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        allowed = [field.alias or name for name, field in cls.model_fields.items()]
        unknown = [key for key in data if key not in allowed and key not in cls.model_fields]
        if unknown:
            raise ValueError("; ".join(not_allowed(key, "a key of this table", allowed) for key in unknown))
        return data


def not_allowed(value: object, what: str, allowed: list[str]) -> str:
    """The sentence that refuses ``value`` and lists what is allowed, with the nearest name when there is one."""
    near = get_close_matches(str(value), allowed, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return f"{value!r} is not {what}{hint}; allowed: {', '.join(allowed) if allowed else 'none are defined'}"


def key_path(loc: Sequence[int | str]) -> str:
    """A place in a file as its keys are written there: ``rules[3].when.topic``."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return path.lstrip(".") or "the file"


def what_is_wrong(detail: Mapping[str, Any]) -> str:
    """One pydantic error as what is allowed there."""
    context: Mapping[str, Any] = detail.get("ctx", {})
    value = detail["input"]
    match detail["type"]:
        case "missing":
            return "is missing"
        case "value_error":
            return str(context["error"])
        case "enum" | "literal_error":
            return f"{value!r} is not a value of this key; allowed: {context['expected']}"
        case "string_pattern_mismatch":
            return f"{value!r} is not written as it must be; allowed: text that matches {context['pattern']}"
        case _:
            shown = repr(value)
            return f"{detail['msg']}; it is {shown if len(shown) <= 60 else shown[:57] + '...'}"
