"""Names in a file of examples: each must be one of the policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policies.part import not_allowed
from policies.policy import Policy
from policies.trial.example_file import ExampleEntry, ExamplesFile, Impact, Known
from policies.values import read_fact
from policies.when import check_impact

Place = tuple[int | str, ...]


def problems(file: ExamplesFile, policy: Policy) -> Iterator[tuple[Place, str]]:
    """Every key of ``file`` that is wrong for ``policy``, with what is allowed there."""
    if file.policy != policy.name:
        yield ("policy",), f"these are examples of {file.policy!r}, not of {policy.name!r}"
        return
    if not file.examples:
        yield ("examples",), "there are none; write one, or remove the file"
    yield from _known_problems(file.defaults, ("defaults",), policy)
    for name in file.impacts:
        yield from _impact_problems(file, {"like": name}, ("impacts", name))
    ids = [entry.id for entry in file.examples]
    for number, entry in enumerate(file.examples):
        place: Place = ("examples", number)
        if entry.id in ids[:number]:
            yield (*place, "id"), f"{entry.id!r} is given twice; the first is examples[{ids.index(entry.id)}]"
        if (entry.received or file.defaults.received) is None:
            yield (*place, "received"), "is missing, here and in [defaults]"
        yield from _known_problems(entry, place, policy)
        yield from _impact_problems(file, entry.impact, (*place, "impact"))
        yield from _name_problems(entry, place, policy)


def _known_problems(known: Known, place: Place, policy: Policy) -> Iterator[tuple[Place, str]]:
    entries = policy.file.facts
    for name, value in known.customer.items():
        if name not in entries:
            yield (*place, "customer", name), not_allowed(name, "a fact of this policy", list(entries))
        elif value != "unknown" and read_fact(entries[name], value) is None:
            legal = entries[name].legal or (f"a {entries[name].type}",)
            yield (*place, "customer", name), f"{value!r} is not a value of {name}; allowed: {', '.join(legal)}"
    for topic in known.history if isinstance(known.history, dict) else ():
        if topic not in policy.topics:
            yield (*place, "history"), not_allowed(topic, "a topic of this policy", list(policy.topics))


def _impact_problems(file: ExamplesFile, impact: str | Impact, place: Place) -> Iterator[tuple[Place, str]]:
    named = impact if isinstance(impact, str) else impact.get("like")
    if named is not None and named not in file.impacts:
        yield place, not_allowed(named, "one of [impacts]", list(file.impacts))
        return
    try:
        check_impact({fact: (value,) for fact, value in file.impact(impact).items()})
    except ValueError as error:
        yield place, str(error)


def _name_problems(entry: ExampleEntry, place: Place, policy: Policy) -> Iterator[tuple[Place, str]]:
    clauses = [name.partition("/")[2] for name in policy.clauses]
    procedures = ["none", *(each.id for each in policy.file.procedures)]
    expect = entry.expect
    named: list[tuple[Place, Sequence[str], str, list[str]]] = [
        (("topic",), [entry.topic], "a topic of this policy", list(policy.topics)),
        (("about",), entry.about, "a clause of this policy", clauses),
        (("expect", "clauses"), expect.clauses or (), "a clause of this policy", clauses),
        (("expect", "clauses_at_least"), expect.clauses_at_least or (), "a clause of this policy", clauses),
        (("expect", "rules"), expect.rules, "a rule of this policy", [rule.id for rule in policy.rules]),
        (("expect", "questions"), expect.questions or (), "a question", [each.id for each in policy.file.questions]),
        (("expect", "quotas"), expect.quotas or (), "a quota", [each.id for each in policy.file.quotas]),
        (("expect", "procedure"), [expect.procedure or "none"], "a procedure", procedures),
        (("expect", "missing"), expect.missing, "a fact", [*policy.file.facts, "history", "language"]),
    ]
    for key, values, what, allowed in named:
        for value in values:
            if value not in allowed:
                yield (*place, *key), not_allowed(value, what, allowed)
