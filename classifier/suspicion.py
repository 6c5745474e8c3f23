"""A label that wants a second look, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Kind = Literal["agent", "class", "customer", "dispute", "near_duplicate", "disagreement"]
"""``agent`` and ``class``: all labels of one agent, or of one value, are doubtful. ``customer``: one customer's mails
are so many that they teach what that customer wants. The others are of single mails."""

KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order in which they are looked at: what many labels share first."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Labels to look at once more.

    ``mails`` are the ids of the mails concerned, ``label`` is the label in doubt and ``given`` what it was given as
    (None where that differs between the mails); ``suggested`` is what speaks against it, None where nothing does.
    ``who`` is the agent or customer where it is about one. ``strength`` says how strong the evidence is beside others
    of its kind, from 0 to 1; ``reason`` says it in a sentence.
    """

    kind: Kind
    label: str
    mails: tuple[str, ...]
    given: str | None
    suggested: str | None
    who: str | None
    strength: float
    reason: str

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return asdict(self)


def strongest_first(suspicions: Iterable[Suspicion]) -> list[Suspicion]:
    """By kind as in :data:`KINDS`, and within a kind the strongest first."""
    return sorted(suspicions, key=lambda one: (KINDS.index(one.kind), -one.strength, one.label, one.mails))


def plain(value: str) -> str:
    """A label or value as people read it."""
    return value.replace("_", " ")
