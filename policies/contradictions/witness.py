"""An example mail for which some conditions hold and others do not, found from the conditions alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from policies.conditions import hold
from policies.contradictions.dimensions import Conditions, Dimensions
from policies.contradictions.formula import AllOf, AnyOf, Formula, OneOf, TooManySteps, solve
from policies.facts import FactValue
from policies.file import PolicyFile
from policies.rule import Observation


class NotDecided(Exception):
    """Whether there is such a mail could not be found out within the bounds of the search; the text says why."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A mail as the conditions look at it, and which of its facts matter to what it is an example of."""

    seen: Observation
    matters: frozenset[str]

    def to_json(self) -> dict[str, Any]:
        """All that is known of the mail, as JSON."""
        seen = self.seen
        return {
            "topic": seen.topic,
            "issue_type": seen.issue_type,
            "severity": seen.severity,
            "scope": seen.scope,
            "impact": dict(seen.impact),
            "signals": list(seen.signals),
            **seen.facts.to_json(),
        }

    def words(self) -> str:
        """What matters of the mail, in one line for people."""
        return "; ".join(self._said())

    def _said(self) -> Iterator[str]:
        seen, facts = self.seen, self.seen.facts
        yield f"topic {seen.topic}"
        for label in ("issue_type", "severity", "scope"):
            if label in self.matters:
                yield f"{label.replace('_', ' ')} {getattr(seen, label) or 'not decided yet'}"
        yield from (f"{name} {value}" for name, value in seen.impact.items() if f"impact {name}" in self.matters)
        yield from (f"the mail says {name}" for name in seen.signals)
        yield from (f"{name} {_word(value)}" for name, value in sorted(facts.customer.items()))
        yield from (
            f"{name.removeprefix('fact ')} not known"
            for name in sorted(self.matters)
            if name.startswith("fact ") and name.removeprefix("fact ") not in facts.customer
        )
        if "history" in self.matters:
            yield self._history()
        if "sender" in self.matters:
            yield f"sender {'proven' if facts.sender_proven else 'not proven'}"
        if "language" in self.matters:
            yield f"language {facts.language or 'not known'}"
        if "moment" in self.matters or any(isinstance(value, date) for value in facts.customer.values()):
            yield f"received {facts.received_at:%Y-%m-%d %H:%M} UTC"

    def _history(self) -> str:
        history = self.seen.facts.history
        if history is None:
            return "earlier requests not known"
        counts = Counter(past.topic for past in history)
        return f"earlier requests: {', '.join(f'{count} about {topic}' for topic, count in counts.items()) or 'none'}"


def _word(value: FactValue) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


class Space:
    """All mails that the conditions of ``uses`` can tell apart, and the search among them."""

    def __init__(self, file: PolicyFile, uses: Sequence[Conditions], scopes: Sequence[Any]) -> None:
        self.dimensions = Dimensions(file, uses, scopes)
        self._file = file
        self._domains = {name: self.dimensions.full(name) for name in self.dimensions.values}

    def find(
        self,
        holding: Sequence[Conditions],
        also: Sequence[Formula] = (),
        agrees: Callable[[Observation], bool] | None = None,
    ) -> Witness | None:
        """A mail for which each of ``holding`` holds and ``also`` is true; None if there is none.

        What is found has been tried: by :func:`policies.conditions.hold`, and by ``agrees``. Raises
        :class:`NotDecided`.
        """
        formulas = [*(self.dimensions.formula(conditions) for conditions in holding), *also]
        asked = frozenset(name for formula in formulas for name in _dimensions(formula))
        try:
            chosen = solve(formulas, self._domains)
        except TooManySteps:
            raise NotDecided("too many combinations of conditions") from None
        if chosen is None:
            if "history" in asked and not self.dimensions.complete:
                raise NotDecided("too many combinations of earlier requests")
            return None
        seen = self.dimensions.observation(chosen)
        held = all(hold(conditions, seen, self._file).state for conditions in holding)
        if not held or (agrees is not None and not agrees(seen)):
            raise NotDecided("the example that was found turned out to be none")
        wanted = {name for formula in formulas[: len(holding)] for name in _dimensions(formula)}
        return Witness(seen, frozenset(wanted | {name for name, position in chosen.items() if position}))


def _dimensions(formula: Formula) -> Iterator[str]:
    match formula:
        case OneOf(dimension):
            yield dimension
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _dimensions(part)
