"""Rules, and lines of tables, that can never apply."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from policies.contradictions.dimensions import Conditions
from policies.contradictions.effects import deciding
from policies.contradictions.finding import Finding
from policies.contradictions.formula import AnyOf, Formula, negated
from policies.contradictions.rule_space import RuleSpace
from policies.contradictions.witness import NotDecided, Space
from policies.file import PolicyFile
from policies.labels import Scope
from policies.policy import Policy
from policies.rule import Rule


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of lines with conditions: its key, and what people call one.

    Of some the first line that fits counts, of others every one; some entitle only a sender who is proven.
    """

    key: str
    called: str
    first_fits: bool = False
    entitles: bool = False


_TABLES = (
    _Table("response_targets", "the response target", first_fits=True, entitles=True),
    _Table("charges", "the charge", first_fits=True, entitles=True),
    _Table("notices", "the notice"),
    _Table("questions", "the question"),
    _Table("quotas", "the quota"),
    _Table("procedures", "the procedure", first_fits=True),
)


def dead_rules(space: RuleSpace) -> Iterator[Finding]:
    """Rules whose conditions contradict each other, that a final rule always precedes, or that cannot do anything."""
    for at, rule in enumerate(space.policy.rules):
        try:
            yield from _dead_rule(space, at)
        except NotDecided as error:
            says = f"whether the rule {rule.id!r} can apply is not decided: {error}"
            yield Finding("not_decided", f"rules[{at}]", rule.id, says)


def _dead_rule(space: RuleSpace, at: int) -> Iterator[Finding]:
    rule, path = space.policy.rules[at], f"rules[{at}]"
    alone = space.find([rule.conditions])
    if alone is None:
        says = f"the rule {rule.id!r} can never apply: {contradiction(space, rule.conditions)}"
        yield Finding("dead", path, rule.id, says)
    elif space.applying([rule]) is None:
        # It applies to no proven mail either: of that, its conditions and those before it tell.
        finals = {e.id: space.dimensions.formula(e.conditions) for e in space.policy.rules[:at] if e.final}
        names = fewest(finals, partial(_impossible, space, [rule.conditions], space.proven))
        says = f"the rule {rule.id!r} can never apply: {_final(names)} always applies first"
        yield Finding("dead", path, rule.id, says, alone)
    elif not _does_something(space, at):
        says = f"the rule {rule.id!r} can never change anything: {_decided_before(space, at)}"
        yield Finding("dead", path, rule.id, says, alone)


def contradiction(space: Space, conditions: Conditions) -> str:
    """Which of these conditions exclude each other."""
    needed = fewest(conditions, lambda left: space.find([left]) is None)
    if len(needed) == 1:
        return f"its condition {needed[0]} cannot hold"
    return f"its conditions {' and '.join(needed)} exclude each other"


def fewest(every: Mapping[str, Any], enough: Callable[[dict[str, Any]], bool]) -> list[str]:
    """As few of ``every`` as are still ``enough``, tried from the first."""
    needed = dict(every)
    for name in every:
        rest = {other: value for other, value in needed.items() if other != name}
        if enough(rest):
            needed = rest
    return list(needed)


def _impossible(space: Space, holding: Sequence[Conditions], applies: Formula, others: Mapping[str, Formula]) -> bool:
    """Whether one of ``others`` is always true where ``holding`` holds and ``applies`` is true."""
    return space.find(holding, [applies, *map(negated, others.values())]) is None


def _final(names: Sequence[str]) -> str:
    listed = ", ".join(map(repr, names))
    return f"the final rule {listed}" if len(names) == 1 else f"one of the final rules {listed}"


def _does_something(space: RuleSpace, at: int) -> bool:
    rules = space.policy.rules
    rule = rules[at]
    if (rule.final and rules[at + 1 :]) or any(effect.kind == "ask" for effect in rule.effects):
        return True
    if any(space.cites(rule, clause) for clause in rule.clauses):
        return True
    for label, severities in deciding(rule):
        first = [negated(part) for part in _earlier(space, rules[:at], label)]
        if severities is not None:
            first.append(space.dimensions.among("severity", severities))
        if space.applying([rule], first) is not None:
            return True
    return False


def _earlier(space: RuleSpace, rules: Sequence[Rule], label: str) -> list[Formula]:
    return [part for rule in rules for part in space.decides(rule, label)]


def _decided_before(space: RuleSpace, at: int) -> str:
    rules = space.policy.rules
    rule = rules[at]
    labels = sorted({label for label, _ in deciding(rule)})
    earlier = {
        entry.id: AnyOf(tuple(part for label in labels for part in space.decides(entry, label)))
        for entry in rules[:at]
        if any(label in labels for label, _ in deciding(entry))
    }
    impossible = partial(_impossible, space, [rule.conditions], space.applies(rule))
    if earlier and impossible(earlier):
        names = fewest(earlier, impossible)
        return f"{' or '.join(map(repr, names))} always decides the {' and the '.join(labels)} first"
    return "no severity is left for it to raise or lower"


def dead_lines(policy: Policy) -> Iterator[Finding]:
    """Lines of the other tables that contradict themselves, or that earlier lines always precede."""
    for table in _TABLES:
        yield from _dead_lines(policy.file, table)
    yield from _dead_rows(policy.file)


def _dead_lines(file: PolicyFile, table: _Table) -> Iterator[Finding]:
    entries = getattr(file, table.key)
    lines: list[Conditions] = [entry.when.plain() if entry.when is not None else {} for entry in entries]
    space = Space(file, lines, tuple(Scope))
    fits = [space.dimensions.granting(line) if table.entitles else space.dimensions.formula(line) for line in lines]
    for at, entry in enumerate(entries):
        # A procedure that goes by the clauses cited as well may leave a request to a later one.
        before = {repr(e.id): fits[place] for place, e in enumerate(entries[:at]) if not getattr(e, "cites", ())}
        name = f"{table.called} {entry.id!r}"
        where = (f"{table.key}[{at}]", entry.id)
        yield from _dead_line(space, lines[at], fits[at], before if table.first_fits else {}, name, where)


def _dead_rows(file: PolicyFile) -> Iterator[Finding]:
    rows: list[Conditions] = [{"impact": row.when} if row.when else {} for row in file.severity]
    space = Space(file, rows, tuple(Scope))
    fits = [space.dimensions.formula(row) for row in rows]
    for at, row in enumerate(file.severity):
        before = {f"row {place + 1}": fits[place] for place in range(at)}
        name = f"row {at + 1} of the severity table ({row.row!r})"
        yield from _dead_line(space, rows[at], fits[at], before, name, (f"severity[{at}]", row.row))


def _dead_line(
    space: Space, line: Conditions, fits: Formula, before: Mapping[str, Formula], name: str, where: tuple[str, str]
) -> Iterator[Finding]:
    try:
        alone = space.find([line])
        if alone is None:
            yield Finding("dead", *where, f"{name} can never apply: {contradiction(space, line)}")
        elif before and _impossible(space, [line], fits, before):
            names = fewest(before, partial(_impossible, space, [line], fits))
            yield Finding("dead", *where, f"{name} can never apply: {' or '.join(names)} always fits first", alone)
    except NotDecided as error:
        yield Finding("not_decided", *where, f"whether {name} can apply is not decided: {error}")
