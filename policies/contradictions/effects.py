"""What rules do to a label, and whether two of them want different things."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policies.labels import Severity
from policies.rule import Effect, Rule


@dataclass(frozen=True, slots=True)
class Difference:
    """Two rules that want different things of a label, told in words.

    ``severities`` are the severities (before any rule) of the mails for which they do; None when that does not matter.
    """

    label: str
    says: str
    severities: tuple[Severity, ...] | None = None


def deciding(rule: Rule) -> Iterator[tuple[str, tuple[Severity, ...] | None]]:
    """The labels that a rule decides when it applies, and of which severities only: a raise moves lower ones alone."""
    for effect in rule.effects:
        if effect.kind == "set":
            yield effect.label or "", None
        elif effect.kind in ("raise_to", "lower_to"):
            yield "severity", effect.moves


def differences(first: Rule, second: Rule) -> Iterator[Difference]:
    """What two rules, of which ``first`` is read first, want differently of the same label."""
    for one in first.effects:
        for other in second.effects:
            if one.label == other.label and one.label is not None:
                yield from _difference(one, other)


def _difference(one: Effect, other: Effect) -> Iterator[Difference]:
    label = one.label or ""
    if one.kind == other.kind == "set":
        if one.value != other.value:
            yield Difference(label, f"one sets {_name(label)} to {one.value}, the other to {other.value}")
    elif "set" in (one.kind, other.kind):
        fixed, bound = (one, other) if one.kind == "set" else (other, one)
        if Severity(fixed.value or "") in bound.moves:
            yield Difference(label, f"one sets {_name(label)} to {fixed.value}, the other {_bound(bound)}")
    elif one.kind != other.kind:
        raised, lowered = (one, other) if one.kind == "raise_to" else (other, one)
        if Severity(lowered.value or "") in raised.moves:
            yield Difference(label, f"one {_bound(raised)}, the other {_bound(lowered)}")
    elif Severity(one.value or "") in other.moves:
        # The earlier decides, so that the later, which wants more, is not heard wherever the earlier changes anything.
        says = f"one {_bound(one)}, which is not enough for the other, which {_bound(other)}"
        yield Difference(label, says, one.moves)


def _bound(effect: Effect) -> str:
    return f"{'raises it to at least' if effect.kind == 'raise_to' else 'lowers it to at most'} {effect.value}"


def _name(label: str) -> str:
    return f"the {label.replace('_', ' ')}"
