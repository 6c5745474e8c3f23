"""The keys of a policy's entries, each with what it says in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from pydantic import BaseModel

from policies.explaining.sentences import conditions_told, listed, word_of
from policies.file import PolicyFile, RuleEntry
from policies.promises import Within

_NAMES = ("id", "name", "row")
"""Keys by which an entry is called: they are told with it."""


def aspects(section: str, entry: Any, file: PolicyFile) -> dict[str, str]:
    """Every key of an entry that is given, in the order of the file's format, with what it says."""
    if isinstance(entry, Mapping):
        return {str(key): word_of(value) for key, value in entry.items()}
    found: dict[str, str] = {}
    for key in type(entry).model_fields:
        value = getattr(entry, key)
        if key in _NAMES and section:
            continue
        if key == "phrases":
            found |= {f"phrases.{language}": ", ".join(phrases) for language, phrases in value.items()}
        elif value is not None and value != ():
            found[key] = told(key, value, file)
    if isinstance(entry, RuleEntry) and not entry.final:
        found.pop("final", None)
    return found


def told(key: str, value: Any, file: PolicyFile) -> str:
    """A value in words: conditions and promised times as sentences, lists as words with commas."""
    if key == "when":
        return _when(value, file)
    match value:
        case None:
            return ""
        case Within():
            return value.words if value.hours or value.business_days else "none"
        case BaseModel():
            return listed((f"{name} {told(name, part, file)}" for name, part in _given(value).items()), "and")
        case Mapping():
            return ", ".join(f"{name} {told('', part, file)}" for name, part in value.items())
        case tuple() | list():
            return ", ".join(told("", part, file) for part in value)
        case date() | timedelta():
            return str(value)
        case _:
            return word_of(value)


def _when(value: Any, file: PolicyFile) -> str:
    if isinstance(value, BaseModel):
        return conditions_told(value.plain(), file)  # type: ignore[attr-defined]
    return conditions_told({"impact": value} if value else {}, file)


def _given(value: BaseModel) -> dict[str, Any]:
    every = {name: getattr(value, name) for name in type(value).model_fields}
    return {name: part for name, part in every.items() if part is not None and part != ()}
