"""What a mail can differ in, as far as the conditions of one policy can tell: a few dimensions of a few values each.

Every condition looks at one dimension only, so that a mail is a choice of one value in each. Values that no condition
of the policy tells apart are taken as one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from policies.conditions import EVALUATORS
from policies.contradictions.formula import AllOf, AnyOf, Formula, OneOf
from policies.contradictions.histories import Past, around, histories
from policies.contradictions.moments import Moment, base_moment, moments
from policies.facts import Facts, FactValue
from policies.file import PolicyFile
from policies.identity import stranger
from policies.labels import IMPACT_VALUES, IssueType, Severity
from policies.rule import Observation

Conditions = Mapping[str, Any]

_OTHER_LANGUAGES = ("de", "fr", "es", "pl", "sv")


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One condition about one dimension."""

    key: str
    wanted: Any
    dimension: str

    @property
    def text(self) -> str:
        return f"{self.key} {json.dumps(self.wanted, default=str, sort_keys=True)}"


class Dimensions:
    """The dimensions that the conditions of ``uses`` look at, and those conditions as formulas over them.

    ``scopes`` are the scopes a request can have where the conditions are looked at: none while rules are read.
    ``complete`` is False where there were more histories to try than :data:`policies.contradictions.histories.MOST`.
    """

    def __init__(self, file: PolicyFile, uses: Sequence[Conditions], scopes: Sequence[Any] = (None,)) -> None:
        self.file = file
        self.complete = True
        self._base = base_moment(file)
        self._scopes = tuple(scopes)
        self._joined = frozenset(
            bound for test in _tests("history", uses) for bound in (test.get("at_least"), test.get("at_most"))
        )
        leaves = {leaf.text: leaf for conditions in uses for leaf in self._leaves(conditions)}
        self.values: dict[str, tuple[Any, ...]] = {}
        self._masks: dict[str, tuple[int, int]] = {}
        names = dict.fromkeys([leaf.dimension for leaf in leaves.values()])
        for name in dict.fromkeys(["sender", "topic", "severity", *names]):
            self._add(name, [leaf for leaf in leaves.values() if leaf.dimension == name], uses)

    def formula(self, conditions: Conditions, *, stranger: bool = False) -> Formula:
        """When all ``conditions`` hold, none of them unknown; for a ``stranger``, when they would for the same mail
        from somebody of whom nothing is known."""
        parts: list[Formula] = []
        for key, wanted in conditions.items():
            if key == "any_of":
                parts.append(AnyOf(tuple(self.formula(alternative, stranger=stranger) for alternative in wanted)))
                continue
            literals = tuple(self._literal(leaf, stranger) for leaf in self._split(key, wanted))
            parts.append(AnyOf(literals) if key == "signals_any" else AllOf(literals))
        return AllOf(tuple(parts))

    def granting(self, conditions: Conditions) -> Formula:
        """When ``conditions`` hold and entitle to something: for a sender who is not proven, not by the record."""
        return AllOf((self.formula(conditions), AnyOf((self.proven, self.formula(conditions, stranger=True)))))

    @property
    def proven(self) -> OneOf:
        """That the sender counts as who the mail says."""
        return OneOf("sender", 1, self.full("sender"))

    def among(self, name: str, wanted: Iterable[Any]) -> OneOf:
        """That the dimension ``name`` (topic, severity) has one of these values."""
        chosen = set(wanted)
        mask = sum(1 << at for at, value in enumerate(self.values[name]) if value in chosen)
        return OneOf(name, mask, self.full(name))

    def full(self, name: str) -> int:
        """All values of a dimension, as a mask."""
        return (1 << len(self.values[name])) - 1

    def observation(self, chosen: Mapping[str, int]) -> Observation:
        """A mail of the values chosen, by their position; the first value where none is."""
        return self._assemble({name: values[chosen.get(name, 0)] for name, values in self.values.items()})

    def _literal(self, leaf: _Leaf, stranger: bool) -> OneOf:
        return OneOf(leaf.dimension, self._masks[leaf.text][stranger], self.full(leaf.dimension))

    def _leaves(self, conditions: Conditions) -> Iterator[_Leaf]:
        for key, wanted in conditions.items():
            if key == "any_of":
                for alternative in wanted:
                    yield from self._leaves(alternative)
            else:
                yield from self._split(key, wanted)

    def _split(self, key: str, wanted: Any) -> Iterator[_Leaf]:
        """A condition as conditions about one dimension each."""
        match key:
            case "facts":
                yield from (_Leaf(key, {name: test}, self._of_fact(name)) for name, test in wanted.items())
            case "impact":
                yield from (_Leaf(key, {name: values}, f"impact {name}") for name, values in wanted.items())
            case "signals_any" | "signals_all" | "signals_none":
                yield from (_Leaf(key, [name], f"signal {name}") for name in wanted)
            case "topic" | "not_topic":
                yield _Leaf(key, wanted, "topic")
            case "days_since":
                yield _Leaf(key, wanted, self._of_fact(wanted["fact"]))
            case "version" | "received":
                yield _Leaf(key, wanted, "moment")
            case "language_in" | "language_not_in":
                yield _Leaf(key, wanted, "language")
            case "history" | "issue_type" | "severity" | "scope":
                yield _Leaf(key, wanted, key)
            case _:
                raise KeyError(f"no dimension for the condition {key!r}")

    def _of_fact(self, name: str) -> str:
        releases = self.file.releases
        if releases is not None and name in (releases.fact, releases.override_fact):
            return "moment"
        return "history" if name in self._joined else f"fact {name}"

    def _add(self, name: str, leaves: Sequence[_Leaf], uses: Sequence[Conditions]) -> None:
        """Keeps of the values that ``leaves`` cannot tell apart the first."""
        kept: dict[tuple[object, ...], Any] = {}
        told: list[list[tuple[bool, bool]]] = []
        for value in self._candidates(name, uses):
            seen = self._assemble({name: value})
            nobody = stranger(seen)
            said = [(self._holds(leaf, seen), self._holds(leaf, nobody)) for leaf in leaves]
            # Severities are compared with what rules set, and topics with what they decide: none of them is left out.
            key = (*said, value) if name in ("sender", "topic", "severity") else tuple(said)
            if key not in kept:
                kept[key] = value
                told.append(said)
        self.values[name] = tuple(kept.values())
        for position, leaf in enumerate(leaves):
            own, nobodys = (sum(1 << at for at, said in enumerate(told) if said[position][which]) for which in (0, 1))
            self._masks[leaf.text] = (own, nobodys)

    def _holds(self, leaf: _Leaf, seen: Observation) -> bool:
        return bool(EVALUATORS[leaf.key](leaf.wanted, seen, self.file).state)

    def _candidates(self, name: str, uses: Sequence[Conditions]) -> Iterable[Any]:
        kind, _, of = name.partition(" ")
        match kind:
            case "sender":
                return (True, False) if self.file.sender_proof == "required" else (True,)
            case "topic":
                return [topic.name for topic in self.file.topics]
            case "issue_type":
                return list(IssueType)
            case "severity":
                return list(Severity)
            case "scope":
                return self._scopes
            case "language":
                return self._languages(uses)
            case "signal":
                return (False, True)
            case "impact":
                return sorted(IMPACT_VALUES[of], key=lambda value: value != "unknown")
            case "fact":
                return self._fact_values(of, uses)
            case "moment":
                return moments(self.file, sorted({test["calendar"] for test in _tests("received", uses)}))
            case _:
                return self._histories(uses)

    def _languages(self, uses: Sequence[Conditions]) -> list[str | None]:
        named = {code for key in ("language_in", "language_not_in") for codes in _tests(key, uses) for code in codes}
        other = next(code for code in (*_OTHER_LANGUAGES, "other") if code not in named | set(self.file.languages))
        return [*self.file.languages, *sorted(named), other, None]

    def _fact_values(self, name: str, uses: Sequence[Conditions]) -> list[FactValue]:
        """Values of a fact, unknown first; of a date, whole days since then."""
        entry = self.file.facts[name]
        match entry.type:
            case "choice":
                return [None, *entry.values]
            case "boolean":
                return [None, False, True]
            case "number":
                return [None, *sorted(around(self._numbers_tested(name, uses)))]
            case "date":
                tests = [test for test in _tests("days_since", uses) if test["fact"] == name]
                days = around(test[key] for test in tests for key in ("at_least", "at_most") if key in test)
                return [None, *sorted(days | {0}, key=abs)]
            case _:
                return [None, "1.0"]

    def _numbers_tested(self, name: str, uses: Sequence[Conditions]) -> set[int]:
        tests = [tests[name] for tests in _tests("facts", uses) if name in tests]
        bounds = {test[key] for test in tests for key in ("at_least", "at_most") if key in test}
        return bounds | {value for test in tests for value in test.get("one_of", ())}

    def _histories(self, uses: Sequence[Conditions]) -> Iterable[Past]:
        numbers = [name for name, entry in self.file.facts.items() if name in self._joined and entry.type == "number"]
        tested = {name: self._numbers_tested(name, uses) for name in numbers}
        pasts, self.complete = histories(list(_tests("history", uses)), tested)
        return pasts

    def _assemble(self, values: Mapping[str, Any]) -> Observation:
        moment: Moment = values.get("moment", self._base)
        past: Past = values.get("history", Past({}, {}))
        customer: dict[str, FactValue] = {**moment.facts(self.file), **past.numbers}
        customer |= {name.partition(" ")[2]: value for name, value in values.items() if name.startswith("fact ")}
        day = moment.day(self.file)
        for name, value in customer.items():
            if value is not None and self.file.facts[name].type == "date" and isinstance(value, int):
                customer[name] = day - timedelta(days=value)
        return Observation(
            topic=values.get("topic", self.file.topics[0].name),
            issue_type=values.get("issue_type", IssueType.ADVICE),
            severity=values.get("severity", Severity.SEV4),
            scope=values.get("scope", self._scopes[0]),
            impact={name.partition(" ")[2]: value for name, value in values.items() if name.startswith("impact ")},
            signals=tuple(name.partition(" ")[2] for name, on in values.items() if name.startswith("signal ") and on),
            facts=Facts(
                received_at=moment.received_at,
                customer={name: value for name, value in customer.items() if value is not None},
                history=past.tickets(),
                sender_proven=values.get("sender", True),
                language=values.get("language", self.file.languages[0]),
            ),
        )


def _tests(key: str, uses: Iterable[Conditions]) -> Iterator[Any]:
    """What is written for the condition ``key``, alternatives included."""
    for conditions in uses:
        if key in conditions:
            yield conditions[key]
        yield from _tests(key, conditions.get("any_of", ()))
