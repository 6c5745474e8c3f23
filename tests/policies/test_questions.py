"""What a vague mail leaves out, and that a clear one leaves out nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from policies.facts import FactValue
from policies.loader import PolicyFileError, load_shipped
from policies.policy import Policy
from policies.terms import Question, Terms
from tests.policies.build import SMALL, facts, policy_from

NAMES = ["penelope", "atollon", "perfana"]
VAGUE = {"kind": "fault", "function": "unknown", "affected": "unknown", "environment": "unknown", "state": "unknown"}
CLEAR = {
    "kind": "fault",
    "function": "dead",
    "affected": "all",
    "environment": "production",
    "state": "ongoing",
    "data": "safe",
}
FAULT = {"penelope": "technical_issue", "atollon": "application_bug", "perfana": "malfunction"}
KNOWN: dict[str, dict[str, FactValue]] = {
    "penelope": {"hosting": "saas", "product_version": "5.6.1"},
    "atollon": {"hosting": "vendor"},
    "perfana": {"plan": "team", "product_version": "3.5.2"},
}
ASK = """
[[questions]]
id = "who"
asks.en = "Who is affected?"
asks.nl = "Wie heeft er last van?"
when.impact = { affected = ["unknown"] }
"""


def _asked(
    name: str,
    topic: str,
    impact: Mapping[str, str] | None,
    record: Mapping[str, FactValue],
    *,
    scope: str = "included",
    signals: Sequence[str] = (),
) -> list[str]:
    labels = {"severity": "SEV3", "scope": scope, "issue_type": "bug", "topic": topic}
    given = facts(record)
    terms = load_shipped(name).terms(labels, (), given, given.received_at, impact=impact, signals=signals)
    return [question.id for question in terms.questions]


@pytest.mark.parametrize("name", NAMES)
def test_a_vague_fault_is_asked_what_happens_since_when_for_whom_and_where(name: str) -> None:
    asked = _asked(name, FAULT[name], VAGUE, KNOWN[name])
    assert {"what-happens", "since-when", "who", "where"} <= set(asked)


@pytest.mark.parametrize("name", NAMES)
def test_a_clear_fault_of_a_known_customer_is_asked_nothing(name: str) -> None:
    assert _asked(name, FAULT[name], CLEAR, KNOWN[name]) == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["question", "request", "wish", "other"])
def test_what_is_no_fault_is_asked_nothing(name: str, kind: str) -> None:
    assert _asked(name, "other", VAGUE | {"kind": kind}, {}) == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("state", ["resolved", "future"])
def test_what_is_over_or_only_planned_is_asked_nothing(name: str, state: str) -> None:
    for topic in load_shipped(name).topics:
        assert _asked(name, topic, VAGUE | {"state": state}, {}) == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_turned_down_is_asked_nothing(name: str) -> None:
    for topic in load_shipped(name).topics:
        assert _asked(name, topic, VAGUE, {}, scope="outside") == []


@pytest.mark.parametrize("name", ["penelope", "perfana"])
def test_a_version_is_asked_for_unless_the_record_or_the_mail_names_one(name: str) -> None:
    assert "version" in _asked(name, FAULT[name], VAGUE, {})
    assert "version" not in _asked(name, FAULT[name], VAGUE, KNOWN[name])
    assert "version" not in _asked(name, FAULT[name], VAGUE, {}, signals=["names_version"])


def test_an_undescribed_problem_is_asked_for_its_description_whatever_was_read_in_it() -> None:
    """atollon/complete.1: the policy's own topic for a vague mail."""
    asked = _asked("atollon", "undescribed_problem", {"kind": "question", "function": "none"}, KNOWN["atollon"])
    assert asked[:3] == ["what-happens", "which-object", "since-when"]


def test_a_fault_in_the_configuration_is_asked_who_made_it_where_nobody_knows() -> None:
    record: dict[str, FactValue] = {"configured_by": "partner"}
    assert "configured-by" in _asked("atollon", "configuration_error", CLEAR, {})
    assert "configured-by" not in _asked("atollon", "configuration_error", CLEAR, record)


def test_without_what_was_read_in_the_mail_nothing_is_said_to_be_missing() -> None:
    assert _asked("atollon", "undescribed_problem", None, {}) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_question_is_one_in_english_and_in_dutch(name: str) -> None:
    for question in load_shipped(name).file.questions:
        assert set(question.asks) == {"en", "nl"}
        assert all("?" in text for text in question.asks.values()), question.id
        assert question.asks["en"] != question.asks["nl"]


@pytest.fixture
def asking(tmp_path: Path) -> Policy:
    return policy_from(SMALL + ASK, tmp_path)


def test_questions_survive_json_and_older_terms_have_none(asking: Policy) -> None:
    given = facts()
    terms = asking.terms({"severity": "SEV4", "topic": "help"}, (), given, given.received_at, impact={})
    assert terms.questions == (Question("who", {"en": "Who is affected?", "nl": "Wie heeft er last van?"}),)
    written = json.loads(json.dumps(terms.to_json()))
    assert Terms.from_json(written) == terms
    del written["questions"]
    assert Terms.from_json(written).questions == ()


@pytest.mark.parametrize(
    ("language", "text"),
    [("nl", "Wie heeft er last van?"), ("nl-BE", "Wie heeft er last van?"), ("de", "Who is affected?"), (None, "Who")],
)
def test_a_question_is_put_in_the_language_of_the_mail_or_in_english(
    language: str | None, text: str, asking: Policy
) -> None:
    entry = asking.file.questions[0]
    assert Question(entry.id, entry.asks).text(language).startswith(text)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('asks.en = "Who is affected?"\n', "", "questions[0].asks: en is missing"),
        ('affected = ["unknown"]', 'affected = ["nobody"]', "'nobody' is not a value of affected"),
        ("when.impact = {", 'when.topic = ["gone"]\nwhen.impact = {', "questions[0].when.topic: 'gone'"),
        ("when.impact = {", 'when.facts = { plans = "x" }\nwhen.impact = {', "questions[0].when.facts.plans"),
        ("[[questions]]", ASK + "[[questions]]", "questions[1]: 'who' is given twice; the first is questions[0]"),
    ],
)
def test_a_wrong_question_is_told_its_key(old: str, new: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyFileError) as refused:
        policy_from(SMALL + ASK.replace(old, new, 1), tmp_path)
    assert any(said in line for line in refused.value.problems), refused.value.problems
