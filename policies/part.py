"""The base of every table of a policy file."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


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
