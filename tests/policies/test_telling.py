"""Rules, lines and due times told in words: what applied and why, what did not and what stood in its way."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from policies.clock.counting import counting_told
from policies.clock.pause import Pause
from policies.conditions import EVALUATORS
from policies.explaining.reasons import REFUSALS, why_not
from policies.explaining.sentences import CONDITIONS, conditions_told
from policies.explaining.telling import lines_told, rules_told
from policies.file import PolicyFile
from policies.labels import Severity
from policies.loader import load_shipped, read_policy
from policies.policy import Policy
from policies.promises import Within
from policies.rule import Observation
from tests.policies.build import RECEIVED, RULE, SMALL, facts, observe

FRIDAY = datetime(2026, 5, 8, 14, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def file() -> PolicyFile:
    return read_policy(SMALL.encode(), "small.toml").file


def _policy(text: str) -> Policy:
    return read_policy(text.encode(), "small.toml")


def test_every_condition_can_be_told_and_refused() -> None:
    assert set(CONDITIONS) == set(EVALUATORS) == set(REFUSALS)


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        ({}, "always"),
        ({"topic": ["help", "rest"]}, "the topic is help or rest"),
        ({"facts": {"plan": {"one_of": ("full",)}}}, "plan is full"),
        ({"facts": {"customised": {"one_of": (False,)}}}, "customised is no"),
        ({"facts": {"seats": {"at_least": 2, "at_most": 5}}}, "seats is from 2 to 5"),
        ({"facts": {"until": {"unknown": True}}}, "the end is not known"),
        ({"history": {"topics": ["help"], "at_most": 0}}, "there is no earlier request about help"),
        ({"history": {"topics": ["help"]}}, "the earlier requests about help are at least 1"),
        (
            {"history": {"topics": ["help"], "at_least": "seats"}},
            "the earlier requests about help are at least the number of seats",
        ),
        ({"version": ["end_of_life"]}, "the version has reached its end of life"),
        ({"days_since": {"fact": "until", "at_most": 0}}, "the end is today or still to come"),
        ({"days_since": {"fact": "until", "at_least": 31}}, "it is at least 31 days since the end"),
        ({"received": {"calendar": "office", "open": False}}, "the mail came outside office hours"),
        ({"impact": {"data": ["lost", "exposed"]}}, "data is lost or exposed"),
        ({"signals_any": ["loud"]}, 'the mail says "it is loud"'),
        (
            {"severity": ["SEV1"], "any_of": [{"language_in": ["nl"]}, {"language_not_in": ["en", "nl"]}]},
            "the severity is SEV1, and one of these holds: (the mail is in the language nl; "
            "or the mail is in another language than en and nl)",
        ),
    ],
)
def test_conditions_are_told_as_sentences(conditions: dict[str, Any], told: str, file: PolicyFile) -> None:
    assert conditions_told(conditions, file) == told


@pytest.mark.parametrize(
    ("conditions", "seen", "why"),
    [
        ({"topic": ["help"]}, observe("rest"), "the topic is rest, not help"),
        ({"not_topic": ["rest"]}, observe("rest"), "the topic is rest"),
        ({"scope": ["included"]}, observe("rest"), "the scope is not decided yet, not included"),
        ({"severity": ["SEV1"]}, observe("rest", severity=Severity.SEV2), "the severity is SEV2, not SEV1"),
        (
            {"topic": ["rest"], "facts": {"plan": {"one_of": ("full",)}}},
            observe("rest", facts({"plan": "basic"})),
            "plan is basic, not full",
        ),
        (
            {"facts": {"seats": {"at_least": 5}}},
            observe("rest", facts({"seats": "4"})),
            "seats is 4, not at least 5",
        ),
        (
            {"facts": {"customised": {"unknown": True}}},
            observe("rest", facts({"customised": True})),
            "customised is known: yes",
        ),
        (
            {"history": {"topics": ["help"], "at_least": 2}},
            observe("rest", facts(history=["help"])),
            "there was 1 earlier request about help; it applies when the earlier requests about help are at least 2",
        ),
        (
            {"days_since": {"fact": "until", "at_least": 1}},
            observe("rest", facts({"until": date(2026, 5, 6)})),
            "it is 0 days since the end (2026-05-06), not at least 1",
        ),
        (
            {"version": ["end_of_life"]},
            observe("rest", facts({"product_version": "2"})),
            "it is not so that the version has reached its end of life (2)",
        ),
        ({"language_not_in": ["en"]}, observe("rest"), "the mail is in the language en"),
        ({"received": {"calendar": "office", "open": True}}, observe("rest"), "the mail came outside office hours"),
        ({"impact": {"data": ["lost"]}}, observe("rest", impact={"data": "safe"}), "data is safe, not lost"),
        ({"signals_all": ["loud"]}, observe("rest"), 'the mail does not say "it is loud"'),
        ({"signals_none": ["loud"]}, observe("rest", signals=["loud"]), 'the mail says "it is loud"'),
        (
            {"any_of": [{"topic": ["help"]}, {"signals_any": ["loud"]}]},
            observe("rest"),
            'the topic is rest, not help; and the mail does not say "it is loud"',
        ),
        ({"topic": ["rest"], "facts": {"plan": {"one_of": ("full",)}}}, observe("rest"), None),
    ],
)
def test_the_first_condition_that_fails_is_told(
    conditions: dict[str, Any], seen: Observation, why: str | None, file: PolicyFile
) -> None:
    assert why_not(conditions, seen, file) == why


def test_a_rule_applied_did_not_is_not_known_or_was_not_read() -> None:
    said = '[[rules]]\nid = "said"\ntitle = "Said"\nset.severity = "SEV1"\nwhen.signals_any = ["loud"]\n'
    known = RULE.replace('id = "out"', 'id = "known"').replace('when.topic = ["help"]', 'when.facts.plan = "full"')
    other = RULE.replace('id = "out"', 'id = "other"').replace('"help"', '"rest"')
    last = RULE.replace('id = "out"', 'id = "last"')
    policy = _policy(SMALL + said + known + other + RULE + "final = true\n" + last)
    told = rules_told(policy, observe("help", signals=["loud"]), {"loud": ("very loud", "very loud")})
    assert [(one.id, one.state) for one in told] == [
        ("said", "applied"),
        ("known", "not_known"),
        ("other", "did_not_apply"),
        ("out", "applied"),
        ("last", "not_read"),
    ]
    assert told[0].says == "applied, because the mail says: it is loud; it sets the severity to SEV1"
    assert told[0].words == ("very loud",)
    assert told[1].says == "not known: plan"
    assert told[2].says == "does not apply: the topic is help, not rest"
    assert told[4].says == "not read, because the final rule 'out' applied"


def test_a_rule_withheld_from_an_unproven_sender_says_so() -> None:
    grant = RULE.replace("outside", "included").replace('when.topic = ["help"]', 'when.facts.plan = "full"')
    seen = observe("help", facts({"plan": "full"}, proven=False))
    [told] = rules_told(_policy(SMALL + grant), seen, {})
    assert told.state == "withheld"
    assert "does not vouch for the sender" in told.says


def test_of_a_table_the_line_that_fits_and_those_before_and_after_are_told() -> None:
    perfana = load_shipped("perfana")
    seen = Observation(
        "malfunction", None, Severity.SEV2, perfana.topics["malfunction"].scope, {}, (), facts({"plan": "enterprise"})
    )
    told = lines_told(perfana.file, perfana.file.response_targets, seen, entitles=True)
    assert [(one.id, one.state) for one in told] == [
        ("team", "did_not_apply"),
        ("enterprise", "applied"),
        ("free", "not_read"),
    ]
    assert told[0].says == "does not apply: plan is enterprise, not team"
    assert told[1].says == "fits, because the scope is included, and plan: enterprise"


def _within(words: str) -> Within:
    return Within.model_validate(words)


def test_support_hours_are_counted_window_by_window() -> None:
    weekday = load_shipped("perfana").file.calendars["weekday"]
    assert counting_told(weekday, _within("2 hours"), FRIDAY) == (
        f"received Friday 2026-05-08 16:30, within {weekday.title}",
        "Friday 2026-05-08 16:30 to Friday 2026-05-08 17:00: 30 min",
        "Monday 2026-05-11 08:00 to Monday 2026-05-11 09:30: 1 h 30 min",
        "due Monday 2026-05-11 09:30: 2 support hours after it came",
    )


def test_business_days_are_counted_from_the_next_opening() -> None:
    weekday = load_shipped("perfana").file.calendars["weekday"]
    told = counting_told(weekday, _within("2 business days"), FRIDAY + timedelta(hours=3))
    assert told == (
        f"received Friday 2026-05-08 19:30, outside {weekday.title}: counted from the next opening, "
        "Monday 2026-05-11 08:00",
        "business day 1: Tuesday 2026-05-12",
        "business day 2: Wednesday 2026-05-13",
        "due Wednesday 2026-05-13 08:00: 2 business days after that",
    )


def test_pauses_move_the_due_time_and_say_by_how_much() -> None:
    weekday = load_shipped("perfana").file.calendars["weekday"]
    ended = Pause(datetime(2026, 5, 11, 6, 30, tzinfo=UTC), datetime(2026, 5, 11, 7, 30, tzinfo=UTC))
    lasting = Pause(datetime(2026, 5, 11, 8, 0, tzinfo=UTC), None)
    told = counting_told(weekday, _within("2 hours"), FRIDAY, [ended, lasting])
    assert told[-2:] == (
        "waited for the customer from Monday 2026-05-11 08:30 to Monday 2026-05-11 09:30, 1 h of support time: "
        "due Monday 2026-05-11 10:30",
        "waits for the customer since Monday 2026-05-11 10:00",
    )


def test_many_windows_are_summed_up() -> None:
    weekday = load_shipped("perfana").file.calendars["weekday"]
    told = counting_told(weekday, _within("120 hours"), RECEIVED)
    assert any(line.startswith("4 more windows: ") for line in told)
