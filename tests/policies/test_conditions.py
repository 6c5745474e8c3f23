"""Each condition of the closed set: when it holds, when it does not, and when a fact is missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from policies.conditions import EVALUATORS, hold
from policies.facts import Facts, FactValue
from policies.labels import IssueType, Severity
from policies.policy import Policy
from policies.rule import Observation
from policies.values import read_fact
from policies.when import When
from tests.policies.build import SMALL, facts, observe, policy_from

MONDAY_TEN = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
SATURDAY = datetime(2026, 5, 9, 10, 0, tzinfo=UTC)


@pytest.fixture
def small(tmp_path: Path) -> Policy:
    return policy_from(SMALL, tmp_path)


def _seen(given: Facts | None = None, topic: str | None = "help", **more: Any) -> Observation:
    return observe(topic, given, **more)


YES, NO = True, False

CASES: dict[str, tuple[Mapping[str, Any], Observation, bool | None, tuple[str, ...]]] = {
    "topic": ({"topic": ["help"]}, _seen(), YES, ()),
    "another topic": ({"topic": ["rest"]}, _seen(), NO, ()),
    "topic not known": ({"topic": ["help"]}, _seen(topic=None), NO, ()),
    "not topic": ({"not_topic": ["rest"]}, _seen(), YES, ()),
    "not this topic": ({"not_topic": ["help"]}, _seen(), NO, ()),
    "not topic, not known": ({"not_topic": ["rest"]}, _seen(topic=None), NO, ()),
    "issue type": ({"issue_type": ["bug"]}, _seen(issue_type=IssueType.BUG), YES, ()),
    "another issue type": ({"issue_type": ["bug"]}, _seen(issue_type=IssueType.ADVICE), NO, ()),
    "severity": ({"severity": ["SEV1", "SEV2"]}, _seen(severity=Severity.SEV2), YES, ()),
    "another severity": ({"severity": ["SEV1"]}, _seen(severity=Severity.SEV2), NO, ()),
    "scope not decided": ({"scope": ["included"]}, _seen(), NO, ()),
    "fact equals": ({"facts": {"plan": "full"}}, _seen(facts({"plan": "full"})), YES, ()),
    "fact differs": ({"facts": {"plan": "full"}}, _seen(facts({"plan": "basic"})), NO, ()),
    "fact in": ({"facts": {"plan": ["basic", "full"]}}, _seen(facts({"plan": "basic"})), YES, ()),
    "fact null": ({"facts": {"plan": "full"}}, _seen(facts({"plan": None})), None, ("plan",)),
    "fact absent": ({"facts": {"plan": "full"}}, _seen(), None, ("plan",)),
    "fact not a value": ({"facts": {"plan": "full"}}, _seen(facts({"plan": "gold"})), None, ("plan",)),
    "fact is unknown": ({"facts": {"plan": {"unknown": True}}}, _seen(), YES, ()),
    "fact is not unknown": ({"facts": {"plan": {"unknown": True}}}, _seen(facts({"plan": "full"})), NO, ()),
    "false": ({"facts": {"customised": False}}, _seen(facts({"customised": False})), YES, ()),
    "false, not true": ({"facts": {"customised": True}}, _seen(facts({"customised": False})), NO, ()),
    "true as a word": ({"facts": {"customised": True}}, _seen(facts({"customised": "true"})), YES, ()),
    "at least": ({"facts": {"seats": {"at_least": 1}}}, _seen(facts({"seats": 1})), YES, ()),
    "less": ({"facts": {"seats": {"at_least": 1}}}, _seen(facts({"seats": 0})), NO, ()),
    "at most": ({"facts": {"seats": {"at_most": 0}}}, _seen(facts({"seats": 0})), YES, ()),
    "number as a word": ({"facts": {"seats": {"at_least": 5}}}, _seen(facts({"seats": "7"})), YES, ()),
    "one fact of two unknown": (
        {"facts": {"plan": "full", "seats": {"at_least": 1}}},
        _seen(facts({"plan": "full"})),
        None,
        ("seats",),
    ),
    "one fact of two fails": (
        {"facts": {"plan": "full", "seats": {"at_least": 1}}},
        _seen(facts({"plan": "basic"})),
        NO,
        (),
    ),
    "history": ({"history": {"topics": ["help"]}}, _seen(facts(history=["help"])), YES, ()),
    "other history": ({"history": {"topics": ["help"]}}, _seen(facts(history=["rest"])), NO, ()),
    "no history": ({"history": {"topics": ["help"]}}, _seen(facts(history=[])), NO, ()),
    "history unknown": ({"history": {"topics": ["help"]}}, _seen(), None, ("history",)),
    "history of two": (
        {"history": {"topics": ["help", "rest"], "at_least": 2}},
        _seen(facts(history=["help", "rest"])),
        YES,
        (),
    ),
    "history at most": ({"history": {"topics": ["help"], "at_most": 0}}, _seen(facts(history=[])), YES, ()),
    "history above": ({"history": {"topics": ["help"], "at_most": 0}}, _seen(facts(history=["help"])), NO, ()),
    "version ended": ({"version": ["end_of_life"]}, _seen(facts({"product_version": "1.4"})), YES, ()),
    "version supported": ({"version": ["end_of_life"]}, _seen(facts({"product_version": "2.0.1"})), NO, ()),
    "version not listed": (
        {"version": ["end_of_life"]},
        _seen(facts({"product_version": "9"})),
        None,
        ("product_version",),
    ),
    "version unknown": ({"version": ["end_of_life"]}, _seen(), None, ("product_version",)),
    "pre-release": ({"version": ["prerelease"]}, _seen(facts({"product_version": "2.1-rc1"})), YES, ()),
    "language in": ({"language_in": ["en"]}, _seen(facts(language="en-GB")), YES, ()),
    "language in, unknown": ({"language_in": ["en"]}, _seen(facts(language="und")), None, ("language",)),
    "language not in": ({"language_not_in": ["en", "nl"]}, _seen(facts(language="de")), YES, ()),
    "language is in": ({"language_not_in": ["en", "nl"]}, _seen(facts(language="nl")), NO, ()),
    "language unknown": ({"language_not_in": ["en"]}, _seen(facts(language=None)), None, ("language",)),
    "day 30": (
        {"days_since": {"fact": "until", "at_most": 30}},
        _seen(facts({"until": date(2026, 4, 4)}, received=MONDAY_TEN)),
        YES,
        (),
    ),
    "day 31": (
        {"days_since": {"fact": "until", "at_most": 30}},
        _seen(facts({"until": "2026-04-03"}, received=MONDAY_TEN)),
        NO,
        (),
    ),
    "date to come": (
        {"days_since": {"fact": "until", "at_most": 30}},
        _seen(facts({"until": "2027-01-01"}, received=MONDAY_TEN)),
        YES,
        (),
    ),
    "date unknown": ({"days_since": {"fact": "until", "at_most": 30}}, _seen(), None, ("until",)),
    "date unreadable": (
        {"days_since": {"fact": "until", "at_most": 30}},
        _seen(facts({"until": "soon"})),
        None,
        ("until",),
    ),
    "history at a number fact": (
        {"history": {"topics": ["help"], "at_least": "seats"}},
        _seen(facts({"seats": 2}, history=["help", "help"])),
        YES,
        (),
    ),
    "history below a number fact": (
        {"history": {"topics": ["help"], "at_least": "seats"}},
        _seen(facts({"seats": 2}, history=["help", "rest"])),
        NO,
        (),
    ),
    "history at most a number fact": (
        {"history": {"topics": ["help"], "at_most": "seats"}},
        _seen(facts({"seats": 1}, history=["help", "help"])),
        NO,
        (),
    ),
    "history against an unknown number": (
        {"history": {"topics": ["help"], "at_least": "seats"}},
        _seen(facts(history=["help"])),
        None,
        ("seats",),
    ),
    "history that fails whatever the unknown number is": (
        {"history": {"topics": ["help"], "at_least": 2, "at_most": "seats"}},
        _seen(facts(history=["help"])),
        NO,
        (),
    ),
    "received open": ({"received": {"calendar": "office", "open": True}}, _seen(facts(received=MONDAY_TEN)), YES, ()),
    "received closed": ({"received": {"calendar": "office", "open": True}}, _seen(facts(received=SATURDAY)), NO, ()),
    "received outside": ({"received": {"calendar": "office", "open": False}}, _seen(facts(received=SATURDAY)), YES, ()),
    "impact": ({"impact": {"function": ["dead"]}}, _seen(impact={"function": "dead"}), YES, ()),
    "another impact": ({"impact": {"function": ["dead"]}}, _seen(impact={"function": "partial"}), NO, ()),
    "impact not read": ({"impact": {"function": ["unknown"]}}, _seen(), YES, ()),
    "signal": ({"signals_any": ["loud"]}, _seen(signals=["loud"]), YES, ()),
    "no signal": ({"signals_any": ["loud"]}, _seen(), NO, ()),
    "all signals": ({"signals_all": ["loud"]}, _seen(signals=["loud"]), YES, ()),
    "not all signals": ({"signals_all": ["loud"]}, _seen(), NO, ()),
    "none of the signals": ({"signals_none": ["loud"]}, _seen(), YES, ()),
    "one of the signals": ({"signals_none": ["loud"]}, _seen(signals=["loud"]), NO, ()),
    "any: one holds": ({"any_of": [{"topic": ["rest"]}, {"topic": ["help"]}]}, _seen(), YES, ()),
    "any: none holds": (
        {"any_of": [{"topic": ["rest"]}, {"facts": {"plan": "full"}}]},
        _seen(facts({"plan": "basic"})),
        NO,
        (),
    ),
    "any: one unknown": ({"any_of": [{"topic": ["rest"]}, {"facts": {"plan": "full"}}]}, _seen(), None, ("plan",)),
    "any: known beats unknown": ({"any_of": [{"topic": ["help"]}, {"facts": {"plan": "full"}}]}, _seen(), YES, ()),
    "all: a failed one settles it": ({"topic": ["rest"], "facts": {"plan": "full"}}, _seen(), NO, ()),
    "all: an unknown one does not": ({"topic": ["help"], "facts": {"plan": "full"}}, _seen(), None, ("plan",)),
}


@pytest.mark.parametrize(("conditions", "seen", "state", "missing"), CASES.values(), ids=CASES)
def test_a_condition_holds_or_not_or_names_the_missing_fact(
    conditions: Mapping[str, Any], seen: Observation, state: bool | None, missing: tuple[str, ...], small: Policy
) -> None:
    plain = When.model_validate(conditions).plain()
    held = hold(plain, seen, small.file)
    assert held.state is state
    if state is None:
        assert held.missing == missing


def test_every_condition_of_the_file_has_an_evaluator_and_a_case() -> None:
    assert set(EVALUATORS) == set(When.model_fields)
    tried = {key for conditions, *_ in CASES.values() for key in conditions}
    assert tried == set(EVALUATORS)


def test_days_are_counted_in_the_local_time_of_the_vendor(tmp_path: Path) -> None:
    """A mail of 23:30 UTC is of the next day in Amsterdam."""
    policy = policy_from(SMALL.replace('time_zone = "UTC"\nsender', 'time_zone = "Europe/Amsterdam"\nsender'), tmp_path)
    late = facts({"until": "2026-05-04"}, received=datetime(2026, 5, 4, 23, 30, tzinfo=UTC))
    plain = When.model_validate({"days_since": {"fact": "until", "at_least": 1}}).plain()
    assert hold(plain, _seen(late), policy.file).state is True


def test_a_count_against_a_fact_is_told_with_the_fact(small: Policy) -> None:
    plain = When.model_validate({"history": {"topics": ["help"], "at_least": "seats"}}).plain()
    held = hold(plain, _seen(facts({"seats": 1}, history=["help", "help"])), small.file)
    assert held.because == ("2 earlier requests about help", "seats: 1")


def test_what_held_is_told_in_words(small: Policy) -> None:
    plain = When.model_validate(
        {"topic": ["help"], "facts": {"customised": True}, "version": ["end_of_life"], "signals_any": ["loud"]}
    ).plain()
    held = hold(plain, _seen(facts({"customised": True, "product_version": "1.2"}), signals=["loud"]), small.file)
    assert held.because == (
        "the topic is help",
        "customised: yes",
        "1.2 is an unsupported version",
        "the mail says: it is loud",
    )
    assert held.signals == ("loud",)


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("customised", "yes", True),
        ("customised", "FALSE", False),
        ("customised", "perhaps", None),
        ("seats", "12", 12),
        ("seats", "dozen", None),
        ("seats", True, None),
        ("until", datetime(2026, 5, 4, 10, 0, tzinfo=UTC), date(2026, 5, 4)),
        ("until", "2026-05-04T10:00:00+02:00", date(2026, 5, 4)),
        ("plan", "full", "full"),
        ("plan", "", None),
        ("product_version", " 2.1 ", "2.1"),
    ],
)
def test_facts_are_read_as_their_type_and_unreadable_ones_are_unknown(
    name: str, value: FactValue, read: FactValue, small: Policy
) -> None:
    assert read_fact(small.file.facts[name], value) == read


def test_without_a_release_list_a_version_condition_never_holds(tmp_path: Path) -> None:
    start, end = SMALL.index("[releases]"), SMALL.index("[[clauses]]")
    policy = policy_from(SMALL[:start] + SMALL[end:], tmp_path)
    assert hold({"version": ("end_of_life",)}, _seen(facts({"product_version": "1"})), policy.file).state is False
