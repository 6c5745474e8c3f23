"""Small random policies, and every mail that their conditions could tell apart, enumerated without any cleverness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from hypothesis import strategies as st

from policies.facts import Facts, PastTicket
from policies.labels import IssueType, Scope, Severity
from policies.rule import Observation
from tests.policies.build import SMALL

OPEN = datetime(2026, 5, 5, 12, 0, tzinfo=UTC)
"""A Tuesday at noon: the office of the small policy is open."""
CLOSED = OPEN + timedelta(days=1)
TOPICS = ("help", "rest", "more")
_LEVELS = tuple(level.value for level in Severity)

_BASE = (
    SMALL.replace('name = "rest"\ntitle = "The rest"', 'name = "rest"\ntitle = "The rest"\nclauses = ["out.1"]')
    .replace(
        "[signals.loud]",
        '[[topics]]\nname = "more"\ntitle = "More"\nscope = "outside"\nclauses = ["any.1"]\n\n'
        '[signals.again]\ntitle = "it is again"\nphrases.en = ["once again"]\n\n[signals.loud]',
    )
    .replace(
        "[[topics]]",
        '[[clauses]]\nid = "any.1"\nsentence = "Whatever it is."\neffect = "none"\nneeds = ["M"]\n\n[[topics]]',
        1,
    )
    .replace('fact = "product_version"', 'fact = "product_version"\noverride_fact = "customised"')
)
_BASE = _BASE[: _BASE.index("[[response_targets]]")]


@dataclass(frozen=True, slots=True)
class Kind:
    """Conditions of one kind, and the values by which mails can differ for them."""

    conditions: st.SearchStrategy[dict[str, Any]]
    values: tuple[dict[str, Any], ...]
    of_lines: bool = True
    """Whether lines of tables may have such conditions."""


def _some(values: Sequence[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=len(values), unique=True)


def _bounds(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        st.fixed_dictionaries({"at_least": values}),
        st.fixed_dictionaries({"at_most": values}),
        st.tuples(st.integers(-1, 1), st.integers(0, 2)).map(lambda b: {"at_least": b[0], "at_most": b[0] + b[1]}),
    )


def _fact(name: str, tests: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(tests, st.just({"unknown": True})).map(lambda test: {"facts": {name: test}})


_SMALL = st.integers(0, 2)
_COUNTS = [(first, second) for first in range(5) for second in range(4)]
_PASTS = [None, *(("help",) * first + ("rest",) * second for first, second in _COUNTS)]
_HISTORY = st.fixed_dictionaries(
    {"topics": _some(("help", "rest"))},
    optional={},
).flatmap(
    lambda test: st.one_of(
        st.just(test),
        st.one_of(_SMALL, st.just("seats")).map(lambda bound: {**test, "at_least": bound}),
        st.one_of(_SMALL, st.just("seats")).map(lambda bound: {**test, "at_most": bound}),
    )
)

KINDS: dict[str, Kind] = {
    "topic": Kind(
        st.one_of(_some(TOPICS).map(lambda names: {"topic": names}), _some(TOPICS).map(lambda n: {"not_topic": n})),
        tuple({"topic": topic} for topic in TOPICS),
    ),
    "plan": Kind(
        _fact("plan", st.one_of(st.sampled_from(["basic", "full"]), _some(["basic", "full"]))),
        ({}, {"plan": "basic"}, {"plan": "full"}),
    ),
    "until": Kind(
        st.one_of(
            _fact("until", st.just({"unknown": True})),
            _bounds(_SMALL).map(lambda bounds: {"days_since": {"fact": "until", **bounds}}),
        ),
        ({}, *({"until": days} for days in range(-3, 5))),
    ),
    "version": Kind(
        st.one_of(
            _some(["supported", "end_of_life", "prerelease"]).map(lambda words: {"version": words}),
            _fact("customised", st.booleans()),
            _fact("product_version", st.just({"unknown": True})),
        ),
        tuple(
            {"product_version": version, "customised": override}
            for version in (None, "1", "2", "2-rc", "9")
            for override in (None, True, False)
        ),
    ),
    "history": Kind(
        st.one_of(
            _HISTORY.map(lambda test: {"history": test}),
            _fact("seats", st.one_of(_bounds(_SMALL), st.integers(0, 2), st.lists(st.integers(0, 3), min_size=1))),
        ),
        tuple({"history": past, "seats": seats} for past in _PASTS for seats in (None, -2, -1, 0, 1, 2, 3, 4)),
    ),
    "language": Kind(
        st.one_of(
            _some(["en", "nl"]).map(lambda codes: {"language_in": codes}),
            _some(["en", "nl"]).map(lambda codes: {"language_not_in": codes}),
        ),
        tuple({"language": code} for code in ("en", "nl", "fy", None)),
    ),
    "received": Kind(
        st.booleans().map(lambda is_open: {"received": {"calendar": "office", "open": is_open}}),
        ({"received": OPEN}, {"received": CLOSED}),
    ),
    "signals": Kind(
        st.tuples(st.sampled_from(["signals_any", "signals_all", "signals_none"]), _some(["loud", "again"])).map(
            lambda test: {test[0]: test[1]}
        ),
        tuple({"signals": names} for names in ((), ("loud",), ("again",), ("loud", "again"))),
        of_lines=False,
    ),
    "impact": Kind(
        st.one_of(
            _some(["production", "test", "unknown"]).map(lambda words: {"impact": {"environment": words}}),
            _some(["true", "false"]).map(lambda words: {"impact": {"deadline": words}}),
        ),
        tuple({"environment": e, "deadline": d} for e in ("production", "test", "unknown") for d in ("true", "false")),
        of_lines=False,
    ),
    "severity": Kind(_some(_LEVELS).map(lambda levels: {"severity": levels}), ({},)),
}

_EFFECTS = st.one_of(
    st.sampled_from(["included", "outside", "professional_services"]).map(lambda scope: {"set.scope": scope}),
    st.sampled_from(["included", "outside"]).map(lambda scope: {"set.scope": scope}),
    st.sampled_from(["outside", "professional_services"]).map(lambda scope: {"set.scope": scope}),
    st.sampled_from(_LEVELS).map(lambda level: {"set.severity": level}),
    st.sampled_from(_LEVELS).map(lambda level: {"raise_to": level}),
    st.sampled_from(_LEVELS).map(lambda level: {"lower_to": level}),
    st.sampled_from(TOPICS).map(lambda topic: {"set.topic": topic}),
    st.just({"ask": "What is this?"}),
)


@st.composite
def conditions(draw: st.DrawFn, kinds: Sequence[str], *, alternatives: bool) -> dict[str, Any]:
    """A rule's ``when`` of conditions of these kinds."""

    def some() -> dict[str, Any]:
        chosen = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=2, unique=True))
        return {key: test for kind in chosen for key, test in draw(KINDS[kind].conditions).items()}

    if alternatives and draw(st.integers(0, 2)) == 0:
        return {**(some() if draw(st.booleans()) else {}), "any_of": [some(), some()]}
    return some()


@st.composite
def rules(draw: st.DrawFn, kinds: Sequence[str]) -> str:
    """The text of a policy of a few random rules on these kinds."""
    ids = [f"rule-{number}" for number in range(draw(st.integers(2, 5)))]
    text = _BASE + f"[[response_targets]]\n{_line('all', 0)}\n"
    for number, name in enumerate(ids):
        cited = draw(st.lists(st.sampled_from(["in.1", "out.1", "any.1"]), max_size=1))
        over = draw(st.lists(st.sampled_from(ids[number + 1 :]), max_size=1)) if ids[number + 1 :] else []
        lines = {
            "id": name,
            "title": name,
            "clauses": cited,
            "over": over,
            "final": draw(st.integers(0, 4)) == 0,
            **draw(_EFFECTS),
            "when": draw(conditions(kinds, alternatives=True)),
        }
        text += "\n[[rules]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in lines.items())
    return text


@st.composite
def targets(draw: st.DrawFn, kinds: Sequence[str]) -> str:
    """The text of a policy of a few random response targets: the first in 1 hour, the second in 2 ..."""
    text = _BASE
    for number in range(draw(st.integers(2, 4))):
        when = draw(conditions(kinds, alternatives=False))
        text += f"\n[[response_targets]]\n{_line(f'line-{number}', number)}when = {_toml(when)}\n"
    return text


def _line(name: str, number: int) -> str:
    within = ", ".join(f'{level} = "{number + 1} hours"' for level in _LEVELS)
    return f'id = "{name}"\ntitle = "{name}"\ncalendar = "office"\nclauses = []\nwithin = {{ {within} }}\n'


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case dict():
            return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
        case list():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case str():
            return f'"{value}"'
        case _:
            return str(value)


def mails(kinds: Sequence[str], scopes: Sequence[Scope | None] = (None,)) -> Iterator[Observation]:
    """Every combination of the values of ``kinds``, with every severity, proven and not."""
    for parts in product(*(KINDS[kind].values for kind in kinds), _LEVELS, (True, False), scopes):
        *given, severity, proven, scope = parts
        known: dict[str, Any] = {key: value for part in given for key, value in part.items()}
        received = known.get("received", OPEN)
        history = known.get("history", ())
        days = known.get("until")
        customer = {name: known.get(name) for name in ("plan", "seats", "product_version", "customised")}
        customer["until"] = None if days is None else received.date() - timedelta(days=days)
        yield Observation(
            topic=known.get("topic", "help"),
            issue_type=IssueType.ADVICE,
            severity=Severity(severity),
            scope=scope,
            impact={name: known[name] for name in ("environment", "deadline") if name in known},
            signals=known.get("signals", ()),
            facts=Facts(
                received_at=received,
                customer=customer,
                history=None if history is None else tuple(PastTicket(topic, 3) for topic in history),
                sender_proven=proven,
                language=known.get("language", "en"),
            ),
        )
